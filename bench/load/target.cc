// SPDX-License-Identifier: ISC
#include "bench/load/target.h"

#include <charconv>
#include <optional>
#include <utility>

namespace uvinetd::bench {
namespace {

struct Ports {
  std::uint16_t first = 0;
  std::uint16_t last = 0;
};

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, port);
  if (read.ec != std::errc() || read.ptr != end || port == 0) return std::nullopt;
  return port;
}

std::optional<Ports> parse_ports(std::string_view text) {
  const auto dash = text.find('-');
  const auto first = parse_port(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : parse_port(text.substr(dash + 1));
  if (!first || !last || *last < *first) return std::nullopt;
  return Ports{*first, *last};
}

// "HOST:PORTS", the host without brackets and only as a number: names are never resolved.
Result<std::vector<Target>> parse_ip_targets(std::string_view text, std::string_view rest,
                                             bool is_datagram) {
  const auto colon = rest.rfind(':');
  if (colon == std::string_view::npos)
    return fail("an address needs a port, as in tcp://127.0.0.1:8001:", std::string(text), 0);
  auto host = rest.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  const auto ports = parse_ports(rest.substr(colon + 1));
  if (!ports) return fail("not a port or range of ports from 1 to 65535:", std::string(text), 0);
  std::vector<Target> out;
  for (unsigned port = ports->first; port <= ports->last; ++port) {
    const auto address = SocketAddress::parse_ip(host, static_cast<std::uint16_t>(port));
    if (!address) return fail("not a numeric IPv4 or [IPv6] address:", std::string(text), 0);
    out.push_back({*address, is_datagram});
  }
  return out;
}

std::optional<std::string_view> without(std::string_view prefix, std::string_view text) {
  if (text.substr(0, prefix.size()) != prefix) return std::nullopt;
  return text.substr(prefix.size());
}

}  // namespace

Result<std::vector<Target>> parse_targets(std::string_view text) {
  if (const auto rest = without("tcp://", text)) return parse_ip_targets(text, *rest, false);
  if (const auto rest = without("udp://", text)) return parse_ip_targets(text, *rest, true);
  auto path = without("unix://", text);
  if (!path) path = without("unix:", text);
  if (!path) return fail("an address begins with tcp://, udp:// or unix://:", std::string(text), 0);
  const auto address = SocketAddress::unix_path(*path);
  if (!address) return fail("the path is empty or too long:", std::string(text), 0);
  return std::vector<Target>{{*address, false}};
}

const Target& TargetDeck::next() {
  if (at_ == 0 && targets_.size() > 1) shuffle();
  const Target& out = targets_[at_];
  at_ = (at_ + 1) % targets_.size();
  return out;
}

// Fisher and Yates, by the generator of Marsaglia, "Xorshift RNGs" (2003).
void TargetDeck::shuffle() {
  for (std::size_t left = targets_.size(); left > 1; --left) {
    random_ ^= random_ << 13;
    random_ ^= random_ >> 7;
    random_ ^= random_ << 17;
    std::swap(targets_[left - 1], targets_[static_cast<std::size_t>(random_ % left)]);
  }
}

}  // namespace uvinetd::bench
