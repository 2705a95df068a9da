// SPDX-License-Identifier: ISC
#include "core/base/open_descriptors.h"

namespace uvinetd {

OpenDescriptors OpenDescriptors::of_self() {
  return OpenDescriptors(UniqueFd());
}

std::optional<std::uint64_t> OpenDescriptors::count() const {
  return std::nullopt;
}

std::optional<std::uint64_t> OpenDescriptors::count_of(pid_t) {
  return std::nullopt;
}

}  // namespace uvinetd
