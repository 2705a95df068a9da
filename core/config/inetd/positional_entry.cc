// SPDX-License-Identifier: ISC
#include <array>
#include <span>
#include <string>

#include "core/config/inetd/inetd_entry.h"
#include "core/config/multiplexer.h"
#include "core/config/syslog/syslog_service.h"

namespace uvinetd {
namespace {

enum Position : std::size_t { kService, kType, kProtocol, kWait, kUser, kProgram, kPositions };

constexpr std::array<const char*, kPositions> kNames{"service",    "socket type", "protocol",
                                                     "wait field", "user",        "program"};

bool is_complete(const Entry& entry, Dialect dialect, Reporter& report) {
  const auto count = entry.words.size();
  if (count >= kPositions) return true;
  const bool is_lone = entry.at.column > 1 && !has_continuation_lines(dialect);
  return report.error(entry.words.back().end(), "missing-field",
                      std::string("the ") + kNames[count] + " is missing",
                      is_lone ? "this dialect has no continuation lines"
                              : "service type protocol wait user program");
}

// Fields 1 to 3. `name` is that of the service, without address and version.
bool read_sockets(const Entry& entry, const std::vector<BindAddress>& default_addresses,
                  FieldContext& context, std::string& name, ServiceSpec& spec) {
  Reporter& report = context.report;
  const auto& words = entry.words;
  const auto type = read_socket_type(words[kType], report);
  const auto protocol = read_protocol(words[kProtocol], context.options.dialect, report);
  if (!type || !protocol) return false;
  const auto kind = combine(*type, *protocol, words[kProtocol].at, report);
  if (!kind) return false;
  spec.instances = type->instances;
  if (!type->accept_filter.empty()) spec.more.edit().accept_filter = type->accept_filter;
  settle_accept_filter(*kind, type->filter_at, report, spec);
  set_buffers(*protocol, spec);
  const bool is_unix = protocol->transport == Protocol::Transport::Unix;
  if (!is_unix && is_multiplexed(words[kService].text)) {
    if (!read_multiplexed(words[kService], *protocol, words[kProtocol].at, report, spec)) {
      return false;
    }
    drop_socket_options(words[kProtocol].at, report, spec);
    name = spec.more->tcpmux;
    return true;
  }
  const auto service = read_service_field(words[kService], is_unix, report);
  if (!service) return false;
  name = service->name.text;
  return make_listeners(*service, *kind, *protocol, default_addresses, context, spec);
}

}  // namespace

void settle_accept_filter(SocketKind kind, Place at, Reporter& report, ServiceSpec& spec) {
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
  Reporter& report = context.report;
  const auto& words = entry.words;
  if (!is_complete(entry, context.options.dialect, report)) return std::nullopt;
  std::optional<ServiceSpec> out(std::in_place);
  auto& spec = *out;
  spec.at = report.position(entry.at);

  std::string name;
  const bool has_sockets = read_sockets(entry, default_addresses, context, name, spec);
  bool is_good = read_wait(words[kWait], context.options.dialect, report, spec);
  is_good &= check_mux_mode(words[kWait].at, report, spec);
  is_good &= read_user(words[kUser], report, spec);
  const auto server = std::span(words).subspan(kProgram);
  // Which built-in is meant depends on the sockets.
  if (has_sockets || server.front().text != "internal") {
    is_good &= read_server(server, name, context, spec);
    open_log_sockets(spec);
  }
  if (!is_good || !has_sockets) out.reset();
  return out;
}

}  // namespace uvinetd
