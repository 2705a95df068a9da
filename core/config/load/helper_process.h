// SPDX-License-Identifier: ISC
// A process that does for us what may hang: it is killed when we have waited long enough.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string_view>

#include "core/base/unique_fd.h"

namespace uvinetd {

class HelperProcess {
 public:
  // Forks: the caller must have one thread only. `work` runs in the helper, with default signals
  // and its end of a stream socket pair, and the helper ends when it returns. One made early costs
  // least: a fork copies what we have in memory, and every page that we write to afterwards.
  explicit HelperProcess(const std::function<void(int fd)>& work);
  // Kills and collects it. Blocks for a second at most: one that is stuck in the kernel is left
  // to init.
  ~HelperProcess();
  HelperProcess(const HelperProcess&) = delete;
  HelperProcess& operator=(const HelperProcess&) = delete;

  [[nodiscard]] bool is_running() const { return pid_ > 0; }  // false: it could not be made
  [[nodiscard]] int fd() const { return channel_.get(); }
  [[nodiscard]] pid_t pid() const { return pid_; }
  // Somebody else has collected it: its number may be another process's by now.
  void forget() { pid_ = -1; }

 private:
  UniqueFd channel_;
  pid_t pid_ = -1;
};

// Blocks; false when the other end is gone. Raises no SIGPIPE.
bool write_all(int fd, std::string_view bytes);
bool read_all(int fd, char* to, std::size_t size);
// Whether there is something to read (or the end) before `end`.
bool wait_readable(int fd, std::chrono::steady_clock::time_point end);

}  // namespace uvinetd
