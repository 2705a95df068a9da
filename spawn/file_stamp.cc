// SPDX-License-Identifier: ISC
#include "spawn/file_stamp.h"

#include <algorithm>

namespace uvinetd {

std::optional<FileStamp> FileStamp::of(const char* path) {
  struct stat status {};
  if (::stat(path, &status) != 0) return std::nullopt;
#ifdef __APPLE__
  const auto& modified = status.st_mtimespec;
#else
  const auto& modified = status.st_mtim;
#endif
  return FileStamp{status.st_dev, status.st_ino, status.st_mode, status.st_size,
                   std::int64_t{modified.tv_sec} * 1'000'000'000 + modified.tv_nsec};
}

bool WatchedFiles::have_changed() const {
  return std::any_of(files_.begin(), files_.end(), [](const File& file) {
    return FileStamp::of(file.path.c_str()) != file.stamp;
  });
}

}  // namespace uvinetd
