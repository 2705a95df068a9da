// SPDX-License-Identifier: ISC
// What makes a caller of fork(2) or posix_spawn(3) heavy: memory that it has touched, descriptors
// that it holds. Each object owns its burden and gives it back; nothing leaks into the next case.
#pragma once

#include <cstddef>
#include <vector>

#include "core/base/result.h"
#include "core/base/shared_memory.h"
#include "core/base/unique_fd.h"

namespace uvinetd::bench {

// Private memory, every page of it written, in pages of the ordinary size: fork(2) copies the
// entry of each. Errors: mmap.
[[nodiscard]] Result<Mapping> make_ballast(std::size_t bytes);

// So many sockets, all different and all close-on-exec, as a superserver holds listeners.
// Raises the soft limit of descriptors as far as it may. Errors: EMFILE, ENFILE.
[[nodiscard]] Result<std::vector<UniqueFd>> open_descriptors(std::size_t count);

}  // namespace uvinetd::bench
