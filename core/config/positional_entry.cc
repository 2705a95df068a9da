// SPDX-License-Identifier: ISC
#include <array>
#include <span>
#include <string_view>

#include "core/config/inetd_entry.h"
#include "core/config/quote.h"

namespace uvinetd {
namespace {

enum Position : std::size_t { kService, kType, kProtocol, kWait, kUser, kProgram, kPositions };

constexpr std::array<const char*, kPositions> kNames{"service",    "socket type", "protocol",
                                                     "wait field", "user",        "program"};

bool is_complete(const Entry& entry, Dialect dialect, Report& report) {
  const auto count = entry.words.size();
  if (count >= kPositions) return true;
  const bool is_lone = entry.at.column > 1 && !has_continuation_lines(dialect);
  return report.error(entry.words.back().end(), "missing-field",
                      std::string("the ") + kNames[count] + " is missing",
                      is_lone ? "this dialect has no continuation lines"
                              : "service type protocol wait user program");
}

// Forms that are known and refused as a whole, before their other fields are judged.
bool is_refused_form(const Entry& entry, Report& report) {
  const std::string_view service = entry.words[kService].text;
  const auto name = service.substr(service.rfind(':') + 1);  // npos + 1 is 0
  if (name.starts_with("tcpmux/")) {
    return !report.error(entry.at, "tcpmux", "tcpmux services are not yet supported");
  }
  if (entry.words[kProtocol].text.starts_with("rpc/")) {
    return !report.error(entry.words[kProtocol].at, "rpc", "RPC services are not yet supported");
  }
  return false;
}

}  // namespace

void settle_accept_filter(SocketKind kind, Place at, Report& report, ServiceSpec& spec) {
  if (spec.more->accept_filter.empty() || kind == SocketKind::Tcp) return;
  report.warning(at, "accept-filter", "accept filters are for tcp only");
  spec.more.edit().accept_filter.clear();
}

void set_buffers(const Protocol& protocol, ServiceSpec& spec) {
  if (protocol.send_buffer) spec.more.edit().send_buffer = protocol.send_buffer;
  if (protocol.receive_buffer) spec.more.edit().receive_buffer = protocol.receive_buffer;
}

std::optional<ServiceSpec> read_positional(const Entry& entry,
                                           const std::vector<BindAddress>& default_addresses,
                                           FieldContext& context) {
  Report& report = context.report;
  const auto& words = entry.words;
  if (!is_complete(entry, context.options.dialect, report) || is_refused_form(entry, report))
    return std::nullopt;
  std::optional<ServiceSpec> out(std::in_place);
  auto& spec = *out;
  spec.at = report.position(entry.at);

  const auto type = read_socket_type(words[kType], report);
  const auto protocol = read_protocol(words[kProtocol], context.options.dialect, report);
  std::optional<SocketKind> kind;
  if (type && protocol) kind = combine(*type, *protocol, words[kProtocol].at, report);
  bool is_good = kind.has_value();
  std::string name;
  if (kind) {
    spec.instances = type->instances;
    if (!type->accept_filter.empty()) spec.more.edit().accept_filter = type->accept_filter;
    settle_accept_filter(*kind, type->filter_at, report, spec);
    set_buffers(*protocol, spec);
    const bool is_unix = protocol->transport == Protocol::Transport::Unix;
    const auto service = read_service_field(words[kService], is_unix, report);
    if (service) name = service->name.text;
    is_good =
        service && make_listeners(*service, *kind, *protocol, default_addresses, context, spec);
  }
  is_good &= read_wait(words[kWait], context.options.dialect, report, spec);
  is_good &= read_user(words[kUser], report, spec);
  const bool has_listeners = !spec.listen.empty();
  const auto server = std::span(words).subspan(kProgram);
  if (has_listeners || server.front().text != "internal") {
    is_good &= read_server(server, name, context, spec);
  }
  if (!is_good || !has_listeners) out.reset();
  return out;
}

}  // namespace uvinetd
