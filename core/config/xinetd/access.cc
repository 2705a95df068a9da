// SPDX-License-Identifier: ISC
#include "core/config/xinetd/access.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/base/address.h"
#include "core/config/access_rule.h"
#include "core/config/access_time.h"
#include "core/config/field_reader.h"
#include "core/config/quote.h"
#include "core/config/xinetd/text.h"

namespace uvinetd::xinetd {
namespace {

constexpr std::string_view kEverybodyV6 = "::/0";

using Clients = std::vector<std::string>;

Clients bad(const Field& field, Reporter& report, const char* hint = "") {
  report.error(field.at, "access", "bad client " + quoted(field.text), hint);
  return {};
}

// Clears all bits of an address but the first `bits`.
void keep_bits(std::span<std::uint8_t> octets, unsigned bits) {
  for (auto& octet : octets) {
    const unsigned kept = std::min(bits, 8U);
    octet = static_cast<std::uint8_t>(octet & (0xff00U >> kept));
    bits -= kept;
  }
}

std::string v4_network(in_addr address, unsigned bits) {
  keep_bits({reinterpret_cast<std::uint8_t*>(&address), sizeof address}, bits);
  const auto text = ipv4_text(&address);
  return bits == 32 ? text : fmt::format("{}/{}", text, bits);
}

std::string v6_network(in6_addr address, unsigned bits) {
  keep_bits(address.s6_addr, bits);
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(AF_INET6, &address, text, sizeof text);
  return bits == 128 ? std::string(text) : fmt::format("{}/{}", text, bits);
}

// `address/bits`
Clients read_network(const Field& field, std::size_t slash, Reporter& report) {
  const std::string host = field.text.substr(0, slash);
  const std::string_view bits_text = std::string_view(field.text).substr(slash + 1);
  in_addr v4{};
  in6_addr v6{};
  const bool is_v4 = inet_pton(AF_INET, host.c_str(), &v4) == 1;
  const bool is_v6 = !is_v4 && inet_pton(AF_INET6, host.c_str(), &v6) == 1;
  const auto bits = parse_number(bits_text, is_v4 ? 32 : 128);
  if (!bits || (!is_v4 && !is_v6)) return bad(field, report, "as in 10.0.0.0/8 or 2001:db8::/32");
  if (is_v4) return {v4_network(v4, *bits)};
  if (*bits == 128) {
    report.warning(field.at, "xinetd-differs",
                   quoted(field.text) + " is one address here: xinetd never finds it");
  }
  return {v6_network(v6, *bits)};
}

// `a.b.{c,d}`: the last octet has several values, and those after it any.
Clients read_braces(const Field& field, std::size_t brace, Reporter& report) {
  constexpr const char* kHint = "as in 10.1.{2,3}";
  const std::string_view text = field.text;
  const bool ends_octet = brace == 0 || text[brace - 1] == '.';
  if (!ends_octet || !text.ends_with('}')) return bad(field, report, kHint);
  const auto prefix = text.substr(0, brace);
  const auto octets = 1 + static_cast<unsigned>(std::count(prefix.begin(), prefix.end(), '.'));
  std::string zeros;
  for (auto i = octets; i < 4; ++i) zeros += ".0";
  Clients out;
  auto rest = text.substr(brace + 1, text.size() - brace - 2);
  for (;;) {
    const auto comma = rest.find(',');
    const auto octet = rest.substr(0, comma);
    in_addr address{};
    const auto whole = fmt::format("{}{}{}", prefix, octet, zeros);
    if (octets > 4 || !parse_number(octet, 255) ||
        inet_pton(AF_INET, whole.c_str(), &address) != 1) {
      return bad(field, report, kHint);
    }
    out.push_back(v4_network(address, octets * 8));
    if (comma == std::string_view::npos) return out;
    rest.remove_prefix(comma + 1);
  }
}

// Zeros on the right stand for anything.
Clients read_v4(in_addr address) {
  std::array<std::uint8_t, 4> octets{};
  std::copy_n(reinterpret_cast<const std::uint8_t*>(&address), octets.size(), octets.begin());
  unsigned bits = 32;
  while (bits > 0 && octets[bits / 8 - 1] == 0) bits -= 8;
  if (bits == 0) return {std::string(kEverybody), std::string(kEverybodyV6)};
  return {v4_network(address, bits)};
}

Clients read_v6(in6_addr address, const Field& field, Reporter& report) {
  if (!IN6_IS_ADDR_UNSPECIFIED(&address)) return {v6_network(address, 128)};
  report.warning(field.at, "xinetd-differs",
                 quoted(field.text) + " is every IPv6 client here: xinetd finds none", "::/0");
  return {std::string(kEverybodyV6)};
}

}  // namespace

std::vector<std::string> read_clients(const Field& field, Reporter& report) {
  const auto& text = field.text;
  const auto brace = text.find('{');
  if (brace != std::string::npos) return read_braces(field, brace, report);
  const auto slash = text.find('/');
  if (slash != std::string::npos) return read_network(field, slash, report);
  in_addr v4{};
  if (inet_pton(AF_INET, text.c_str(), &v4) == 1) return read_v4(v4);
  in6_addr v6{};
  if (inet_pton(AF_INET6, text.c_str(), &v6) == 1) return read_v6(v6, field, report);
  const auto rule = parse_access_rule(text);
  using Kind = AccessRule::Kind;
  if (rule && (rule->kind == Kind::Host || rule->kind == Kind::Domain)) {
    return {print_access_rule(*rule)};
  }
  return bad(field, report, "an address, a network, a host or .domain");
}

bool check_access_time(const Field& field, Reporter& report) {
  const auto range = parse_access_time(field.text);
  if (!range) {
    return report.error(field.at, "access-time", "bad time " + quoted(field.text), kAccessTimeHint);
  }
  if (range->begin > range->end) {
    report.warning(field.at, "xinetd-differs",
                   quoted(field.text) + " runs past midnight: xinetd leaves the service out");
  } else if (range->end == kMinutesOfDay) {
    report.warning(field.at, "xinetd-differs",
                   "the day ends at 24:00: xinetd leaves the service out");
  }
  return true;
}

}  // namespace uvinetd::xinetd
