// SPDX-License-Identifier: ISC
// Our variables and the connection's, in a list of strings that ends with a null. The list and its
// strings are edited where they stand: a program may have kept the address of either.
#pragma once

#include <cstddef>

#include "spawn/zygote/wire.h"

namespace uvinetd::zygote {

// What UVINETD_ZYGOTE says.
struct Wish {
  Park park = Park::Main;
  char* hops = nullptr;  // its digit, to be rewritten in place; null: nobody wants anything
};

// The first variable of that name, if it is well-formed.
Wish find_wish(char** environment);

// Takes our variables out and the library out of the user's LD_PRELOAD.
void strip(char** environment);

// Remembers the slots for the connection's variables, and where they stand.
void find_slots(char** environment);

// Whether these bytes are `count` strings NAME=VALUE, each with its final zero and short enough for
// a slot, and nothing else.
bool are_variables(const char* bytes, std::size_t size, std::size_t count);

// Writes each variable into its slot and takes the slots that got none out of environ and out of
// the list where they were found. One without a slot is left out: the program's own start has taken
// it out (`env -u NAME PROGRAM`).
void fill_slots(const char* variables, std::size_t count);

}  // namespace uvinetd::zygote
