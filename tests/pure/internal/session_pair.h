// SPDX-License-Identifier: ISC
// A client and a session over one connected pair of sockets, driven by hand.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <memory>
#include <string>
#include <string_view>

#include "core/base/unique_fd.h"
#include "internal/builtin.h"

namespace uvinetd {

inline constexpr int kDeadlineMs = 10'000;

inline bool wait_for(int fd, short events) {
  pollfd one{fd, events, 0};
  return poll(&one, 1, kDeadlineMs) == 1;
}

struct SessionPair {
  UniqueFd client;
  UniqueFd server;
  std::unique_ptr<StreamSession> session;

  Interest step() { return session->step(server.get()); }

  // Non-blocking: how much of `bytes` the kernel took.
  std::size_t client_sends(std::string_view bytes) {
    std::size_t sent = 0;
    while (sent < bytes.size()) {
      const auto n =
          send(client.get(), bytes.data() + sent, bytes.size() - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (n < 0) break;
      sent += static_cast<std::size_t>(n);
    }
    return sent;
  }
  // What is there now, at most `most` bytes.
  std::string client_reads(std::size_t most = 1 << 20) {
    std::string out(most, '\0');
    const auto n = recv(client.get(), out.data(), most, MSG_DONTWAIT);
    out.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return out;
  }
  // Until the end of file; adds a failure when the connection was reset.
  std::string client_reads_to_end() {
    std::string out;
    char part[4096];
    while (wait_for(client.get(), POLLIN)) {
      const auto n = recv(client.get(), part, sizeof part, 0);
      EXPECT_GE(n, 0) << strerror(errno);
      if (n <= 0) return out;
      out.append(part, static_cast<std::size_t>(n));
    }
    ADD_FAILURE() << "no end of file";
    return out;
  }
  void client_shuts_down() { shutdown(client.get(), SHUT_WR); }
  void client_resets() {
    const linger now{1, 0};
    setsockopt(client.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    client.reset();
    wait_for(server.get(), POLLIN);
  }
};

inline void set_nonblocking(int fd) {
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

inline SessionPair unix_pair(std::string_view name) {
  int fds[2] = {-1, -1};
  EXPECT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds));
  set_nonblocking(fds[1]);
  return {UniqueFd(fds[0]), UniqueFd(fds[1]), find_builtin(name)->open()};
}

inline SessionPair tcp_pair(std::string_view name) {
  UniqueFd listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  EXPECT_EQ(0, bind(listener.get(), generic, size));
  EXPECT_EQ(0, listen(listener.get(), 1));
  EXPECT_EQ(0, getsockname(listener.get(), generic, &size));
  UniqueFd client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(0, connect(client.get(), generic, size));
  UniqueFd server(accept(listener.get(), nullptr, nullptr));
  EXPECT_TRUE(server.is_open());
  set_nonblocking(server.get());
  return {std::move(client), std::move(server), find_builtin(name)->open()};
}

// `size` bytes in which every position can be told from its neighbours.
inline std::string numbered_bytes(std::size_t size) {
  std::string out(size, '\0');
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<char>(i * 31 + i / 251);
  return out;
}

}  // namespace uvinetd
