// SPDX-License-Identifier: ISC
// One configuration file from the disk, read so that nothing about it can harm us: no FIFO or
// device is opened, nothing is endless, and root reads nothing that others may write.
#pragma once

#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "core/config/load/config_file.h"

namespace uvinetd {

// Why something cannot be read, for a diagnostic.
struct FileProblem {
  std::string message;  // "cannot open: No such file or directory"
  std::string hint;
  const char* slug = "file";
  int code = 0;  // errno; 0: none
};

template <typename T>
using FileResult = tl::expected<T, FileProblem>;

enum class PathKind { File, Directory };

// Blocks for the disk.
class FileReader {
 public:
  // As root, what others than its owner may write is refused: it would make them root.
  explicit FileReader(bool is_root) : is_root_(is_root) {}

  [[nodiscard]] FileResult<PathKind> look_at(const std::string& path) const;
  [[nodiscard]] FileResult<std::string> read(const std::string& path) const;
  // Every name but "." and "..", in byte order.
  [[nodiscard]] FileResult<std::vector<std::string>> names_in(const std::string& directory) const;

 private:
  [[nodiscard]] FileResult<void> check_safe(const std::string& path, unsigned mode,
                                            unsigned gid) const;
  bool is_root_;
};

// Whether a regular file is there, by the name itself or at the end of its links.
[[nodiscard]] bool is_regular_file(const std::string& path);

}  // namespace uvinetd
