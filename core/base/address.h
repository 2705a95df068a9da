// SPDX-License-Identifier: ISC
// A socket address of any family we serve: IPv4, IPv6, Unix (path or abstract).
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace uvinetd {

class SocketAddress {
 public:
  SocketAddress() noexcept = default;
  SocketAddress(const sockaddr* address, socklen_t size) noexcept;

  // A numeric address ("127.0.0.1", "::1", "fe80::1%eth0"); never resolves names.
  static std::optional<SocketAddress> parse_ip(std::string_view text, std::uint16_t port);
  static SocketAddress any(int family, std::uint16_t port);  // AF_INET or AF_INET6
  // `path` may begin with '@' for Linux's abstract names. nullopt when too long or empty.
  static std::optional<SocketAddress> unix_path(std::string_view path);
  // The local or remote end of a socket; nullopt when there is none.
  static std::optional<SocketAddress> local_of(int fd) noexcept;
  static std::optional<SocketAddress> peer_of(int fd) noexcept;

  [[nodiscard]] int family() const noexcept { return storage_.ss_family; }
  [[nodiscard]] bool is_ip() const noexcept { return family() == AF_INET || family() == AF_INET6; }
  [[nodiscard]] std::uint16_t port() const noexcept;  // 0 for Unix
  void set_port(std::uint16_t port) noexcept;
  [[nodiscard]] std::string host() const;       // "127.0.0.1", "::1", or the path; v4-mapped as v4
  [[nodiscard]] std::string text() const;       // "127.0.0.1:21", "[::1]:21", "/run/x", "@x", "-"
  [[nodiscard]] std::string unix_path() const;  // "" when not Unix or unnamed
  [[nodiscard]] const sockaddr* data() const noexcept {
    return reinterpret_cast<const sockaddr*>(&storage_);
  }
  [[nodiscard]] socklen_t size() const noexcept { return size_; }
  [[nodiscard]] std::string_view bytes() const noexcept {
    return {reinterpret_cast<const char*>(&storage_), size_};
  }
  // Inverse of bytes(); an empty or oversized input gives an unset address.
  static SocketAddress from_bytes(std::string_view bytes) noexcept;
  // The same of an IPv4 or IPv6 address that is neither short nor long, from whoever; else nullopt.
  static std::optional<SocketAddress> ip_from_bytes(std::string_view bytes) noexcept;
  friend bool operator==(const SocketAddress& a, const SocketAddress& b) noexcept {
    return a.bytes() == b.bytes();
  }

 private:
  union {
    sockaddr_storage storage_{};
    sockaddr_un unix_;
    sockaddr_in v4_;
    sockaddr_in6 v6_;
  };
  socklen_t size_ = 0;
};

// "127.0.0.1" of four bytes in network order. inet_ntop(3) prints them with sprintf, and each start
// of a server and each line of a long configuration asks.
[[nodiscard]] std::string ipv4_text(const void* address);

}  // namespace uvinetd
