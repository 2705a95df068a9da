// SPDX-License-Identifier: ISC
// What /proc tells a process about itself, an entry at a time, without any allocation.
#pragma once

#include <cstddef>

namespace uvinetd::zygote {

// Calls `look` with each line of /proc/self/maps, its end replaced by a zero, until it returns a
// reason to stop, which is returned. `buffer` has room for the longest line.
const char* for_each_mapping(char* buffer, std::size_t size,
                             const char* (*look)(void* context, const char* line), void* context);

// The same with every descriptor but the channel.
const char* for_each_descriptor(const char* (*look)(int fd));

}  // namespace uvinetd::zygote
