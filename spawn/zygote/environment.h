// SPDX-License-Identifier: ISC
// Our variables and the connection's, in a list of strings that ends with a null. The list and its
// strings are edited where they stand: a program may have kept the address of either.
#pragma once

#include <cstddef>
#include <cstdint>

#include "spawn/zygote/wire.h"

namespace uvinetd::zygote {

// What UVINETD_ZYGOTE says.
struct Wish {
  Park park = Park::Main;
  char* hops = nullptr;         // its digit, to be rewritten in place; null: nobody wants anything
  const char* build = nullptr;  // of the launcher
};

// The first variable of that name, if it is well-formed.
Wish find_wish(char** environment);

// Takes our variables out and the library out of the user's LD_PRELOAD.
void strip(char** environment);

// Remembers the slots for the connection's variables, and where they stand.
void find_slots(char** environment);

// The same in a program that has run: it may have copied its variables, and written over those that
// it was given (setproctitle).
void find_slots_again();

// Whether these bytes are `count` strings NAME=VALUE, each with its final zero and short enough for
// a slot, and nothing else.
bool are_variables(const char* bytes, std::size_t size, std::size_t count);

// Those that have a variable in them. Not kept with the slots: a child copies the page of whatever
// it writes to.
class FilledSlots {
 public:
  [[nodiscard]] bool has(std::size_t number) const { return (bits_ >> number & 1) != 0; }
  void add(std::size_t number) { bits_ |= std::uint32_t{1} << number; }

 private:
  std::uint32_t bits_ = 0;
};

// Writes each variable into its slot and takes the slots that got none out of environ and out of
// the list where they were found. One without a slot is left out: the program's own start has taken
// it out (`env -u NAME PROGRAM`).
FilledSlots fill_slots(const char* variables, std::size_t count);

// Calls `look` with each slot's NAME=VALUE, the length of its name with the '=', and whether it was
// filled.
void for_each_slot(FilledSlots filled,
                   void (*look)(const char* variable, std::size_t name_size, bool is_set));

}  // namespace uvinetd::zygote
