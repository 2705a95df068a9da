// SPDX-License-Identifier: ISC
#include "core/base/address.h"

#include <arpa/inet.h>
#include <net/if.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstring>

namespace uvinetd {

SocketAddress::SocketAddress(const sockaddr* address, socklen_t size) noexcept {
  size_ = std::min<socklen_t>(size, sizeof storage_);
  std::memcpy(reinterpret_cast<char*>(&storage_), address, size_);
}

std::optional<SocketAddress> SocketAddress::parse_ip(std::string_view text, std::uint16_t port) {
  SocketAddress out;
  std::string copy(text);
  if (inet_pton(AF_INET, copy.c_str(), &out.v4_.sin_addr) == 1) {
    out.v4_.sin_family = AF_INET;
    out.v4_.sin_port = htons(port);
    out.size_ = sizeof out.v4_;
    return out;
  }
  const auto percent = copy.find('%');
  std::string scope;
  if (percent != std::string::npos) {
    scope = copy.substr(percent + 1);
    copy.resize(percent);
  }
  out = SocketAddress();
  if (inet_pton(AF_INET6, copy.c_str(), &out.v6_.sin6_addr) != 1) return std::nullopt;
  out.v6_.sin6_family = AF_INET6;
  out.v6_.sin6_port = htons(port);
  out.size_ = sizeof out.v6_;
  if (!scope.empty()) {
    out.v6_.sin6_scope_id = if_nametoindex(scope.c_str());
    if (out.v6_.sin6_scope_id == 0) return std::nullopt;
  }
  return out;
}

SocketAddress SocketAddress::any(int family, std::uint16_t port) {
  SocketAddress out;
  if (family == AF_INET) {
    out.v4_.sin_family = AF_INET;
    out.size_ = sizeof out.v4_;
  } else {
    out.v6_.sin6_family = AF_INET6;
    out.size_ = sizeof out.v6_;
  }
  out.set_port(port);
  return out;
}

std::optional<SocketAddress> SocketAddress::unix_path(std::string_view path) {
  SocketAddress out;
  if (path.empty() || path.size() >= sizeof out.unix_.sun_path) return std::nullopt;
  out.unix_.sun_family = AF_UNIX;
  std::memcpy(out.unix_.sun_path, path.data(), path.size());
  constexpr auto base = offsetof(sockaddr_un, sun_path);
  if (path[0] == '@') {
    out.unix_.sun_path[0] = '\0';
    out.size_ = static_cast<socklen_t>(base + path.size());
  } else {
    out.size_ = static_cast<socklen_t>(base + path.size() + 1);
  }
  return out;
}

std::optional<SocketAddress> SocketAddress::local_of(int fd) noexcept {
  SocketAddress out;
  socklen_t size = sizeof out.storage_;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&out.storage_), &size) != 0) return std::nullopt;
  out.size_ = std::min<socklen_t>(size, sizeof out.storage_);
  return out;
}

std::optional<SocketAddress> SocketAddress::peer_of(int fd) noexcept {
  SocketAddress out;
  socklen_t size = sizeof out.storage_;
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&out.storage_), &size) != 0) return std::nullopt;
  out.size_ = std::min<socklen_t>(size, sizeof out.storage_);
  return out;
}

std::uint16_t SocketAddress::port() const noexcept {
  if (family() == AF_INET) return ntohs(v4_.sin_port);
  if (family() == AF_INET6) return ntohs(v6_.sin6_port);
  return 0;
}

void SocketAddress::set_port(std::uint16_t port) noexcept {
  if (family() == AF_INET) v4_.sin_port = htons(port);
  if (family() == AF_INET6) v6_.sin6_port = htons(port);
}

std::string ipv4_text(const void* address) {
  unsigned char bytes[4];
  std::memcpy(bytes, address, sizeof bytes);
  char text[4 * 4];  // each number with its dot
  char* at = text;
  for (const unsigned char byte : bytes) {
    at = std::to_chars(at, at + 3, byte).ptr;
    *at++ = '.';
  }
  return {text, at - 1};
}

std::string SocketAddress::host() const {
  char buffer[INET6_ADDRSTRLEN] = "";
  if (family() == AF_INET) return ipv4_text(&v4_.sin_addr);
  if (family() == AF_INET6) {
    if (IN6_IS_ADDR_V4MAPPED(&v6_.sin6_addr)) return ipv4_text(v6_.sin6_addr.s6_addr + 12);
    inet_ntop(AF_INET6, &v6_.sin6_addr, buffer, sizeof buffer);
    if (v6_.sin6_scope_id != 0) {
      char name[IF_NAMESIZE] = "";
      const char* scope = if_indextoname(v6_.sin6_scope_id, name);
      return std::string(buffer) + "%" +
             (scope != nullptr ? scope : std::to_string(v6_.sin6_scope_id));
    }
  } else {
    return unix_path();
  }
  return buffer;
}

namespace {

// A client chooses the name that it is bound to: it must not look like an address, or like more
// than one word.
std::string path_text(const std::string& path) {
  if (path.empty()) return "-";
  std::string out = path[0] == '/' || path[0] == '@' ? "" : "./";
  for (const char c : path) {
    if (c == ' ') {
      out += "\\x20";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::string SocketAddress::text() const {
  if (family() == AF_INET) return host() + ":" + std::to_string(port());
  if (family() == AF_INET6) {
    const auto name = host();
    const bool bare = name.find(':') == std::string::npos;  // v4-mapped
    return (bare ? name : "[" + name + "]") + ":" + std::to_string(port());
  }
  return path_text(unix_path());
}

std::string SocketAddress::unix_path() const {
  constexpr auto base = offsetof(sockaddr_un, sun_path);
  if (family() != AF_UNIX || size_ <= base) return {};
  const std::size_t length = size_ - base;
  if (unix_.sun_path[0] == '\0') return "@" + std::string(unix_.sun_path + 1, length - 1);
  return std::string(unix_.sun_path, strnlen(unix_.sun_path, length));
}

SocketAddress SocketAddress::from_bytes(std::string_view bytes) noexcept {
  SocketAddress out;
  if (bytes.size() < sizeof(sa_family_t) || bytes.size() > sizeof out.storage_) return out;
  std::memcpy(&out.storage_, bytes.data(), bytes.size());
  out.size_ = static_cast<socklen_t>(bytes.size());
  return out;
}

std::optional<SocketAddress> SocketAddress::ip_from_bytes(std::string_view bytes) noexcept {
  const auto out = from_bytes(bytes);
  const auto whole = out.family() == AF_INET    ? sizeof(sockaddr_in)
                     : out.family() == AF_INET6 ? sizeof(sockaddr_in6)
                                                : 0;
  if (whole == 0 || bytes.size() != whole) return std::nullopt;
  return out;
}

}  // namespace uvinetd
