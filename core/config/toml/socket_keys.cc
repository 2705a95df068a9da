// SPDX-License-Identifier: ISC
// Where a service is reached.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <limits>
#include <utility>

#include "core/config/quote.h"
#include "core/config/service_field.h"
#include "core/config/toml/listen.h"
#include "core/config/toml/special_keys.h"
#include "core/config/toml/text.h"
#include "spawn/settings/listen_fds.h"

namespace uvinetd::toml_special {
namespace {

bool is_mux_name(std::string_view name) {
  const auto is_fit = [](char c) { return std::isgraph(static_cast<unsigned char>(c)) != 0; };
  return !name.empty() && std::all_of(name.begin(), name.end(), is_fit);
}

bool is_program_name(std::string_view name) {
  const auto is_fit = [](char c) { return c != '/' && static_cast<unsigned char>(c) > ' '; };
  return !name.empty() && std::all_of(name.begin(), name.end(), is_fit);
}

template <typename Edit>
void edit_nodes(ServiceSpec& spec, Edit edit) {
  for (auto& listen : spec.listen) {
    if (!is_ip(listen.kind)) edit(listen.node.edit());
  }
}

template <auto kMember>
std::string print_owner(const ServiceSpec& spec) {
  const auto* const node = first_node(spec.listen);
  if (node == nullptr) return "";
  const auto& name = node->*kMember;
  return name.empty() ? "" : toml_string(name);
}

}  // namespace

bool read_listen_key(const TomlValue& value, TomlContext& context, ServiceSpec& spec) {
  const bool is_one = value.node.kind == TomlNode::Kind::String;
  if (!is_one && value.node.items.empty()) return value.refuse("one address at least");
  bool is_good = true;
  const auto take = [&](const TomlValue& url) {
    is_good &= read_text(url) &&
               read_listen(url.node.field(), context.fields, context.range_ports_left, spec.listen);
  };
  if (is_one) take(value);
  for (std::size_t i = 0; i < value.node.items.size(); ++i) {
    const auto url = value.element(i, TomlNode::Kind::String);
    is_good &= url.has_value();
    if (url) take(*url);
  }
  if (is_good) settle_listeners(spec.listen);
  return is_good;
}

std::string print_listen_key(const ServiceSpec& spec) {
  const auto urls = print_listen(spec.listen);
  if (!urls || urls->empty()) return "";
  return urls->size() == 1 ? toml_string(urls->front()) : toml_strings(*urls);
}

// Sockets and mode have been read.
bool read_listen_fds(const TomlValue& value, TomlContext&, ServiceSpec& spec) {
  if (!value.node.boolean || is_syslog_service(spec)) return true;  // of a log it is known
  const auto refuse = [&value](std::string sentence, const char* hint) {
    return value.report.error(value.node.at, "listen-fds", std::move(sentence), hint);
  };
  if (spec.listen.empty()) {
    return refuse("\"listen_fds\" is for services that listen", "listen = [...]");
  }
  if (spec.mode != Mode::Wait) {
    return refuse("\"listen_fds\" is for wait services", "mode = \"wait\"");
  }
  if (spec.listen.size() > kMostListenFds) {
    return refuse(fmt::format("one server gets {} sockets at most, not {}", kMostListenFds,
                              spec.listen.size()),
                  "");
  }
  const bool are_named = std::all_of(
      spec.listen.begin(), spec.listen.end(),
      [&spec](const ListenSpec& listen) { return is_listen_name(listen_name(spec, listen)); });
  if (!are_named) {
    return refuse(quoted(spec.id) + " cannot be the name of a socket",
                  "name each one, as \"http=tcp://:80\"");
  }
  spec.more.edit().listen_fds = true;
  return true;
}

std::string print_listen_fds(const ServiceSpec& spec) {
  return spec.more->listen_fds && !is_syslog_service(spec) ? "true" : "";
}

bool read_v6only(const TomlValue& value, TomlContext&, ServiceSpec& spec) {
  const auto from = value.node.boolean ? IpFamily::Dual : IpFamily::V6;
  const auto to = value.node.boolean ? IpFamily::V6 : IpFamily::Dual;
  for (auto& listen : spec.listen) {
    // A socket of one IPv6 address gets nothing else, and a pair has its IPv4 socket already.
    const bool is_single = listen.host.find(':') != std::string::npos || listen.is_optional;
    if (is_ip(listen.kind) && listen.family == from && !is_single) listen.family = to;
  }
  settle_listeners(spec.listen);
  return true;
}

bool read_tcpmux(const TomlValue& value, TomlContext&, ServiceSpec& spec) {
  std::string_view name = value.node.text;
  const bool greets = name.starts_with('+');
  if (greets) name.remove_prefix(1);
  if (!is_mux_name(name)) return value.refuse("a name of printable characters, with or without +");
  auto& more = spec.more.edit();
  more.tcpmux = name;
  more.tcpmux_greets = greets;
  return true;
}

std::string print_tcpmux(const ServiceSpec& spec) {
  if (spec.more->tcpmux.empty()) return "";
  return toml_string((spec.more->tcpmux_greets ? "+" : "") + spec.more->tcpmux);
}

bool read_rpc(const TomlValue& value, TomlContext&, ServiceSpec& spec) {
  const std::string_view text = value.node.text;
  const auto slash = text.find('/');
  RpcProgram program;
  program.name = text.substr(0, slash);
  bool is_good = slash != std::string_view::npos && is_program_name(program.name);
  if (is_good) {
    constexpr auto kMost = std::numeric_limits<unsigned>::max();
    const auto versions = text.substr(slash + 1);
    const auto dash = versions.find('-');
    const auto low = parse_number(versions.substr(0, dash), kMost);
    const auto high =
        dash == std::string_view::npos ? low : parse_number(versions.substr(dash + 1), kMost);
    is_good = low && high && *low <= *high;
    program.low_version = low.value_or(0);
    program.high_version = high.value_or(0);
  }
  if (!is_good) {
    return value.refuse("a program and its versions, not " + quoted(text), "as \"rusersd/1-3\"");
  }
  spec.more.edit().rpc = std::move(program);
  return true;
}

std::string print_rpc(const ServiceSpec& spec) {
  const auto& rpc = spec.more->rpc;
  if (!rpc) return "";
  if (rpc->low_version == rpc->high_version) {
    return toml_string(fmt::format("{}/{}", rpc->name, rpc->low_version));
  }
  return toml_string(fmt::format("{}/{}-{}", rpc->name, rpc->low_version, rpc->high_version));
}

bool read_redirect(const TomlValue& value, TomlContext& context, ServiceSpec& spec) {
  const auto field = value.node.field();
  const auto colon = field.text.rfind(':');
  if (colon == std::string::npos || colon == 0) {
    return value.refuse("a host and a port, not " + quoted(field.text),
                        "as \"10.0.0.5:79\", \"[::1]:79\"");
  }
  auto host = field.part(0, colon);
  const auto port = read_port(field.part(colon + 1), SocketKind::Tcp, context.fields);
  const auto addresses = read_addresses(host, value.report);
  if (!port || !addresses) return false;
  if (addresses->size() != 1 || addresses->front().host.empty()) {
    return value.refuse("one host and its port");
  }
  if (host.text.starts_with('[')) {
    host.text = host.text.substr(1, host.text.size() - 2);
  } else if (host.text.find(':') != std::string::npos) {
    return value.refuse("a host and a port", "an IPv6 address stands in brackets");
  }
  spec.more.edit().redirect = Redirect{host.text, *port, {}};
  return true;
}

std::string print_redirect(const ServiceSpec& spec) {
  const auto& redirect = spec.more->redirect;
  if (!redirect) return "";
  const bool is_v6 = redirect->host.find(':') != std::string::npos;
  return toml_string(is_v6 ? fmt::format("[{}]:{}", redirect->host, redirect->port)
                           : fmt::format("{}:{}", redirect->host, redirect->port));
}

bool read_defer_accept(const TomlValue& value, TomlContext&, ServiceSpec& spec) {
  if (value.node.kind == TomlNode::Kind::Boolean) {
    if (value.node.boolean) spec.more.edit().accept_filter = "dataready";
    return true;
  }
  if (!read_text(value)) return false;
  (void)check_accept_filter(value.node.field(), value.report);
  spec.more.edit().accept_filter = value.node.text;
  return true;
}

std::string print_defer_accept(const ServiceSpec& spec) {
  const auto& filter = spec.more->accept_filter;
  if (filter.empty()) return "";
  return filter == "dataready" ? "true" : toml_string(filter);
}

bool read_receive_buffer(const TomlValue& value, TomlContext&, ServiceSpec& spec) {
  const auto size = read_buffer(value);
  if (size) spec.more.edit().receive_buffer = *size;
  return size.has_value();
}

bool read_send_buffer(const TomlValue& value, TomlContext&, ServiceSpec& spec) {
  const auto size = read_buffer(value);
  if (size) spec.more.edit().send_buffer = *size;
  return size.has_value();
}

bool read_socket_user(const TomlValue& value, TomlContext&, ServiceSpec& spec) {
  const auto name = read_text(value);
  if (!name) return false;
  edit_nodes(spec, [&](SocketNode& node) { node.user = *name; });
  return true;
}

std::string print_socket_user(const ServiceSpec& spec) {
  return print_owner<&SocketNode::user>(spec);
}

bool read_socket_group(const TomlValue& value, TomlContext&, ServiceSpec& spec) {
  const auto name = read_text(value);
  if (!name) return false;
  edit_nodes(spec, [&](SocketNode& node) { node.group = *name; });
  return true;
}

std::string print_socket_group(const ServiceSpec& spec) {
  return print_owner<&SocketNode::group>(spec);
}

bool read_socket_mode(const TomlValue& value, TomlContext&, ServiceSpec& spec) {
  if (value.node.text == "umask") return true;
  const auto mode = read_octal(value);
  if (!mode) return false;
  edit_nodes(spec, [&](SocketNode& node) { node.mode = *mode; });
  return true;
}

std::string print_socket_mode(const ServiceSpec& spec) {
  if (have_default_modes(spec.listen)) return "";
  const auto mode = first_node(spec.listen)->mode;
  return toml_string(mode ? fmt::format("{:04o}", *mode) : "umask");
}

void default_socket_mode(ServiceSpec& spec) {
  for (auto& listen : spec.listen) {
    if (const auto mode = default_mode_of(listen)) listen.node.edit().mode = mode;
  }
}

}  // namespace uvinetd::toml_special
