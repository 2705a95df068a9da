// SPDX-License-Identifier: ISC
// The rules of a service whose sockets the kernel guards.
#pragma once

#include <optional>
#include <string>

#include "core/config/address_filter.h"
#include "core/config/service_spec.h"

namespace uvinetd {

#ifdef __linux__
#ifndef UVINETD_PORTABLE_BUILD
#define UVINETD_SOCKET_FILTERS 1
#endif
#endif

// Whether this build can put a program on a socket.
#ifdef UVINETD_SOCKET_FILTERS
inline constexpr bool kHasSocketFilters = true;
#else
inline constexpr bool kHasSocketFilters = false;
#endif

// Whether the kernel must decide who comes in: there are rules, and the server takes the clients
// itself or they are datagrams.
[[nodiscard]] bool needs_address_filter(const ServiceSpec& spec);

// The rules of a list that are about addresses; `other`: the first that is about something else,
// or is malformed, as it is written.
[[nodiscard]] std::vector<AddressPrefix> address_rules(const std::vector<std::string>& list,
                                                       std::string& other);

// By rules that have been checked at load. A list with a rule of another kind lets nobody in.
[[nodiscard]] AddressFilter address_filter_of(const ServiceOptions& options);

}  // namespace uvinetd
