// SPDX-License-Identifier: ISC
// Source  "The PROXY protocol, versions 1 & 2" (Willy Tarreau), sections 2.1 and 2.2.
#include "core/reactor/relay/proxy_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>

namespace uvinetd {
namespace {

using State = ProxyHeader::State;

constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::string_view kWord = "PROXY ";
constexpr std::string_view kLineEnd = "\r\n";
constexpr std::size_t kFixedBytes = 16;  // of version 2: signature, command, family, length

constexpr unsigned kVersion2 = 2;
constexpr unsigned kLocal = 0;
constexpr unsigned kProxy = 1;
constexpr unsigned kUnspecified = 0;
constexpr unsigned kInet = 1;
constexpr unsigned kInet6 = 2;
constexpr unsigned kUnix = 3;
constexpr unsigned kStream = 1;
constexpr std::size_t kInetBytes = 12;
constexpr std::size_t kInet6Bytes = 36;
constexpr std::size_t kUnixBytes = 216;

bool is_start_of(std::string_view bytes, std::string_view whole) {
  const auto size = std::min(bytes.size(), whole.size());
  return bytes.substr(0, size) == whole.substr(0, size);
}

unsigned byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

// ---- version 1 -------------------------------------------------------------------------------

// What stands before the next space, and the space, are taken off; without a space all is taken.
std::string_view take_word(std::string_view& rest) {
  const auto space = rest.find(' ');
  const auto word = rest.substr(0, space);
  rest = space == std::string_view::npos ? std::string_view() : rest.substr(space + 1);
  return word;
}

std::optional<std::uint16_t> read_port(std::string_view word) {
  std::uint16_t port = 0;
  const auto* const end = word.data() + word.size();
  const auto [at, code] = std::from_chars(word.data(), end, port);
  const bool has_zeros = word.size() > 1 && word.front() == '0';
  if (word.empty() || has_zeros || code != std::errc() || at != end) return std::nullopt;
  return port;
}

std::optional<SocketAddress> read_address(int family, std::string_view host,
                                          std::string_view port) {
  const auto number = read_port(port);
  if (!number || host.find('%') != std::string_view::npos) return std::nullopt;
  auto address = SocketAddress::parse_ip(host, *number);
  if (!address || address->family() != family) return std::nullopt;
  return address;
}

ProxyHeader read_line(std::string_view line, std::size_t size) {
  line.remove_prefix(kWord.size());
  const auto family = take_word(line);
  if (family == "UNKNOWN") return {State::Complete, size, {}, {}};
  if (family != "TCP4" && family != "TCP6") return {};
  std::array<std::string_view, 4> words;
  for (auto& word : words) word = take_word(line);
  if (!line.empty()) return {};
  const int number = family == "TCP4" ? AF_INET : AF_INET6;
  const auto peer = read_address(number, words[0], words[2]);
  const auto local = read_address(number, words[1], words[3]);
  if (!peer || !local) return {};
  return {State::Complete, size, *peer, *local};
}

ProxyHeader parse_line(std::string_view bytes) {
  const auto window = bytes.substr(0, ProxyHeader::kLongestLine);
  const auto end = window.find(kLineEnd);
  if (end != std::string_view::npos) {
    return end < kWord.size() ? ProxyHeader()
                              : read_line(window.substr(0, end), end + kLineEnd.size());
  }
  if (bytes.size() >= ProxyHeader::kLongestLine) return {};
  return {State::Incomplete, 0, {}, {}};
}

// ---- version 2 -------------------------------------------------------------------------------

SocketAddress inet_address(std::string_view host, std::string_view port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  std::memcpy(&address.sin_addr, host.data(), sizeof address.sin_addr);
  std::memcpy(&address.sin_port, port.data(), sizeof address.sin_port);
  return {reinterpret_cast<const sockaddr*>(&address), sizeof address};
}

SocketAddress inet6_address(std::string_view host, std::string_view port) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  std::memcpy(&address.sin6_addr, host.data(), sizeof address.sin6_addr);
  std::memcpy(&address.sin6_port, port.data(), sizeof address.sin6_port);
  return {reinterpret_cast<const sockaddr*>(&address), sizeof address};
}

// `rest`: what the length covers; behind the addresses there may be more to say, which we need not
// know.
ProxyHeader read_addresses(unsigned family, unsigned transport, std::string_view rest,
                           std::size_t size) {
  ProxyHeader unknown{State::Complete, size, {}, {}};
  if (family == kUnspecified || transport == kUnspecified) return unknown;
  if (transport != kStream) return {};
  switch (family) {
    case kInet:
      if (rest.size() < kInetBytes) return {};
      return {State::Complete, size, inet_address(rest.substr(0, 4), rest.substr(8, 2)),
              inet_address(rest.substr(4, 4), rest.substr(10, 2))};
    case kInet6:
      if (rest.size() < kInet6Bytes) return {};
      return {State::Complete, size, inet6_address(rest.substr(0, 16), rest.substr(32, 2)),
              inet6_address(rest.substr(16, 16), rest.substr(34, 2))};
    case kUnix:
      return rest.size() < kUnixBytes ? ProxyHeader() : unknown;
    default:
      return {};
  }
}

ProxyHeader parse_binary(std::string_view bytes) {
  if (bytes.size() < kFixedBytes) return {State::Incomplete, 0, {}, {}};
  const unsigned command = byte_at(bytes, 12);
  const unsigned kind = byte_at(bytes, 13);
  const std::size_t length = byte_at(bytes, 14) << 8U | byte_at(bytes, 15);
  const auto size = kFixedBytes + length;
  const bool is_known = command >> 4U == kVersion2 && (command & 15U) <= kProxy;
  if (!is_known || size > ProxyHeader::kLongest) return {};
  if (bytes.size() < size) return {State::Incomplete, 0, {}, {}};
  if ((command & 15U) == kLocal) return {State::Complete, size, {}, {}};
  return read_addresses(kind >> 4U, kind & 15U, bytes.substr(kFixedBytes, length), size);
}

// ---- printing --------------------------------------------------------------------------------

// An IPv4 address as such, also where it came through an IPv6 socket; without a scope.
std::optional<SocketAddress> plain(const SocketAddress& address) {
  if (!address.is_ip()) return std::nullopt;
  const auto host = address.host();
  return SocketAddress::parse_ip(std::string_view(host).substr(0, host.find('%')), address.port());
}

std::string print_line(const SocketAddress& peer, const SocketAddress& local) {
  return fmt::format("PROXY {} {} {} {} {}\r\n", peer.family() == AF_INET ? "TCP4" : "TCP6",
                     peer.host(), local.host(), peer.port(), local.port());
}

std::string_view raw(const void* data, std::size_t size) {
  return {static_cast<const char*>(data), size};
}

// `family` 0: without addresses.
std::string print_binary(unsigned family, std::string_view addresses) {
  std::string out(kSignature);
  out += static_cast<char>(kVersion2 << 4U | kProxy);
  out += static_cast<char>(family == kUnspecified ? 0 : family << 4U | kStream);
  out += '\0';
  out += static_cast<char>(addresses.size());
  return out.append(addresses);
}

std::string print_binary(const SocketAddress& peer, const SocketAddress& local) {
  std::string addresses;
  if (peer.family() == AF_INET) {
    const auto& from = *reinterpret_cast<const sockaddr_in*>(peer.data());
    const auto& to = *reinterpret_cast<const sockaddr_in*>(local.data());
    addresses.append(raw(&from.sin_addr, sizeof from.sin_addr));
    addresses.append(raw(&to.sin_addr, sizeof to.sin_addr));
    addresses.append(raw(&from.sin_port, sizeof from.sin_port));
    addresses.append(raw(&to.sin_port, sizeof to.sin_port));
    return print_binary(kInet, addresses);
  }
  const auto& from = *reinterpret_cast<const sockaddr_in6*>(peer.data());
  const auto& to = *reinterpret_cast<const sockaddr_in6*>(local.data());
  addresses.append(raw(&from.sin6_addr, sizeof from.sin6_addr));
  addresses.append(raw(&to.sin6_addr, sizeof to.sin6_addr));
  addresses.append(raw(&from.sin6_port, sizeof from.sin6_port));
  addresses.append(raw(&to.sin6_port, sizeof to.sin6_port));
  return print_binary(kInet6, addresses);
}

}  // namespace

ProxyHeader parse_proxy_header(std::string_view bytes) {
  if (is_start_of(bytes, kWord)) return parse_line(bytes);
  return is_start_of(bytes, kSignature) ? parse_binary(bytes) : ProxyHeader();
}

std::string print_proxy_header(ProxyForm form, const SocketAddress& peer,
                               const SocketAddress& local) {
  if (form == ProxyForm::None) return "";
  const auto from = plain(peer);
  const auto to = plain(local);
  const bool is_known = from && to && from->family() == to->family();
  if (form == ProxyForm::V1) return is_known ? print_line(*from, *to) : "PROXY UNKNOWN\r\n";
  return is_known ? print_binary(*from, *to) : print_binary(kUnspecified, "");
}

}  // namespace uvinetd
