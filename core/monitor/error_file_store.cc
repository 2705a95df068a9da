// SPDX-License-Identifier: ISC
#include "core/monitor/error_file_store.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

namespace uvinetd {
namespace {

constexpr mode_t kMode = 0640;

bool is_still(const std::string& path, int fd) {
  struct stat named {};
  struct stat open {};
  return ::lstat(path.c_str(), &named) == 0 && ::fstat(fd, &open) == 0 &&
         named.st_dev == open.st_dev && named.st_ino == open.st_ino;
}

}  // namespace

Result<UniqueFd> open_error_file(const std::string& path) {
  constexpr int kFlags =
      O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  UniqueFd fd(::open(path.c_str(), kFlags, kMode));
  if (!fd.is_open()) return fail_errno("open", path);
  struct stat about {};
  if (::fstat(fd.get(), &about) != 0) return fail_errno("fstat", path);
  if (!S_ISREG(about.st_mode)) return fail("not a regular file", path, EINVAL);
  if (about.st_nlink > 1) return fail("it has another name", path, EMLINK);
  return fd;
}

void ErrorFileStore::want(const Wanted& wanted) {
  wanted_ = wanted;
  has_failed_ = false;
  std::map<std::string, UniqueFd> files;
  for (const auto& [identity, paths] : wanted) {
    for (const auto& path : paths) {
      if (files.contains(path)) continue;
      const auto known = files_.find(path);
      if (known != files_.end() && is_still(path, known->second.get())) {
        files.emplace(path, std::move(known->second));
        continue;
      }
      auto opened = open_error_file(path);
      if (opened) {
        files.emplace(path, std::move(*opened));
      } else {
        has_failed_ = true;
        log_.error("stderr = \"file:{}\": {}; its services start no server", path,
                   opened.error().text());
      }
    }
  }
  files_ = std::move(files);
}

ErrorFileStore::Files ErrorFileStore::of(std::uint32_t identity) const {
  Files out;
  const auto wanted = wanted_.find(identity);
  if (wanted == wanted_.end()) return out;
  for (const auto& path : wanted->second) {
    if (const auto found = files_.find(path); found != files_.end()) {
      out.emplace_back(path, found->second.get());
    }
  }
  return out;
}

}  // namespace uvinetd
