// SPDX-License-Identifier: ISC
// The first line of a script, as the kernel and env(1) take it. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace uvinetd {

inline constexpr std::size_t kScriptHead = 256;  // the kernel looks at no more of a script

struct ScriptLine {
  std::string interpreter;
  std::string argument;  // all that follows, as one; "": none

  // Whether the interpreter is env(1), which looks for another program and executes it.
  [[nodiscard]] bool is_env() const;
  // The program that env(1) executes, without options and assignments of its own: "python3" of
  // `python3` and of `-S python3 -u`. nullopt: none that is plain to see.
  [[nodiscard]] std::optional<std::string> env_program() const;
};

// `head`: the beginning of a file, kScriptHead bytes of it. nullopt: it does not begin with "#!";
// an empty interpreter: the kernel would not run it.
[[nodiscard]] std::optional<ScriptLine> read_script_line(std::string_view head);

}  // namespace uvinetd
