// SPDX-License-Identifier: ISC
// Included files from the disk, each remembered as it was read.
#pragma once

#include <string>
#include <vector>

#include "core/config/front_end.h"
#include "core/config/load/file_reader.h"

namespace uvinetd {

class DiskIncludes final : public IncludeSource {
 public:
  explicit DiskIncludes(bool is_root) : reader_(is_root) {}

  [[nodiscard]] std::optional<ConfigFile> read(const std::string& path, const SourcePosition& at,
                                               Diagnostics& diagnostics) override;
  [[nodiscard]] std::optional<std::vector<std::string>> list(const std::string& directory,
                                                             const SourcePosition& at,
                                                             Diagnostics& diagnostics) override;
  [[nodiscard]] std::vector<std::string> glob(const std::string& pattern) override;

  // What has been read since the last time.
  [[nodiscard]] std::vector<ConfigFile> take_read() { return std::move(read_); }

 private:
  FileReader reader_;
  std::vector<ConfigFile> read_;
};

}  // namespace uvinetd
