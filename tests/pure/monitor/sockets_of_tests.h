// SPDX-License-Identifier: ISC
// Socket specs and a place for Unix paths.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "core/base/address.h"
#include "core/base/unique_fd.h"
#include "core/config/service_spec.h"

namespace uvinetd::test {

inline ListenSpec ip_spec(SocketKind kind, const std::string& host, std::uint16_t port,
                          IpFamily family = IpFamily::V4) {
  ListenSpec out;
  out.kind = kind;
  out.host = host;
  out.port = port;
  out.family = family;
  return out;
}

inline ListenSpec unix_spec(SocketKind kind, const std::string& path) {
  ListenSpec out;
  out.kind = kind;
  out.path = path;
  return out;
}

inline bool has_v6() {
  const UniqueFd fd(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto address = *SocketAddress::parse_ip("::1", 0);
  return fd.is_open() && bind(fd.get(), address.data(), address.size()) == 0;
}

inline bool connects_to(const std::string& path, int type) {
  const UniqueFd fd(socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
  const auto address = *SocketAddress::unix_path(path);
  return connect(fd.get(), address.data(), address.size()) == 0;
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

}  // namespace uvinetd::test
