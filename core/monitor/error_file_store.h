// SPDX-License-Identifier: ISC
// The files that servers have as standard error (`stderr = "file:/path"`), opened by the monitor.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/base/log.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace uvinetd {

// Opens a file for adding to it, and makes it (0640) if it is not there. Never waits. Errors: those
// of open(2); EINVAL: it is no regular file; EMLINK: it has another name, by which somebody may
// have made us write to what is not his.
Result<UniqueFd> open_error_file(const std::string& path);

class ErrorFileStore {
 public:
  using Wanted = std::map<std::uint32_t, std::set<std::string>>;  // paths by identity
  using Files = std::vector<std::pair<std::string, int>>;         // descriptors are borrowed

  explicit ErrorFileStore(Log& log) : log_(log) {}

  // Opens what is wanted, anew where another file has the name by now, and closes the rest. A file
  // that cannot be opened is an error in the log; its services then start no server.
  void want(const Wanted& wanted);
  [[nodiscard]] Files of(std::uint32_t identity) const;
  [[nodiscard]] bool has_failed() const { return has_failed_; }

 private:
  Log& log_;
  Wanted wanted_;
  std::map<std::string, UniqueFd> files_;
  bool has_failed_ = false;
};

}  // namespace uvinetd
