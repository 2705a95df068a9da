// SPDX-License-Identifier: ISC
#include "core/monitor/append_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

namespace uvinetd {

Result<UniqueFd> open_append_file(const std::string& path, mode_t mode) {
  constexpr int kFlags =
      O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  UniqueFd fd(::open(path.c_str(), kFlags, mode));
  if (!fd.is_open()) return fail_errno("open", path);
  struct stat about {};
  if (::fstat(fd.get(), &about) != 0) return fail_errno("fstat", path);
  if (!S_ISREG(about.st_mode)) return fail("not a regular file", path, EINVAL);
  return fd;
}

Result<UniqueFd> open_only_name(const std::string& path, mode_t mode) {
  auto fd = open_append_file(path, mode);
  struct stat about {};
  if (!fd) return fd;
  if (::fstat(fd->get(), &about) != 0) return fail_errno("fstat", path);
  if (about.st_nlink > 1) return fail("it has another name", path, EMLINK);
  return fd;
}

}  // namespace uvinetd
