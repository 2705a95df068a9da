// SPDX-License-Identifier: ISC
// Whether a file is still the one that was seen: packages replace programs and libraries while they
// run.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace uvinetd {

struct FileStamp {
  dev_t device = 0;
  ino_t inode = 0;
  mode_t mode = 0;
  off_t size = 0;
  std::int64_t modified_ns = 0;

  // nullopt: there is none, or it cannot be looked at.
  [[nodiscard]] static std::optional<FileStamp> of(const char* path);
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

// Files as they were when they were added.
class WatchedFiles {
 public:
  void add(const std::string& path) { files_.push_back({path, FileStamp::of(path.c_str())}); }
  // One stat(2) per file.
  [[nodiscard]] bool have_changed() const;
  void clear() { files_.clear(); }

 private:
  struct File {
    std::string path;
    std::optional<FileStamp> stamp;
  };
  std::vector<File> files_;
};

}  // namespace uvinetd
