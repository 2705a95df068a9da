// SPDX-License-Identifier: ISC
// Included files from a map.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/config/front_end.h"

namespace uvinetd::testing {

class FakeIncludes : public IncludeSource {
 public:
  FakeIncludes() = default;
  explicit FakeIncludes(std::map<std::string, std::string> files) : files_(std::move(files)) {}

  void add(const std::string& path, std::string text) { files_[path] = std::move(text); }

  std::optional<ConfigFile> read(const std::string& path, const SourcePosition& at,
                                 Diagnostics& diagnostics) override {
    ++reads;
    const auto found = files_.find(path);
    if (found != files_.end()) return ConfigFile{path, found->second};
    diagnostics.push_back({Severity::Error, at, path + ": No such file or directory", "", "file"});
    return std::nullopt;
  }

  std::optional<std::vector<std::string>> list(const std::string& directory,
                                               const SourcePosition& at,
                                               Diagnostics& diagnostics) override {
    const auto prefix = directory.ends_with('/') ? directory : directory + '/';
    std::vector<std::string> names;
    for (const auto& [path, text] : files_) {
      if (!path.starts_with(prefix)) continue;
      auto name = path.substr(prefix.size());
      if (name.find('/') == std::string::npos) names.push_back(std::move(name));
    }
    if (!names.empty()) return names;
    diagnostics.push_back(
        {Severity::Error, at, directory + ": No such file or directory", "", "file"});
    return std::nullopt;
  }

  // A file by its name; a folder by its name, "/" or "/." behind it or not.
  std::vector<std::string> glob(const std::string& pattern) override {
    auto folder = pattern.ends_with("/.") ? pattern.substr(0, pattern.size() - 1) : pattern;
    if (!folder.ends_with('/')) folder += '/';
    const auto first = files_.lower_bound(folder);
    const bool is_folder = first != files_.end() && first->first.starts_with(folder);
    if (!is_folder && files_.count(pattern) == 0) return {};
    return {pattern};
  }

  int reads = 0;

 private:
  std::map<std::string, std::string> files_;
};

}  // namespace uvinetd::testing
