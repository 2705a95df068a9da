// SPDX-License-Identifier: ISC
#include <cerrno>

#include "spawn/child_steps_system.h"
#include "spawn/path_rights.h"

namespace uvinetd {
namespace {

bool refuse() {
  errno = ENOSYS;
  return false;
}

}  // namespace

int path_rights_version() {
  return 0;
}

bool set_io_priority(std::uint16_t /*priority*/) {
  return refuse();
}
bool join_group(int /*group*/) {
  return refuse();
}
bool forbid_new_privileges() {
  return refuse();
}
bool keep_to_paths(const BoxSettings& /*box*/) {
  return refuse();
}
bool keep_to_calls(const BoxSettings& /*box*/) {
  return refuse();
}

}  // namespace uvinetd
