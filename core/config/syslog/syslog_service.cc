// SPDX-License-Identifier: ISC
#include "core/config/syslog/syslog_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/config/syslog/syslog_settings.h"

namespace uvinetd {

bool make_syslog_service(Place at, std::span<const Field> arguments, Reporter& report,
                         ServiceSpec& spec) {
  const auto other =
      std::find_if(spec.listen.begin(), spec.listen.end(),
                   [](const ListenSpec& listen) { return !is_datagram(listen.kind); });
  if (spec.listen.empty() || other != spec.listen.end()) {
    const auto kind = spec.listen.empty() ? SocketKind::Tcp : other->kind;
    return report.error(at, "internal",
                        fmt::format("the built-in syslog has no form for {}", kind_name(kind)),
                        "it takes datagrams: unix-dgram and udp");
  }
  auto settings = *spec.more->syslog;
  if (!read_syslog_arguments(arguments, report, settings)) return false;
  if (spec.mode == Mode::Nowait) {
    report.warning(
        at, "internal-wait",
        fmt::format("the built-in syslog over {} is always wait", kind_name(spec.listen[0].kind)));
    spec.mode = Mode::Wait;
  }
  auto& more = spec.more.edit();
  more.listen_fds = true;
  for (const auto& argument : arguments) {
    if (!argument.text.starts_with("-f") && !argument.text.starts_with("--rules=")) continue;
    spec.key_at.edit().set(kSyslogRulesKey, report.position(argument.at));
  }
  if (settings != *more.syslog) more.syslog.edit() = std::move(settings);
  return true;
}

void open_log_sockets(ServiceSpec& spec) {
  constexpr unsigned kMode = 0666;
  if (!is_syslog_service(spec)) return;
  for (auto& listen : spec.listen) {
    const bool is_file = !is_ip(listen.kind) && listen.path.starts_with('/');
    if (is_file && !listen.node->mode) listen.node.edit().mode = kMode;
  }
}

}  // namespace uvinetd
