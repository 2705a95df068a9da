// SPDX-License-Identifier: ISC
// The files that make up a program: whoever replaces one of them wants it started anew.
#pragma once

#include <cstddef>
#include <cstdint>

#include "spawn/zygote/wire.h"

namespace uvinetd::zygote {

// A Parked message in the making. Too large for a stack; a mapping is a good place, because a
// parked process has no use for it any more.
struct MappedFiles {
  static constexpr std::size_t kMostFiles = 2048;

  char message[kMostParkedBytes];
  std::size_t size;
  std::uint16_t seen[2 * kMostFiles];  // offsets into the message, by a hash of the path; 0: none
  char lines[16 * 1024];
};

// Fills a zeroed `files` by /proc/self/maps. Returns why the process cannot park, or null.
const char* list_mapped_files(MappedFiles& files, Park mode);

}  // namespace uvinetd::zygote
