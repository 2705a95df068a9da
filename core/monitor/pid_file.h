// SPDX-License-Identifier: ISC
// The locked pid file: a second daemon is refused, a stale file is not an obstacle.
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace uvinetd {

class PidFile {
 public:
  // Opens (O_NOFOLLOW, 0644) and locks (fcntl F_SETLK, so the lock is this process's own). Does not
  // write yet. Any other descriptor of this file that this process closes drops the lock
  // (fcntl(2)). Errors: op "lock", code EAGAIN and the holder's pid in subject when another daemon
  // has it. ELOOP: a symbolic link. EINVAL: not a regular file.
  static Result<PidFile> open(const std::string& path);
  // One that this process has locked already.
  static PidFile adopt(std::string path, UniqueFd fd);
  // Writes "PID\n". Called after the sockets are bound.
  Status write();
  // Removes the file if it is still ours (same device and inode), and closes it.
  void remove();
  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
  UniqueFd fd_;
};

}  // namespace uvinetd
