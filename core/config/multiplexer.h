// SPDX-License-Identifier: ISC
// Services that are reached through the TCP port multiplexer (RFC 1078): how they are written, and
// whether there is a multiplexer to reach them through.
#pragma once

#include <string_view>
#include <vector>

#include "core/config/field_reader.h"
#include "core/config/front_end.h"

namespace uvinetd {

// Whether a service field is `tcpmux/name`, with or without addresses before it.
[[nodiscard]] bool is_multiplexed(std::string_view service);

// What clients may ask for, in any language. False: reported.
[[nodiscard]] bool check_mux_name(const Field& name, Reporter& report);

// Completes `spec` from `tcpmux/name` or `tcpmux/+name`: its name and id. False: reported.
[[nodiscard]] bool read_multiplexed(const Field& service, const Protocol& protocol,
                                    Place protocol_at, Reporter& report, ServiceSpec& spec);
// What is written for a socket of its own; does nothing for other services.
void drop_socket_options(Place at, Reporter& report, ServiceSpec& spec);
// `at` is the place of wait or nowait.
[[nodiscard]] bool check_mux_mode(Place at, Reporter& report, const ServiceSpec& spec);

// When all files are read: whether the services that need it have a multiplexer. In the dialect
// `gnu` it is added; elsewhere each of them has a warning. True: added.
bool settle_multiplexer(std::vector<ServiceSpec>& services, const InetdConfOptions& options,
                        const ServiceNames& names, Diagnostics& diagnostics);

}  // namespace uvinetd
