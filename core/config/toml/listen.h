// SPDX-License-Identifier: ISC
// Where a service listens, as TOML says it: "tcp://:79", "udp6://[::1]:69", "unix:///run/x"; with a
// name for listen_fds before it: "http=tcp://:80".
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/config/field_reader.h"
#include "core/config/service_spec.h"

namespace uvinetd {

// What ranges of one file may come to, in ports: each one is a socket or two.
inline constexpr int kMostRangePorts = 100000;

// Adds the sockets of one URL to `out`. A port 0 is read: only an RPC service may have it.
[[nodiscard]] bool read_listen(const Field& url, FieldContext& context, int& range_ports_left,
                               std::vector<ListenSpec>& out);

// Leaves each socket once: of two the one that is not optional, and a dual one for both families.
void settle_listeners(std::vector<ListenSpec>& listeners);

// The URLs that read_listen() makes the same sockets of; nullopt: there are none such.
[[nodiscard]] std::optional<std::vector<std::string>> print_listen(
    const std::vector<ListenSpec>& listeners);

// The mode of a Unix socket when none is written: 0666 for a path, none for an abstract name.
[[nodiscard]] std::optional<unsigned> default_mode_of(const ListenSpec& listen);
// Of the first Unix socket; null: there is none.
[[nodiscard]] const SocketNode* first_node(const std::vector<ListenSpec>& listeners);
[[nodiscard]] bool have_default_modes(const std::vector<ListenSpec>& listeners);

}  // namespace uvinetd
