// SPDX-License-Identifier: ISC
// Making the socket that a configuration asks for.
#pragma once

#include <cstddef>
#include <string>

#include "core/base/address.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/config/service_spec.h"

namespace uvinetd {

// Whether both are one socket over a reload: of the same kind, family and address.
[[nodiscard]] bool is_same_socket(const ListenSpec& a, const ListenSpec& b);
[[nodiscard]] std::size_t socket_hash(const ListenSpec& spec);
// The address to bind; an unset one when the host is not numeric (names are looked up at load).
[[nodiscard]] SocketAddress socket_address(const ListenSpec& spec);
[[nodiscard]] int socket_type(SocketKind kind);  // SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET

struct BindOptions {
  int backlog = 4096;         // listen(2)
  Rare<ServiceOptions> more;  // those of sockets
  bool is_filtered = false;   // the kernel decides by `allow` and `deny` who comes in
  // Each datagram tells who has sent it, those too that come before a server is there to ask for
  // it.
  bool tells_senders = false;
  // Saves the reactor a system call for a socket that no server ever gets. Where the system cannot
  // make it so, the reactor does.
  bool is_nonblocking = false;
};

// Whether a socket made with one is as one made with the other, backlog apart.
[[nodiscard]] bool has_same_settings(const ServiceOptions& a, const ServiceOptions& b);

// A bound (and, for streams, listening) close-on-exec socket.
//
// TCP: SO_REUSEADDR. UDP: never SO_REUSEADDR, it would let two daemons share a port unseen.
// Unix: a path that is a socket nobody answers on is replaced; anything else there is an error.
// Errors: the failing call with the address as subject: EADDRINUSE, EADDRNOTAVAIL, EACCES, ...
Result<UniqueFd> bind_socket(const ListenSpec& spec, const BindOptions& options);

// Brings a socket that stays over a reload to changed owner, mode and settings. `was_filtered`: it
// has a filter of old rules. One that new rules cannot be put on lets nobody in any more. The order
// of datagrams or clients in it is not touched.
Status update_socket(int fd, const ListenSpec& spec, const BindOptions& options,
                     bool was_filtered = false);

// Removes the path of a Unix socket of ours if it is still the one behind `fd`'s binding
// (`device` and `inode` as taken by path_identity() after the bind).
struct PathIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  friend bool operator==(const PathIdentity&, const PathIdentity&) = default;
};
[[nodiscard]] PathIdentity path_identity(const std::string& path);
void remove_path_if(const std::string& path, const PathIdentity& identity);

}  // namespace uvinetd
