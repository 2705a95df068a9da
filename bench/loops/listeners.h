// SPDX-License-Identifier: ISC
// Listening sockets of a range of ports, for programs that end when they cannot have them.
#pragma once

#include <netinet/in.h>

#include <optional>
#include <string_view>
#include <vector>

namespace bench {

struct PortRange {
  in_port_t first = 0;
  in_port_t last = 0;  // included
  [[nodiscard]] int count() const { return last - first + 1; }
};

// "8001" or "10000-19999"; nothing when it is neither.
[[nodiscard]] std::optional<PortRange> parse_ports(std::string_view text);

// A dotted IPv4 address with its port; nothing when it is none.
[[nodiscard]] std::optional<sockaddr_in> parse_address(const char* text, in_port_t port);

// Writes "NAME: WHAT: reason" with errno's reason (none when it is 0) and exits with 1.
[[noreturn]] void die(const char* what);

// Raises the soft limit of open files when `count` more would not fit; a limit that cannot be
// raised shows when the descriptor is missing.
void make_room_for(int count);

// One close-on-exec listener per port with a backlog of 4,096. Ends the program on failure.
[[nodiscard]] std::vector<int> listen_on(const char* address, PortRange ports, int type_flags);

// Writes the line "ready" to standard output, which a waiting program reads.
void say_ready();

}  // namespace bench
