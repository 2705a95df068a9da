// SPDX-License-Identifier: ISC
// Small ELF files, as bytes: all that matters is there, and each part can be spoilt.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

#include "spawn/elf_file.h"

namespace uvinetd::testing {

class StringBytes final : public FileBytes {
 public:
  explicit StringBytes(std::string text) : text_(std::move(text)) {}
  std::size_t read(std::uint64_t offset, std::span<char> out) const override {
    if (offset >= text_.size()) return 0;
    const auto count = std::min<std::size_t>(out.size(), text_.size() - offset);
    std::copy_n(text_.data() + offset, count, out.data());
    return count;
  }

 private:
  std::string text_;
};

struct ElfSample {
  std::uint8_t bits = 2;   // 2: 64
  std::uint8_t order = 1;  // 1: little-endian
  std::uint16_t type = 3;
#if defined(__aarch64__)
  std::uint16_t machine = 183;
#else
  std::uint16_t machine = 62;
#endif
  std::uint16_t segment_size = 56;
  std::uint16_t segments = 3;
  std::string interpreter{"/lib64/ld-linux-x86-64.so.2"};  // "": none
  std::string names{"\0libc.so.6\0__libc_start_main\0", 29};
  std::uint64_t names_address = kAddress + kNamesAt;
  std::uint64_t names_size = 29;

  static constexpr std::uint64_t kAddress = 0x400000;  // of byte 0
  static constexpr std::size_t kInterpreterAt = 0x100;
  static constexpr std::size_t kDynamicAt = 0x180;
  static constexpr std::size_t kNamesAt = 0x200;

  [[nodiscard]] std::string bytes() const {
    std::string out(kNamesAt, '\0');
    const auto put = [&out](std::size_t at, auto value) {
      std::memcpy(out.data() + at, &value, sizeof value);
    };
    out.replace(0, 4, "\177ELF");
    put(4, bits);
    put(5, order);
    put(16, type);
    put(18, machine);
    put(32, std::uint64_t{64});
    put(54, segment_size);
    put(56, segments);
    const auto segment = [&put](std::size_t at, std::uint32_t kind, std::uint64_t offset,
                                std::uint64_t size) {
      put(at, kind);
      put(at + 8, offset);
      put(at + 16, kAddress + offset);
      put(at + 32, size);
      put(at + 40, size);
    };
    segment(64, 1, 0, kNamesAt + names.size());
    segment(120, 2, kDynamicAt, 48);
    segment(176, interpreter.empty() ? 0 : 3, kInterpreterAt, interpreter.size() + 1);
    out.replace(kInterpreterAt, interpreter.size(), interpreter);
    put(kDynamicAt, std::uint64_t{5});
    put(kDynamicAt + 8, names_address);
    put(kDynamicAt + 16, std::uint64_t{10});
    put(kDynamicAt + 24, names_size);
    return out + names;
  }
};

}  // namespace uvinetd::testing
