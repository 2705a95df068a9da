// SPDX-License-Identifier: ISC
// One of many small libraries that a program is linked with: 64 functions, a table of them that the
// dynamic linker fills by their names, as it does for the virtual functions of a C++ library, and a
// table of 1,024 addresses of its own, as constant strings and structures have them. The libraries
// of a large program have no fewer: the 31 of curl in Debian 12 have 1,170 addresses of their own
// and 99 names each that are looked up before main(), the 26 of sshd 940 and 67 (readelf -r).
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

#define ADDRESS(number) &text[0##number], &text[64 + 0##number],
#define FOR_512(DO) \
  FOR_64(DO) FOR_64(DO) FOR_64(DO) FOR_64(DO) FOR_64(DO) FOR_64(DO) FOR_64(DO) FOR_64(DO)

static const char text[128] = {};

extern "C" {
int (*NAME(table)[])(int) = {FOR_64(POINT_TO)};
extern const char* const NAME(addresses)[];
const char* const NAME(addresses)[] = {FOR_512(ADDRESS)};
}
