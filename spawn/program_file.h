// SPDX-License-Identifier: ISC
// What can be known of a program before it is started warm (spawn/zygote): whether it could park at
// all, and which program that will be where it is a script.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace uvinetd {

inline constexpr unsigned kMostInterpreters = 4;  // one behind the other

struct ProgramFile {
  // Why it cannot park, in plain words: "it is linked statically", "its interpreter /opt/run is
  // set-user-id". "": nothing speaks against it.
  std::string reason;
  // How many programs execute the next one until the one that is meant runs: 1 for
  // `#!/usr/bin/env python3`, else 0.
  unsigned hops = 0;
  // The absolute paths of the program and of every interpreter, as far as they were followed.
  std::vector<std::string> files;

  [[nodiscard]] bool can_park() const { return reason.empty(); }
};

// Looks at the files as the effective user, now. `search_path` is the server's PATH, for env(1); ""
// stands for the C library's own, and what is relative in it is passed over.
//
// Blocks  while files are read (elf_file.h).
[[nodiscard]] ProgramFile inspect_program(const std::string& path, std::string_view search_path);

// What is known of some programs by their names: why a warm start gains little, as
// "it executes finger for each client"; "": nothing is known. `argv` as it is started.
[[nodiscard]] std::string_view little_gain(std::string_view program,
                                           const std::vector<std::string>& argv);

}  // namespace uvinetd
