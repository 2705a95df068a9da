// SPDX-License-Identifier: ISC
#include "core/config/service_field.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>

#include "core/base/address.h"
#include "core/config/quote.h"
#include "core/config/suggest.h"

namespace uvinetd {
namespace {

constexpr std::size_t kMostAddresses = 64;

bool is_name_byte(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.' || c == '_';
}

std::string canonical_v6(const in6_addr& address) {
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(AF_INET6, &address, text, sizeof text);
  return text;
}

// `text` as a v6 literal, with or without %zone. The zone stays as written: whether such an
// interface exists is for the bind to find out.
std::optional<BindAddress> read_v6(const std::string& text) {
  const auto percent = text.find('%');
  in6_addr address{};
  if (inet_pton(AF_INET6, text.substr(0, percent).c_str(), &address) != 1) return std::nullopt;
  const std::string zone = percent == std::string::npos ? "" : text.substr(percent);
  const auto is_zone_byte = [](char c) { return is_name_byte(c) || c == '@' || c == ':'; };
  if (zone.size() == 1 ||
      (zone.size() > 1 && !std::all_of(zone.begin() + 1, zone.end(), is_zone_byte))) {
    return std::nullopt;
  }
  if (IN6_IS_ADDR_V4MAPPED(&address)) {
    return BindAddress{BindAddress::Form::V4, ipv4_text(&address.s6_addr[12]), {}};
  }
  if (IN6_IS_ADDR_UNSPECIFIED(&address)) return BindAddress{BindAddress::Form::V6, "", {}};
  return BindAddress{BindAddress::Form::V6, canonical_v6(address) + zone, {}};
}

std::optional<BindAddress> read_address(const Field& field, Reporter& report) {
  std::string text = field.text;
  const bool has_brackets = text.size() >= 2 && text.front() == '[' && text.back() == ']';
  if (has_brackets) text = text.substr(1, text.size() - 2);
  if (!has_brackets && (text.empty() || text == "*")) return BindAddress{};
  in_addr v4{};
  if (!has_brackets && inet_pton(AF_INET, text.c_str(), &v4) == 1) {
    const bool is_any = v4.s_addr == htonl(INADDR_ANY);
    return BindAddress{BindAddress::Form::V4, is_any ? "" : ipv4_text(&v4), {}};
  }
  if (auto v6 = read_v6(text)) return v6;
  const bool is_numeric = text.find_first_not_of("0123456789.") == std::string::npos;
  if (has_brackets || is_numeric || text.size() > 253 ||
      !std::all_of(text.begin(), text.end(), is_name_byte)) {
    report.error(field.at, "address", "bad address " + quoted(field.text));
    return std::nullopt;
  }
  return BindAddress{BindAddress::Form::Name, text, {}};
}

// `:user:group:mode:/path`
bool read_path_owner(const Field& field, Reporter& report, ServiceField& out) {
  std::size_t begin = 1;
  Field parts[3];
  for (auto& part : parts) {
    const auto end = field.text.find(':', begin);
    if (end == std::string::npos || field.text.find('/', begin) < end) {
      return report.error(field.at, "socket-owner",
                          "bad owner of a Unix socket in " + quoted(field.text),
                          ":user:group:mode:/path");
    }
    part = field.part(begin, end - begin);
    begin = end + 1;
  }
  out.node.user = parts[0].text;
  out.node.group = parts[1].text;
  out.name = field.part(begin);
  const auto& mode = parts[2].text;
  if (mode.empty()) return true;
  unsigned value = 0;
  const auto [end, error] = std::from_chars(mode.data(), mode.data() + mode.size(), value, 8);
  if (error != std::errc() || end != mode.data() + mode.size() || value > 0777) {
    return report.error(parts[2].at, "socket-mode", "bad mode " + quoted(mode),
                        "octal permission bits, as 0660");
  }
  out.node.mode = value;
  return true;
}

std::optional<ServiceField> read_path(const Field& field, Reporter& report) {
  constexpr std::size_t kLongestPath = 103;  // sun_path of the smallest system, less the NUL
  ServiceField out;
  out.name = field;
  const bool has_owner = field.text.starts_with(':');
  if (has_owner && !read_path_owner(field, report, out)) return std::nullopt;
  const auto& path = out.name.text;
  const bool is_abstract = path.starts_with('@') && path.size() > 1 && !has_owner;
  if (!path.starts_with('/') && !is_abstract) {
    report.error(out.name.at, "socket-path",
                 "a unix service needs an absolute path, not " + quoted(path));
    return std::nullopt;
  }
  if (path.size() > kLongestPath || path.back() == '/') {
    report.error(out.name.at, "socket-path", "bad path of a socket " + quoted(path),
                 path.back() == '/' ? "" : "103 bytes at most");
    return std::nullopt;
  }
  return out;
}

std::optional<std::uint32_t> read_version(const Field& field, Reporter& report) {
  const auto version = parse_number(field.text, UINT32_MAX);
  if (!version) report.error(field.at, "rpc", "bad version " + quoted(field.text), "name/low-high");
  return version;
}

// `program/low-high`, `program/version`, `program`
bool read_rpc_program(const Field& field, Reporter& report, RpcProgram& out) {
  const auto slash = field.text.find('/');
  out.name = field.text.substr(0, slash);
  if (out.name.empty()) return report.error(field.at, "rpc", "the RPC program is empty");
  if (slash == std::string::npos) return true;
  const Field versions = field.part(slash + 1);
  const auto dash = versions.text.find('-');
  const auto low = read_version(versions.part(0, dash), report);
  if (!low) return false;
  const auto high = dash == std::string::npos ? low : read_version(versions.part(dash + 1), report);
  if (!high) return false;
  out.low_version = *low;
  out.high_version = *high;
  if (*low <= *high) return true;
  return report.error(versions.at, "rpc", "the versions " + quoted(versions.text) + " are none",
                      "the lower one first");
}

// Its port, or 0 for any with the program that is told about it. nullopt: reported.
std::optional<std::uint16_t> read_port_or_program(const Field& field, SocketKind kind, bool is_rpc,
                                                  FieldContext& context, ServiceSpec& spec) {
  if (!is_rpc) return read_port(field, kind, context);
  RpcProgram program;
  if (!read_rpc_program(field, context.report, program)) return std::nullopt;
  spec.more.edit().rpc = std::move(program);
  return std::uint16_t{0};
}

// The sockets for one address. Empty: the address is not of the protocol's family.
std::vector<IpFamily> families_of(const BindAddress& address, Protocol::Family family,
                                  Dialect dialect) {
  using Family = Protocol::Family;
  switch (address.form) {
    case BindAddress::Form::V4:
      if (family == Family::V6) return {};
      return {IpFamily::V4};
    case BindAddress::Form::V6:
      if (family == Family::V4) return {};
      if (family == Family::Dual && address.host.empty()) return {IpFamily::Dual};
      return {IpFamily::V6};
    case BindAddress::Form::Any:
    case BindAddress::Form::Name:
      break;
  }
  switch (family) {
    case Family::Plain:
      if (dialect == Dialect::Debian) return {IpFamily::V4, IpFamily::V6};
      return {IpFamily::V4};
    case Family::V4:
      return {IpFamily::V4};
    case Family::V6:
      return {IpFamily::V6};
    case Family::Dual:
      return {IpFamily::Dual};
  }
  return {};
}

void make_unix_listener(const ServiceField& service, SocketKind kind, FieldContext& context,
                        ServiceSpec& spec) {
  ListenSpec listen;
  listen.kind = kind;
  listen.path = service.name.text;
  SocketNode node = service.node;
  if (!node.mode && context.options.dialect == Dialect::FreeBsd) node.mode = 0200;
  if (node != SocketNode()) listen.node.edit() = std::move(node);
  spec.listen.push_back(std::move(listen));
  spec.id = service.name.text;
}

}  // namespace

std::optional<std::uint16_t> read_port(const Field& field, SocketKind kind, FieldContext& context) {
  Reporter& report = context.report;
  const auto& text = field.text;
  const char* protocol = kind_name(kind);
  if (!text.empty() && text.find_first_not_of("0123456789") == std::string::npos) {
    const auto port = parse_number(text, UINT16_MAX);
    if (port && *port != 0) return static_cast<std::uint16_t>(*port);
    report.error(field.at, "port", "bad port " + quoted(text), "1 to 65535");
    return std::nullopt;
  }
  if (text.empty()) {
    report.error(field.at, "service", "the service is empty");
    return std::nullopt;
  }
  if (const auto port = context.names.port_of(text, protocol)) return port;
  const char* other = kind == SocketKind::Tcp ? "udp" : "tcp";
  std::string hint;
  if (context.names.port_of(text, other)) {
    hint = std::string("it is known for ") + other + " only";
  } else if (context.hints_left > 0) {
    --context.hints_left;
    if (context.known_services.empty()) context.known_services = context.names.all();
    hint = did_you_mean(text, std::span<const std::string>(context.known_services));
  }
  report.error(field.at, "service", "unknown service " + quoted(text) + " for " + protocol, hint);
  return std::nullopt;
}

std::vector<ListenSpec> sockets_of(const BindAddress& address, SocketKind kind,
                                   Protocol::Family family, std::uint16_t port, Dialect dialect) {
  std::vector<ListenSpec> out;
  const auto families = families_of(address, family, dialect);
  for (const auto each : families) {
    ListenSpec listen;
    listen.kind = kind;
    listen.family = each;
    listen.host = address.host;
    listen.port = port;
    listen.is_optional =
        family == Protocol::Family::Plain && each == IpFamily::V6 && families.size() > 1;
    out.push_back(std::move(listen));
  }
  return out;
}

std::optional<std::vector<BindAddress>> read_addresses(const Field& field, Reporter& report) {
  std::vector<BindAddress> out;
  for (std::size_t begin = 0;;) {
    const auto comma = field.text.find(',', begin);
    const auto size = comma == std::string::npos ? comma : comma - begin;
    auto address = read_address(field.part(begin, size), report);
    if (!address) return std::nullopt;
    if (out.size() == kMostAddresses) {
      report.error(field.place_of(begin), "address",
                   "a service may have " + std::to_string(kMostAddresses) + " addresses");
      return std::nullopt;
    }
    address->written = field.text.substr(begin, size);
    out.push_back(std::move(*address));
    if (comma == std::string::npos) return out;
    begin = comma + 1;
  }
}

bool is_default_address_line(const std::vector<Field>& words) {
  return words.size() == 1 && words[0].text.ends_with(':');
}

std::optional<ServiceField> read_service_field(const Field& field, bool is_unix, Reporter& report) {
  const bool looks_unix = field.text.starts_with('/') || field.text.find(":/") != std::string::npos;
  if (is_unix) return read_path(field, report);
  if (looks_unix) {
    report.error(field.at, "protocol",
                 quoted(field.text) + " is a path: its protocol must be unix");
    return std::nullopt;
  }
  ServiceField out;
  out.name = field;
  const auto colon = field.text.rfind(':');
  if (colon == std::string::npos) return out;
  out.name = field.part(colon + 1);
  out.addresses = read_addresses(field.part(0, colon), report);
  if (!out.addresses) return std::nullopt;
  return out;
}

bool make_listeners(const ServiceField& service, SocketKind kind, const Protocol& protocol,
                    const std::vector<BindAddress>& default_addresses, FieldContext& context,
                    ServiceSpec& spec) {
  if (!is_ip(kind)) {
    make_unix_listener(service, kind, context, spec);
    return true;
  }
  const auto port = read_port_or_program(service.name, kind, protocol.is_rpc, context, spec);
  if (!port) return false;
  if (!service.addresses && default_addresses.empty()) {
    // Any other address in its place could offer the service to the whole world.
    return context.report.error(service.name.at, "address",
                                "the default address for this line is bad");
  }
  std::string bound;
  for (const auto& address : service.addresses ? *service.addresses : default_addresses) {
    auto sockets = sockets_of(address, kind, protocol.family, *port, context.options.dialect);
    if (sockets.empty()) {
      return context.report.error(service.name.at, "address-family",
                                  quoted(address.written) + " is no address for " + protocol.word);
    }
    for (auto& listen : sockets) {
      if (std::find(spec.listen.begin(), spec.listen.end(), listen) == spec.listen.end()) {
        spec.listen.push_back(std::move(listen));
      }
    }
    if (!address.host.empty()) bound += (bound.empty() ? "@" : ",") + address.host;
  }
  const auto name = protocol.is_rpc ? spec.more->rpc->name + "/rpc" : service.name.text;
  spec.id = name + "/" + protocol.word + bound;
  return true;
}

}  // namespace uvinetd
