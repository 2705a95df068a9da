// SPDX-License-Identifier: ISC
// One packet of a SOCK_SEQPACKET pair, with at most one descriptor.
#pragma once

#include <cstddef>

namespace uvinetd::zygote {

struct Received {
  enum class What { Packet, Closed, Breach };
  What what = What::Breach;
  std::size_t size = 0;
  int fd = -1;  // close-on-exec
};

// Waits for the next packet that brings exactly one descriptor. Breach: it brought none or more, or
// did not fit into `size` bytes.
Received receive_with_descriptor(int from, void* bytes, std::size_t size);

// Whether all of it was sent. Never raises SIGPIPE.
bool send_packet(int to, const void* bytes, std::size_t size);

}  // namespace uvinetd::zygote
