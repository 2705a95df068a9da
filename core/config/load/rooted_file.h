// SPDX-License-Identifier: ISC
// Files as a process sees them whose root is another directory.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace uvinetd {

// Where an absolute path leads when `root` is /, every link followed inside it: a path without
// links, as it is seen inside. nullopt: there is nothing, or more than 40 links.
// `root` is a path without links; "" is / itself.
[[nodiscard]] std::optional<std::string> resolve_inside(const std::string& root,
                                                        const std::string& path);

// What has to be executed for a program to run: the program, its interpreters as the first lines of
// scripts name them, the dynamic linker. As seen inside `root`; where `missing` is set, that one is
// not there or no regular file that anybody could execute.
struct Executables {
  std::vector<std::string> files;  // resolved
  std::string missing;             // "": none
};
[[nodiscard]] Executables executables_of(const std::string& root, const std::string& program);

// Whether `path` is `directory` or below it; both without links.
[[nodiscard]] bool is_below(const std::string& path, const std::string& directory);

}  // namespace uvinetd
