// SPDX-License-Identifier: ISC
// Sockets of this host for the tests of the reactor.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "core/base/address.h"
#include "core/base/unique_fd.h"
#include "tests/pure/spawn/eventually.h"

namespace uvinetd::test {

inline UniqueFd make_socket(int family, int type) {
  UniqueFd fd(socket(family, type | SOCK_CLOEXEC, 0));
  EXPECT_TRUE(fd.is_open());
  return fd;
}

// Bound to a port of 127.0.0.1 that was asked for by number, as the daemon does: what the system
// picks itself it also takes back.
inline UniqueFd bound_ip_socket(int type) {
  for (int tries = 0; tries < 20; ++tries) {
    auto any = make_socket(AF_INET, type);
    auto address = *SocketAddress::parse_ip("127.0.0.1", 0);
    EXPECT_EQ(bind(any.get(), address.data(), address.size()), 0);
    address = *SocketAddress::local_of(any.get());
    any.reset();
    auto fd = make_socket(AF_INET, type);
    const int on = 1;
    if (type == SOCK_STREAM) setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd.get(), address.data(), address.size()) == 0) return fd;
  }
  ADD_FAILURE() << "no free port";
  return {};
}

inline UniqueFd connected_to(int fd, int type) {
  const auto address = *SocketAddress::local_of(fd);
  auto client = make_socket(address.family(), type);
  if (connect(client.get(), address.data(), address.size()) != 0) client.reset();
  return client;
}

inline bool send_text(int fd, std::string_view text) {
  return send(fd, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
}

inline bool wait_for_input(int fd) {
  pollfd one{fd, POLLIN, 0};
  return poll(&one, 1, static_cast<int>(deadline().count())) == 1;
}

// What is there now; "" when nothing is.
inline std::string receive_text(int fd) {
  char bytes[4096];
  const auto size = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
  return size > 0 ? std::string(bytes, static_cast<std::size_t>(size)) : std::string();
}

// A directory that goes with its contents.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    char name[] = "/tmp/uvinetd-test-XXXXXX";
    path_ = mkdtemp(name);
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline UniqueFd bound_unix_socket(int type, const std::string& path) {
  auto fd = make_socket(AF_UNIX, type);
  const auto address = *SocketAddress::unix_path(path);
  EXPECT_EQ(bind(fd.get(), address.data(), address.size()), 0);
  return fd;
}

inline std::size_t open_descriptors() {
  const std::filesystem::directory_iterator list("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(list), end(list)));
}

}  // namespace uvinetd::test
