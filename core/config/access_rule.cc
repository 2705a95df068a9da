// SPDX-License-Identifier: ISC
#include "core/config/access_rule.h"
#include "core/base/words.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstring>
#include <optional>
#include <span>
#include <utility>

namespace uvinetd {
namespace {

using Kind = AccessRule::Kind;

constexpr unsigned kMappedBits = 96;  // of ::ffff:0:0/96
constexpr const char* kNotAnAddress = "is no address and no network";

tl::unexpected<Error> bad(const char* what, std::string hint = {}) {
  return tl::unexpected(Error{what, std::move(hint), 0});
}

std::optional<unsigned> parse_bits(std::string_view text, unsigned most) {
  unsigned bits = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
  if (error != std::errc() || end != text.data() + text.size() || bits > most) return {};
  return bits;
}

// Clears the bits behind the first `bits`. True: some were set.
bool clear_behind(std::span<std::uint8_t> octets, unsigned bits) {
  bool was_set = false;
  for (auto& octet : octets) {
    const unsigned kept = std::min(bits, 8U);
    const auto cleared = static_cast<std::uint8_t>(octet & (0xff00U >> kept));
    was_set = was_set || cleared != octet;
    octet = cleared;
    bits -= kept;
  }
  return was_set;
}

Result<AccessRule> finish(AddressPrefix network, unsigned bits) {
  AccessRule out;
  constexpr std::uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  auto& octets = network.octets;
  if (network.is_v6 && std::memcmp(octets.data(), kMapped, sizeof kMapped) == 0) {
    if (bits < kMappedBits) {
      return bad("is a network of IPv6 that holds mapped IPv4 addresses", "write 0.0.0.0/0");
    }
    std::copy(octets.begin() + 12, octets.end(), octets.begin());
    std::fill(octets.begin() + 4, octets.end(), std::uint8_t{0});
    network.is_v6 = false;
    bits -= kMappedBits;
  }
  const std::size_t size = network.is_v6 ? 16 : 4;
  out.has_stray_bits = clear_behind(std::span(octets).first(size), bits);
  network.bits = static_cast<std::uint8_t>(bits);
  out.network = network;
  return out;
}

Result<AccessRule> parse_address(std::string_view text) {
  const auto slash = text.find('/');
  const std::string host(text.substr(0, slash));
  if (host.find('%') != std::string::npos) {
    return bad("has a zone, which no rule can have", "interface:NAME is a rule of its own");
  }
  AddressPrefix network;
  const bool is_v4 = inet_pton(AF_INET, host.c_str(), network.octets.data()) == 1;
  if (!is_v4 && inet_pton(AF_INET6, host.c_str(), network.octets.data()) != 1) {
    return bad(kNotAnAddress, "as in 10.0.0.0/8, 192.0.2.1 or 2001:db8::/32");
  }
  network.is_v6 = !is_v4;
  const unsigned most = is_v4 ? 32 : 128;
  if (slash == std::string_view::npos) return finish(network, most);
  const auto bits = parse_bits(text.substr(slash + 1), most);
  if (!bits) return bad("has a prefix of the wrong length", fmt::format("0 to {} bits", most));
  return finish(network, *bits);
}

bool is_word(std::string_view text, std::size_t longest) {
  const auto is_good = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte != 0x7f && c != '/';
  };
  return !text.empty() && text.size() <= longest && std::all_of(text.begin(), text.end(), is_good);
}

// RFC 1123, and the underscore that people use all the same.
bool is_host_name(std::string_view text) {
  constexpr std::size_t kLongestName = 253;
  constexpr std::size_t kLongestLabel = 63;
  if (text.empty() || text.size() > kLongestName) return false;
  for (;;) {
    const auto dot = text.find('.');
    const auto label = text.substr(0, dot);
    const auto is_good = [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
    };
    if (label.empty() || label.size() > kLongestLabel || label.front() == '-' ||
        label.back() == '-' || !std::all_of(label.begin(), label.end(), is_good)) {
      return false;
    }
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

Result<AccessRule> named(Kind kind, std::string_view name) {
  AccessRule out;
  out.kind = kind;
  out.name = name;
  return out;
}

Result<AccessRule> parse_host(std::string_view text) {
  auto name = lower(text);
  const bool is_domain = name.starts_with('.');
  if (is_domain) name.erase(0, 1);
  if (name.ends_with('.')) name.pop_back();  // the root is meant anyhow
  const bool is_numeric = name.find_first_not_of("0123456789.") == std::string::npos;
  if (is_numeric) return bad(kNotAnAddress, "as in 10.0.0.0/8");
  if (!is_host_name(name)) return bad("is no address and no name of a host");
  return named(is_domain ? Kind::Domain : Kind::Host, name);
}

// `user:alice` and the like; nullopt: none of them.
std::optional<Result<AccessRule>> parse_prefixed(std::string_view text) {
  constexpr std::size_t kLongestInterface = 15;  // IFNAMSIZ with its end
  constexpr std::size_t kLongestUser = 255;
  constexpr std::size_t kLongestPath = 4095;
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return {};
  const auto word = text.substr(0, colon);
  const auto rest = text.substr(colon + 1);
  if (word == "interface") {
    if (is_word(rest, kLongestInterface)) return named(Kind::Interface, rest);
    return bad("names no interface", "as in interface:eth0");
  }
  if (word == "user" || word == "group") {
    if (is_word(rest, kLongestUser)) return named(word == "user" ? Kind::User : Kind::Group, rest);
    return bad("names nobody", "as in user:alice or group:staff");
  }
  if (word == "file") {
    const bool is_path = rest.starts_with('/') && rest.size() <= kLongestPath &&
                         rest.find('\0') == std::string_view::npos;
    if (is_path) return named(Kind::File, rest);
    return bad("names no file by its whole path", "as in file:/etc/uvinetd/friends");
  }
  return {};
}

}  // namespace

std::string AddressPrefix::text() const {
  char address[INET6_ADDRSTRLEN] = "";
  inet_ntop(is_v6 ? AF_INET6 : AF_INET, octets.data(), address, sizeof address);
  if (bits == (is_v6 ? 128 : 32)) return address;
  return fmt::format("{}/{}", address, bits);
}

Result<AccessRule> parse_access_rule(std::string_view text) {
  if (text.empty()) return bad("is empty");
  if (text.find('\0') != std::string_view::npos) return bad("has a byte that is 0");
  if (auto rule = parse_prefixed(text)) return std::move(*rule);
  // Names have no colons and no slashes.
  const bool looks_numeric = text.find_first_not_of("0123456789./") == std::string_view::npos;
  if (looks_numeric || text.find_first_of(":/") != std::string_view::npos) {
    return parse_address(text);
  }
  return parse_host(text);
}

std::string print_access_rule(const AccessRule& rule) {
  switch (rule.kind) {
    case Kind::Address:
      return rule.network.text();
    case Kind::Interface:
      return "interface:" + rule.name;
    case Kind::User:
      return "user:" + rule.name;
    case Kind::Group:
      return "group:" + rule.name;
    case Kind::Host:
      return rule.name;
    case Kind::Domain:
      return "." + rule.name;
    case Kind::File:
      return "file:" + rule.name;
  }
  return {};
}

}  // namespace uvinetd
