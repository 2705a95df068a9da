// SPDX-License-Identifier: ISC
#include "core/config/load/file_reader.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "core/base/unique_fd.h"
#include "core/config/quote.h"

namespace uvinetd {
namespace {

constexpr std::size_t kLargestFile = std::size_t{64} << 20U;  // bytes

tl::unexpected<FileProblem> problem(const char* slug, std::string message, std::string hint = {}) {
  return tl::unexpected(FileProblem{std::move(message), std::move(hint), slug, 0});
}

tl::unexpected<FileProblem> system_problem(const char* what) {
  const int code = errno;
  return tl::unexpected(
      FileProblem{std::string(what) + ": " + std::strerror(code), "", "file", code});
}

FileResult<std::string> read_all(int fd, std::size_t expected_bytes) {
  std::string text;
  text.reserve(std::min(expected_bytes, kLargestFile) + 1);
  char buffer[65536];
  for (;;) {
    const auto count = ::read(fd, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_problem("cannot read");
    if (count == 0) return text;
    text.append(buffer, static_cast<std::size_t>(count));
    if (text.size() > kLargestFile) return problem("too-large", "the file is larger than 64 MiB");
  }
}

}  // namespace

// Root's own group may write: its members are as good as root.
FileResult<void> FileReader::check_safe(const std::string& path, unsigned mode,
                                        unsigned gid) const {
  const auto others = mode & (gid == 0 ? S_IWOTH : S_IWOTH | S_IWGRP);
  if (!is_root_ || others == 0) return {};
  return problem("unsafe-file", "others than its owner can write this configuration",
                 "chmod go-w " + path);
}

FileResult<PathKind> FileReader::look_at(const std::string& path) const {
  if (path.find('\0') != std::string::npos || path.empty()) {
    return problem("file", "bad file name " + quoted(path));
  }
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return system_problem("cannot open");
  return S_ISDIR(status.st_mode) ? PathKind::Directory : PathKind::File;
}

// The file is looked at before it is opened: opening a device can have effects of its own.
FileResult<std::string> FileReader::read(const std::string& path) const {
  if (const auto kind = look_at(path); !kind) return tl::unexpected(kind.error());
  if (!is_regular_file(path)) return problem("file", "not a regular file");
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd.is_open()) return system_problem("cannot open");
  struct stat status {};
  if (fstat(fd.get(), &status) != 0) return system_problem("cannot read");
  if (!S_ISREG(status.st_mode)) return problem("file", "not a regular file");
  if (auto safe = check_safe(path, status.st_mode, status.st_gid); !safe) {
    return tl::unexpected(safe.error());
  }
  return read_all(fd.get(), static_cast<std::size_t>(status.st_size));
}

FileResult<std::vector<std::string>> FileReader::names_in(const std::string& directory) const {
  const std::unique_ptr<DIR, int (*)(DIR*)> open(opendir(directory.c_str()), closedir);
  if (!open) return system_problem("cannot open");
  struct stat status {};
  if (fstat(dirfd(open.get()), &status) != 0) return system_problem("cannot read");
  if (auto safe = check_safe(directory, status.st_mode, status.st_gid); !safe) {
    return tl::unexpected(safe.error());
  }
  std::vector<std::string> names;
  errno = 0;
  while (const auto* entry = readdir(open.get())) {
    if (std::strcmp(entry->d_name, ".") != 0 && std::strcmp(entry->d_name, "..") != 0) {
      names.emplace_back(entry->d_name);
    }
  }
  if (errno != 0) return system_problem("cannot read");
  std::sort(names.begin(), names.end());
  return names;
}

bool is_regular_file(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace uvinetd
