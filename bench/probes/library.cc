// SPDX-License-Identifier: ISC
// One of many small libraries that a program is linked with: 64 functions, and a table of them that
// the dynamic linker fills by their names, as it does for the virtual functions of a C++ library.
// LIBRARY is its number.
#define JOIN(library, name) probe_library_##library##_##name
#define NAME_IN(library, name) JOIN(library, name)
#define NAME(name) NAME_IN(LIBRARY, name)

#define FOR_8(DO, high) \
  DO(high##0) DO(high##1) DO(high##2) DO(high##3) DO(high##4) DO(high##5) DO(high##6) DO(high##7)
#define FOR_64(DO) \
  FOR_8(DO, 0)     \
  FOR_8(DO, 1) FOR_8(DO, 2) FOR_8(DO, 3) FOR_8(DO, 4) FOR_8(DO, 5) FOR_8(DO, 6) FOR_8(DO, 7)

#define DEFINE(number)                     \
  extern "C" int NAME(number)(int value) { \
    return value ^ 0##number;              \
  }
#define POINT_TO(number) &NAME(number),

FOR_64(DEFINE)

extern "C" int (*NAME(table)[])(int) = {FOR_64(POINT_TO)};
