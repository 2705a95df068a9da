// SPDX-License-Identifier: ISC
// The name of an errno value, for the log: what it is looked up by.
#pragma once

#include <cstring>
#include <string>

namespace uvinetd {

// "ECONNREFUSED"; the number where the system tells no names.
inline std::string errno_name(int code) {
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 32)
  if (const char* name = strerrorname_np(code)) return name;
#endif
  return std::to_string(code);
}

}  // namespace uvinetd
