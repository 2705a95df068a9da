// SPDX-License-Identifier: ISC
// A socket as uvinetd.toml(5) writes it: "tcp://[::1]:79", "unix:///run/x".
#pragma once

#include <sys/socket.h>

#include <string>

#include "core/base/address.h"

namespace uvinetd {

// `type`: SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET.
[[nodiscard]] inline std::string socket_text(const SocketAddress& address, int type) {
  const bool is_datagram = type == SOCK_DGRAM;
  const char* scheme = address.is_ip()          ? (is_datagram ? "udp" : "tcp")
                       : is_datagram            ? "unix-dgram"
                       : type == SOCK_SEQPACKET ? "unix-seqpacket"
                                                : "unix";
  return std::string(scheme) + "://" + address.text();
}

}  // namespace uvinetd
