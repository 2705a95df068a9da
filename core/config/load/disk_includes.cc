// SPDX-License-Identifier: ISC
#include "core/config/load/disk_includes.h"

#include <glob.h>

#include <algorithm>
#include <utility>

namespace uvinetd {
namespace {

void report(const std::string& path, const FileProblem& problem, const SourcePosition& at,
            Diagnostics& diagnostics) {
  diagnostics.push_back(
      {Severity::Error, at, path + ": " + problem.message, problem.hint, problem.slug});
}

}  // namespace

std::optional<ConfigFile> DiskIncludes::read(const std::string& path, const SourcePosition& at,
                                             Diagnostics& diagnostics) {
  auto text = reader_.read(path);
  if (!text) {
    report(path, text.error(), at, diagnostics);
    return std::nullopt;
  }
  return read_.emplace_back(ConfigFile{path, std::move(*text)});
}

std::optional<std::vector<std::string>> DiskIncludes::list(const std::string& directory,
                                                           const SourcePosition& at,
                                                           Diagnostics& diagnostics) {
  auto names = reader_.names_in(directory);
  if (!names) {
    report(directory, names.error(), at, diagnostics);
    return std::nullopt;
  }
  const auto prefix = directory.ends_with('/') ? directory : directory + '/';
  std::erase_if(*names, [&](const auto& name) { return !is_regular_file(prefix + name); });
  return std::move(*names);
}

std::vector<std::string> DiskIncludes::glob(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> paths;
  if (::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found) == 0) {
    paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  globfree(&found);
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace uvinetd
