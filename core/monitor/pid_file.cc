// SPDX-License-Identifier: ISC
#include "core/monitor/pid_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace uvinetd {

namespace {

// Whether `path` itself, not what it may link to, is the file behind `fd`.
bool is_at(const std::string& path, int fd) {
  struct stat named {
  }, held{};
  return ::lstat(path.c_str(), &named) == 0 && ::fstat(fd, &held) == 0 &&
         named.st_dev == held.st_dev && named.st_ino == held.st_ino;
}

Result<UniqueFd> open_regular(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644));
  if (!fd.is_open()) return fail_errno("open", path);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return fail_errno("fstat", path);
  if (!S_ISREG(status.st_mode)) return fail("open", path + ": not a regular file", EINVAL);
  return fd;
}

Status lock(int fd, const std::string& path) {
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (::fcntl(fd, F_SETLK, &whole) == 0) return {};
  if (errno != EAGAIN && errno != EACCES) return fail_errno("lock", path);
  std::string holder;
  if (::fcntl(fd, F_GETLK, &whole) == 0 && whole.l_type != F_UNLCK && whole.l_pid > 0)
    holder = " (held by process " + std::to_string(whole.l_pid) + ")";
  return fail("lock", path + holder, EAGAIN);
}

}  // namespace

Result<PidFile> PidFile::open(const std::string& path) {
  // Its last owner may remove the file between our open and our lock: then begin again.
  for (int tries = 0; tries < 16; ++tries) {
    auto fd = open_regular(path);
    if (!fd) return tl::unexpected(fd.error());
    if (auto status = lock(fd->get(), path); !status) return tl::unexpected(status.error());
    if (!is_at(path, fd->get())) continue;
    PidFile file;
    file.path_ = path;
    file.fd_ = std::move(*fd);
    return file;
  }
  return fail("lock", path, EAGAIN);
}

PidFile PidFile::adopt(std::string path, UniqueFd fd) {
  PidFile file;
  file.path_ = std::move(path);
  file.fd_ = std::move(fd);
  return file;
}

Status PidFile::write() {
  if (::ftruncate(fd_.get(), 0) != 0) return fail_errno("ftruncate", path_);
  const std::string text = std::to_string(::getpid()) + "\n";
  if (::pwrite(fd_.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
    return fail_errno("write", path_);
  return {};
}

void PidFile::remove() {
  if (fd_.is_open() && is_at(path_, fd_.get())) ::unlink(path_.c_str());
  fd_.reset();
}

}  // namespace uvinetd
