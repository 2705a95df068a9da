// SPDX-License-Identifier: ISC
#include "core/reactor/socket_text.h"

#include <sys/socket.h>

namespace uvinetd {
namespace {

// `type`: SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET.
std::string socket_text(const SocketAddress& address, int type) {
  const bool is_datagram = type == SOCK_DGRAM;
  const char* scheme = address.is_ip()          ? (is_datagram ? "udp" : "tcp")
                       : is_datagram            ? "unix-dgram"
                       : type == SOCK_SEQPACKET ? "unix-seqpacket"
                                                : "unix";
  return std::string(scheme) + "://" + address.text();
}

}  // namespace

std::vector<std::string> socket_texts(const Table& table, std::uint32_t service) {
  std::vector<std::string> out;
  const auto entry = table.is_open() ? table.service(service) : std::nullopt;
  if (!entry) return out;
  for (const auto& listener : entry->listeners) {
    const int type = listener.socket_type != 0 ? listener.socket_type : entry->socket_type;
    out.push_back(socket_text(listener.address, type));
  }
  if (!entry->mux_name->empty()) out.push_back("tcpmux:" + *entry->mux_name);
  return out;
}

}  // namespace uvinetd
