// SPDX-License-Identifier: ISC
// A program of address rules on a socket, which the kernel runs for what comes to it.
//
// It is not locked (SO_LOCK_FILTER): a locked one could never be replaced, not even by root, so
// that new rules would need a new socket and lose what is queued in this one. A server could take
// it off its own socket; it could as well open another one.
#pragma once

#include "core/base/result.h"
#include "core/config/address_filter.h"

namespace uvinetd {

// In one step in the place of the one before; what is queued already stays.
// Errors: SO_ATTACH_FILTER (ENOMEM where net.core.optmem_max is too small). EOPNOTSUPP where the
// system has no such thing.
Status attach_filter(int fd, const AddressFilter& filter);
// None there is no error.
Status detach_filter(int fd);

// Whether this process may put one on a socket of the type: Linux may keep those of TCP for root.
[[nodiscard]] bool can_filter(int type);

}  // namespace uvinetd
