// SPDX-License-Identifier: ISC
// Which of the numbered messages stand in the file of a syslog service.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace uvinetd::bench {

class SyslogTally {
 public:
  // Of messages whose numbers are `first` and the `count - 1` after it.
  SyslogTally(std::uint64_t first, std::uint64_t count) : first_(first), is_seen_(count) {}

  // Reads the file from where the last call ended, up to its last whole line.
  [[nodiscard]] Status read(int fd);
  void skip_to(off_t place) { place_ = place; }

  std::uint64_t received = 0;  // different ones
  std::uint64_t twice = 0;
  std::uint64_t foreign = 0;  // lines without a number of ours: of a run before, for one

 private:
  void count(std::string_view line);

  std::uint64_t first_;
  std::vector<bool> is_seen_;
  std::string rest_;  // the begin of a line
  off_t place_ = 0;
};

}  // namespace uvinetd::bench
