// SPDX-License-Identifier: ISC
#include "spawn/capability.h"

namespace uvinetd {

std::uint64_t effective_capabilities() {
  return 0;
}
std::uint64_t bounding_capabilities() {
  return 0;
}
Status limit_bounding_set(std::uint64_t /*kept*/) {
  return fail("capability_bounding", {}, ENOSYS);
}
Status keep_capabilities() {
  return fail("capability_ambient", {}, ENOSYS);
}
Status take_ambient_capabilities(std::uint64_t /*ambient*/) {
  return fail("capability_ambient", {}, ENOSYS);
}
Status limit_own_capabilities(std::uint64_t /*kept*/) {
  return fail("capset", {}, ENOSYS);
}

}  // namespace uvinetd
