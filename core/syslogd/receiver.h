// SPDX-License-Identifier: ISC
// Takes datagrams off a socket, many at once where the system can (`_linux.cc`), without waiting.
// The socket's description is shared with others: its flags are not touched.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "core/base/result.h"
#include "core/syslogd/message.h"

namespace uvinetd {

struct ReceivedDatagram {
  std::string_view bytes;  // kMostDatagram at most
  bool is_truncated = false;
  // By SCM_CREDENTIALS, of a Unix socket; 0 and -1: not known.
  pid_t pid = 0;
  uid_t uid = static_cast<uid_t>(-1);
  // How many the kernel had dropped at this socket in all, as it was full, when this one was
  // queued; it wraps around. Told where ask_kernel_dropped() can ask; else 0.
  std::uint32_t kernel_dropped = 0;
  // Of a socket in the network; size 0: none.
  const sockaddr* peer = nullptr;
  socklen_t peer_size = 0;
};

class Receiver {
 public:
  static constexpr std::size_t kBatch = 64;

  Receiver();
  ~Receiver();
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  // Asks for the credentials of who sends to a Unix socket.
  static Status ask_credentials(int fd);
  // Asks for what the kernel drops at a socket in the network.
  static Status ask_kernel_dropped(int fd);

  // What is there, kBatch at most, valid until the next call. Empty: nothing is, or the socket is
  // in error (which is then cleared: a datagram of ours that nobody took).
  [[nodiscard]] std::span<const ReceivedDatagram> receive(int fd);

 private:
  struct Room;
  std::unique_ptr<Room> room_;
};

}  // namespace uvinetd
