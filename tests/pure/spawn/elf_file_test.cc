// SPDX-License-Identifier: ISC
#include "spawn/elf_file.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "spawn/zygote_choice.h"
#include "tests/pure/spawn/elf_sample.h"

namespace uvinetd {
namespace {

using testing::ElfSample;
using testing::StringBytes;

std::string_view hindrance(const std::string& bytes) {
  return elf_hindrance(StringBytes(bytes));
}

TEST(ElfFile, ADynamicProgramOfGlibcHasNoHindrance) {
  if (!kHasZygote) GTEST_SKIP() << "no program can park here";
  EXPECT_TRUE(is_elf(ElfSample().bytes()));
  EXPECT_EQ(hindrance(ElfSample().bytes()), "");
}

TEST(ElfFile, EachHindranceIsToldInWords) {
  if (!kHasZygote) GTEST_SKIP() << "no program can park here";
  struct Case {
    std::function<void(ElfSample&)> spoil;
    std::string_view hindrance;
  };
  const Case cases[] = {
      {[](ElfSample& elf) { elf.bits = 1; }, "is no 64-bit program"},
      {[](ElfSample& elf) { elf.order = 2; }, "is for another processor"},
      {[](ElfSample& elf) { elf.machine = 8; }, "is for another processor"},
      {[](ElfSample& elf) { elf.type = 1; }, "is an ELF file but no program"},
      {[](ElfSample& elf) { elf.type = 4; }, "is an ELF file but no program"},
      {[](ElfSample& elf) { elf.segment_size = 55; }, "has a damaged ELF header"},
      {[](ElfSample& elf) { elf.segments = 257; }, "has a damaged ELF header"},
      {[](ElfSample& elf) { elf.segments = 0xffff; }, "has a damaged ELF header"},
      {[](ElfSample& elf) { elf.segments = 100; }, "has a damaged ELF header"},  // not all there
      {[](ElfSample& elf) { elf.segments = 0; }, "is linked statically"},
      {[](ElfSample& elf) { elf.interpreter = ""; }, "is linked statically"},
      {[](ElfSample& elf) { elf.interpreter = "/lib/ld-musl-x86_64.so.1"; },
       "uses another C library than glibc"},
      {[](ElfSample& elf) { elf.interpreter = "/system/bin/linker64"; },
       "uses another C library than glibc"},
      {[](ElfSample& elf) { elf.names = std::string("\0_cgo_init\0_start\0", 18); },
       "does not import __libc_start_main"},
      {[](ElfSample& elf) { elf.names.replace(11, 17, "__libc_start_mai\1"); },
       "does not import __libc_start_main"},
      {[](ElfSample& elf) { elf.names_size = 28; }, "does not import __libc_start_main"},
      {[](ElfSample& elf) { elf.names_address = 0; }, "does not import __libc_start_main"},
      {[](ElfSample& elf) { elf.names_address = ~0ULL; }, "does not import __libc_start_main"},
  };
  for (const auto& each : cases) {
    ElfSample elf;
    each.spoil(elf);
    EXPECT_EQ(hindrance(elf.bytes()), each.hindrance);
  }
}

TEST(ElfFile, TheLinkersOfOtherFoldersAreGlibcsToo) {
  if (!kHasZygote) GTEST_SKIP() << "no program can park here";
  for (const auto* path : {"/lib/ld-linux-aarch64.so.1", "/opt/glibc/lib/ld-linux-x86-64.so.2"}) {
    ElfSample elf;
    elf.interpreter = path;
    EXPECT_EQ(hindrance(elf.bytes()), "") << path;
  }
}

TEST(ElfFile, ANameIsFoundWhereverItStandsInALongTable) {
  if (!kHasZygote) GTEST_SKIP() << "no program can park here";
  constexpr std::size_t kPiece = 64 * 1024;
  for (std::size_t before = kPiece - 20; before <= kPiece + 2; ++before) {
    ElfSample elf;
    elf.names = std::string(before, 'x') + '\0' + "__libc_start_main" + '\0';
    elf.names += std::string(kPiece, 'y');
    elf.names_size = elf.names.size();
    EXPECT_EQ(hindrance(elf.bytes()), "") << before;
  }
}

TEST(ElfFile, APieceOfAFileNeverHasLessThanTheWholeToHinderIt) {
  const auto whole = ElfSample().bytes();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_NE(hindrance(whole.substr(0, size)), "") << size;
  }
}

TEST(ElfFile, WhatDoesNotBeginAsOneIsNone) {
  auto bytes = ElfSample().bytes();
  bytes[1] = 'e';
  EXPECT_FALSE(is_elf(bytes));
  EXPECT_EQ(hindrance(bytes), "has a damaged ELF header");
}

TEST(ElfFile, AnyByteMayBeWrong) {
  const auto whole = ElfSample().bytes();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const char wrong : {'\0', '\x01', '\x7f', '\xff'}) {
      auto bytes = whole;
      bytes[at] = wrong;
      (void)hindrance(bytes);
    }
  }
}

}  // namespace
}  // namespace uvinetd
