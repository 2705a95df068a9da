// SPDX-License-Identifier: ISC
// Any bytes as a program: an ELF file or a script.
#include <cstdint>
#include <string>
#include <string_view>

#include "spawn/elf_file.h"
#include "spawn/script_line.h"
#include "tests/fuzz/require.h"
#include "tests/pure/spawn/elf_sample.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace uvinetd;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto line = read_script_line(text);
  require(line.has_value() == text.starts_with("#!"));
  if (line) {
    require(line->interpreter.size() < kScriptHead);
    require(line->interpreter.find_first_of(" \t\n") == std::string::npos);
    const auto program = line->env_program();
    require(!program || !program->empty());
  }
  const auto hindrance = elf_hindrance(testing::StringBytes(text));
  require(is_elf(text) || !hindrance.empty());
  return 0;
}
