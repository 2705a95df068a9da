// SPDX-License-Identifier: ISC
// What a child does with text before it is a server. The C library's functions would do, but each
// of them lies in a page that the child may never need again, and the first touch of a page costs a
// child as much as a system call.
#pragma once

#include <cstddef>

namespace uvinetd::zygote {

inline std::size_t length_of(const char* text) {
  std::size_t length = 0;
  while (text[length] != '\0') ++length;
  return length;
}

// `most` when there is no zero before.
inline std::size_t length_of(const char* text, std::size_t most) {
  std::size_t length = 0;
  while (length < most && text[length] != '\0') ++length;
  return length;
}

inline bool begins_with(const char* text, const char* start, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    if (text[i] != start[i]) return false;
    if (text[i] == '\0') return true;
  }
  return true;
}

inline void copy(char* to, const char* from, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) to[i] = from[i];
}

}  // namespace uvinetd::zygote
