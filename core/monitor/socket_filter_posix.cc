// SPDX-License-Identifier: ISC
// There is none here: services that need one have been left out at load.
#include <cerrno>

#include "core/monitor/socket_filter.h"

namespace uvinetd {

Status attach_filter(int /*fd*/, const AddressFilter& /*filter*/) {
  return fail("socket filter", "", EOPNOTSUPP);
}

Status detach_filter(int /*fd*/) {
  return {};
}

bool can_filter(int /*type*/) {
  return false;
}

}  // namespace uvinetd
