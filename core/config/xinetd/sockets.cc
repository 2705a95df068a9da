// SPDX-License-Identifier: ISC
// What a service listens on: its sockets, its name in the multiplexer, its RPC program.
#include <fmt/format.h>

#include <array>
#include <limits>
#include <span>
#include <utility>

#include "core/config/multiplexer.h"
#include "core/config/quote.h"
#include "core/config/suggest.h"
#include "core/config/xinetd/service.h"

namespace uvinetd::xinetd {
namespace {

using Family = Protocol::Family;

std::optional<SocketType> socket_type_of(const Field& field, Reporter& report) {
  using Row = std::pair<std::string_view, SocketType::Word>;
  static constexpr std::array kTypes{Row{"stream", SocketType::Word::Stream},
                                     Row{"dgram", SocketType::Word::Dgram}};
  for (const auto& [word, type] : kTypes) {
    if (is_same_word(word, field.text)) return SocketType{type, {}, {}, {}};
  }
  const bool is_known = is_same_word(field.text, "raw") || is_same_word(field.text, "seqpacket");
  static constexpr std::array<std::string_view, 2> kWords{"stream", "dgram"};
  report.error(field.at, "socket-type",
               is_known ? "socket type " + quoted(field.text) + " is not supported"
                        : "unknown socket type " + quoted(field.text),
               is_known ? "" : did_you_mean(field.text, kWords));
  return std::nullopt;
}

std::optional<Protocol> protocol_of(Field field, Reporter& report) {
  const auto written = std::exchange(field.text, lower(field.text));
  if (field.text == "unix" || field.text.find_first_of(",/") != std::string::npos) {
    report.error(field.at, "protocol", "unknown protocol " + quoted(written), "tcp or udp");
    return std::nullopt;
  }
  auto protocol = read_protocol(field, Dialect::Debian, report);
  if (protocol && protocol->family != Family::Plain) {
    report.warning(field.at, "xinetd-differs",
                   "xinetd knows no protocol " + quoted(written) + ": it leaves the service out",
                   "flags = IPv4 or IPv6");
  }
  return protocol;
}

// xinetd's one IPv6 socket that receives IPv4 too is the pair of sockets that plain `tcp` means in
// an inetd.conf; where only one family was asked for, its word says so.
void settle_family(const Draft& draft, Protocol& protocol) {
  if (protocol.family != Family::Plain) return;
  const bool asks_v4 = draft.has(Flag::Ipv4);
  const bool asks_v6 = draft.has(Flag::Ipv6);
  const auto* address = draft.addresses ? &draft.addresses->front() : nullptr;
  const bool is_v4 = address != nullptr && address->form == BindAddress::Form::V4;
  const bool is_v6 = address != nullptr && address->form == BindAddress::Form::V6;
  const bool is_any_v6 = is_v6 && address->host.empty();
  if (asks_v4 && !asks_v6) {
    protocol.family = Family::V4;
    protocol.word += '4';
  } else if ((draft.is_v6_only && !is_v4) || (asks_v6 && !asks_v4 && is_v6 && !is_any_v6)) {
    protocol.family = Family::V6;
    protocol.word += '6';
  } else if ((asks_v6 && !asks_v4) || is_any_v6) {
    protocol.family = Family::Dual;
    protocol.word += "46";
  }
}

bool unknown_service(Making& making, SocketKind kind) {
  const std::string name(making.block.name.text);
  auto& around = making.around;
  std::string hint;
  if (around.hints_left > 0) {
    --around.hints_left;
    if (around.known_services.empty()) around.known_services = around.names.all();
    hint = did_you_mean(name, std::span<const std::string>(around.known_services));
  }
  if (hint.empty()) hint = "type = UNLISTED, with a port";
  return making.report().error(
      making.name_at(), "service",
      fmt::format("unknown service {} for {}", quoted(name), kind_name(kind)), hint);
}

// The port of the services database, or the one that is written: they must be the same for xinetd.
std::optional<std::uint16_t> settle_port(Making& making, SocketKind kind) {
  const auto& draft = making.draft();
  const auto name = making.block.name.text;
  const auto* attribute = draft.of(Key::Port);
  const auto listed = making.around.names.port_of(name, kind_name(kind));
  if (attribute == nullptr) {
    if (draft.is(Type::Unlisted)) {
      (void)making.missing(draft.of(Key::Type)->at(), "an UNLISTED service needs a port");
      return std::nullopt;
    }
    if (!listed) (void)unknown_service(making, kind);
    return listed;
  }
  if (draft.good(Key::Port) == nullptr) return std::nullopt;
  const auto field = attribute->value();
  const auto number = parse_number(field.text, std::numeric_limits<std::uint16_t>::max());
  if (!number || *number == 0) {
    making.report().error(field.at, "port", "bad port " + quoted(field.text), "1 to 65535");
    return std::nullopt;
  }
  const auto port = static_cast<std::uint16_t>(*number);
  if (!draft.is(Type::Unlisted) && listed != port) {
    making.report().warning(
        field.at, "xinetd-differs",
        (listed ? fmt::format("{} has port {} in services(5)", quoted(name), *listed)
                : quoted(name) + " is not in services(5)") +
            ": xinetd leaves the service out",
        "type = UNLISTED");
  }
  return port;
}

bool make_mux(Making& making, SocketKind kind) {
  auto& draft = making.draft();
  if (kind != SocketKind::Tcp) {
    return making.report().error(draft.of(Key::Type)->at(), "tcpmux",
                                 "a TCPMUX service must be stream and tcp");
  }
  Field name;
  name.text = making.block.name.text;
  name.at = making.name_at();
  if (!check_mux_name(name, making.report())) return false;
  auto& more = draft.spec.more.edit();
  more.tcpmux = making.block.name.text;
  more.tcpmux_greets = draft.is(Type::TcpmuxPlus);
  draft.spec.id = "tcpmux/" + more.tcpmux;
  return true;
}

bool bad_number(const Field& field, const char* hint, Reporter& report) {
  return report.error(field.at, "number", "bad number " + quoted(field.text), hint);
}

// `rpc_version = a` or `a-b`, and `rpc_number` for a program that rpc(5) does not list.
bool read_program(Making& making) {
  constexpr unsigned kMost = std::numeric_limits<unsigned>::max();
  auto& draft = making.draft();
  auto& report = making.report();
  const auto* version = draft.of(Key::RpcVersion);
  const auto* number = draft.of(Key::RpcNumber);
  const bool is_listed = !draft.is(Type::Unlisted);
  if (version == nullptr || (!is_listed && number == nullptr)) {
    return making.missing(draft.of(Key::Type)->at(),
                          version == nullptr ? "an RPC service needs rpc_version"
                                             : "an UNLISTED RPC service needs rpc_number");
  }
  if (draft.good(Key::RpcVersion) == nullptr) return false;
  if (number != nullptr && draft.good(Key::RpcNumber) == nullptr) return false;
  const auto field = version->value();
  const auto dash = field.text.find('-');
  const auto low = parse_number(field.part(0, dash).text, kMost);
  const auto high =
      dash == std::string::npos ? low : parse_number(field.text.substr(dash + 1), kMost);
  if (!low || !high || *low > *high) return bad_number(field, "as in 2 or 1-3", report);
  if (*high - *low >= kMostRpcVersions) return bad_number(field, "100 versions at most", report);
  RpcProgram program{std::string(making.block.name.text), *low, *high};
  if (number != nullptr) {
    const auto value = parse_number(number->value().text, kMost);
    if (!value) return bad_number(number->value(), "a number of rpc(5)", report);
    if (!is_listed) program.name = std::to_string(*value);
  }
  draft.spec.more.edit().rpc = std::move(program);
  return true;
}

}  // namespace

std::optional<SocketKind> socket_kind(Making& making, Protocol& protocol) {
  const auto& draft = making.draft();
  auto& report = making.report();
  const auto* type_attribute = draft.of(Key::SocketType);
  const auto* protocol_attribute = draft.of(Key::Protocol);
  if (type_attribute == nullptr && protocol_attribute == nullptr) {
    (void)making.missing(making.block.at, "socket_type is missing");
    return std::nullopt;
  }
  if (draft.good(Key::SocketType) != type_attribute ||
      draft.good(Key::Protocol) != protocol_attribute) {
    return std::nullopt;
  }
  std::optional<SocketType> type;
  std::optional<Protocol> read;
  if (type_attribute != nullptr) type = socket_type_of(type_attribute->value(), report);
  if (protocol_attribute != nullptr) read = protocol_of(protocol_attribute->value(), report);
  using Transport = Protocol::Transport;
  if (type && protocol_attribute == nullptr) {
    const bool is_tcp = type->word == SocketType::Word::Stream;
    read.emplace();
    read->transport = is_tcp ? Transport::Tcp : Transport::Udp;
    read->word = is_tcp ? "tcp" : "udp";
  }
  if (read && type_attribute == nullptr) {
    type.emplace();
    type->word =
        read->transport == Transport::Tcp ? SocketType::Word::Stream : SocketType::Word::Dgram;
  }
  if (!type || !read) return std::nullopt;
  const auto* last = protocol_attribute != nullptr ? protocol_attribute : type_attribute;
  protocol = *read;
  return combine(*type, protocol, last->values_at(), report);
}

bool make_sockets(Making& making, SocketKind kind, Protocol protocol) {
  auto& draft = making.draft();
  if (draft.is_mux()) return make_mux(making, kind);
  const bool is_rpc = draft.is(Type::Rpc);
  std::optional<std::uint16_t> port = std::uint16_t{0};  // of RPC: any
  if (is_rpc) {
    if (!read_program(making)) return false;
  } else if (port = settle_port(making, kind); !port) {
    return false;
  }
  settle_family(draft, protocol);
  // The port is settled: a number stands in its place until the listeners are made.
  ServiceField service;
  service.name.text = "1";
  const auto* bind = draft.of(Key::Bind);
  service.name.at = draft.is_own(Key::Bind) ? bind->values_at() : making.name_at();
  service.addresses = draft.addresses;
  const InetdConfOptions options;
  FieldContext context{options, making.around.names, making.report(), {}};
  auto& spec = draft.spec;
  if (!make_listeners(service, kind, protocol, making.around.default_addresses, context, spec)) {
    return false;
  }
  for (auto& listen : spec.listen) listen.port = *port;
  const auto name = is_rpc ? spec.more->rpc->name + "/rpc" : std::string(making.block.name.text);
  spec.id.replace(0, service.name.text.size(), name);
  return true;
}

}  // namespace uvinetd::xinetd
