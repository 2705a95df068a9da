// SPDX-License-Identifier: ISC
// Whether an ELF program can be parked by a preloaded library, as far as its file tells. Pure: any
// bytes may be given, and few of them are read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace uvinetd {

class FileBytes {
 public:
  virtual ~FileBytes() = default;
  // Fills `out` with what stands at `offset`. Returns how many bytes there are: less at the end of
  // the file, 0 behind it and after an error.
  virtual std::size_t read(std::uint64_t offset, std::span<char> out) const = 0;
};

[[nodiscard]] bool is_elf(std::string_view head);

// What keeps it from parking, as the end of a sentence that begins with the program: "is linked
// statically". "": nothing that could be seen.
//
// Blocks  while its table of names is searched: some pages mostly, 64 MiB at the very most.
[[nodiscard]] std::string_view elf_hindrance(const FileBytes& file);

}  // namespace uvinetd
