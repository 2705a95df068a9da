// SPDX-License-Identifier: ISC
#include "core/monitor/syslog_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "core/monitor/append_file.h"

namespace uvinetd {
namespace {

constexpr int kQuietly = O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

Result<UniqueFd> open_file(const std::string& path, std::uint32_t mode) {
  struct stat about {};
  const bool is_new = ::lstat(path.c_str(), &about) != 0 && errno == ENOENT;
  auto fd = open_only_name(path, static_cast<mode_t>(mode));
  if (fd && is_new) (void)::fchmod(fd->get(), static_cast<mode_t>(mode));  // whatever our umask is
  return fd;
}

// Any other device that is written to acts on it.
Result<UniqueFd> open_terminal(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_WRONLY | kQuietly));
  if (!fd.is_open()) return fail_errno("open", path);
  if (::isatty(fd.get()) != 1) return fail("it is no terminal", path, EINVAL);
  return fd;
}

// For reading too: then a reader that is not there yet is no error, and what is written waits.
Result<UniqueFd> open_fifo(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | kQuietly));
  if (!fd.is_open()) return fail_errno("open", path);
  struct stat about {};
  if (::fstat(fd.get(), &about) != 0) return fail_errno("fstat", path);
  if (!S_ISFIFO(about.st_mode)) return fail("it is no FIFO", path, EINVAL);
  return fd;
}

SyslogActionKind kind_on_disk(const SyslogAction& action) {
  struct stat about {};
  if (action.kind != SyslogActionKind::File || ::lstat(action.path.c_str(), &about) != 0) {
    return action.kind;
  }
  if (S_ISCHR(about.st_mode)) return SyslogActionKind::Terminal;
  return S_ISFIFO(about.st_mode) ? SyslogActionKind::Fifo : SyslogActionKind::File;
}

std::string numbered(const std::string& path, unsigned number) {
  return path + "." + std::to_string(number);
}

}  // namespace

Result<UniqueFd> open_syslog_action(const SyslogAction& action, std::uint32_t mode) {
  switch (kind_on_disk(action)) {
    case SyslogActionKind::File:
      return open_file(action.path, mode);
    case SyslogActionKind::Terminal:
      return open_terminal(action.path);
    case SyslogActionKind::Fifo:
      return open_fifo(action.path);
    default:
      return fail("open", action.path, EINVAL);
  }
}

Result<UniqueFd> open_user_terminal(const std::string& name, bool asks_nobody) {
  const auto path = "/dev/" + name;
  auto fd = open_terminal(path);
  struct stat about {};
  if (!fd) return fd;
  if (::fstat(fd->get(), &about) != 0) return fail_errno("fstat", path);
  if (!asks_nobody && (about.st_mode & S_IWGRP) == 0) return fail("mesg", path, EPERM);
  return fd;
}

Result<UniqueFd> rotate_syslog_file(const SyslogAction& action, unsigned keep, std::uint32_t mode) {
  const auto& path = action.path;
  struct stat before {};
  if (::lstat(path.c_str(), &before) != 0) return open_file(path, mode);
  if (!S_ISREG(before.st_mode)) return fail("not a regular file", path, EINVAL);
  for (unsigned number = keep; number > 1; --number) {
    (void)std::rename(numbered(path, number - 1).c_str(), numbered(path, number).c_str());
  }
  if (keep == 0) {
    if (::unlink(path.c_str()) != 0) return fail_errno("unlink", path);
  } else if (std::rename(path.c_str(), numbered(path, 1).c_str()) != 0) {
    return fail_errno("rename", path);
  }
  auto fd = open_file(path, mode);
  if (!fd) return fd;
  if (::fchown(fd->get(), before.st_uid, before.st_gid) == 0) {
    (void)::fchmod(fd->get(), before.st_mode & 07777U);
  }
  return fd;
}

}  // namespace uvinetd
