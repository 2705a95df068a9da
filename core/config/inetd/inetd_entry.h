// SPDX-License-Identifier: ISC
// From one entry of an inetd.conf to one service, in either form. nullopt: reported and left out.
#pragma once

#include <optional>
#include <vector>

#include "core/config/field_reader.h"
#include "core/config/inetd/entry_reader.h"
#include "core/config/service_field.h"

namespace uvinetd {

// `service type protocol wait user program arguments...`
[[nodiscard]] std::optional<ServiceSpec> read_positional(
    const Entry& entry, const std::vector<BindAddress>& default_addresses, FieldContext& context);

// `service on key = value, ...;`
[[nodiscard]] std::optional<ServiceSpec> read_definition(
    const Entry& entry, const std::vector<BindAddress>& default_addresses, FieldContext& context);

// The sizes that a protocol field has brought.
void set_buffers(const Protocol& protocol, ServiceSpec& spec);

// Accept filters exist for TCP listeners only; says so and forgets it elsewhere.
void settle_accept_filter(SocketKind kind, Place at, Reporter& report, ServiceSpec& spec);

}  // namespace uvinetd
