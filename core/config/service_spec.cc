// SPDX-License-Identifier: ISC
#include "core/config/service_spec.h"

#include <algorithm>

#include "spawn/settings/listen_fds.h"
#include "spawn/settings/relay.h"

namespace uvinetd {

const char* kind_name(SocketKind kind) {
  switch (kind) {
    case SocketKind::Tcp:
      return "tcp";
    case SocketKind::Udp:
      return "udp";
    case SocketKind::UnixStream:
      return "unix";
    case SocketKind::UnixDgram:
      return "unix-dgram";
    case SocketKind::UnixSeqpacket:
      return "unix-seqpacket";
  }
  return "tcp";
}

bool has_server(const ServiceSpec& spec) {
  return !spec.program.empty() && !spec.more->is_sensor;
}

const std::string& listen_name(const ServiceSpec& spec, const ListenSpec& listen) {
  return listen.name.is_default() ? spec.id : *listen.name;
}

bool is_listen_name(std::string_view name) {
  const auto is_fit = [](char c) { return c > ' ' && c < 0x7f && c != ':'; };
  return !name.empty() && name.size() <= kMostListenName &&
         std::all_of(name.begin(), name.end(), is_fit);
}

bool can_start_warm(const ServiceSpec& spec) {
  const bool is_stream = spec.listen.empty() || !is_datagram(spec.listen.front().kind);
  return has_server(spec) && spec.internal.empty() && spec.mode == Mode::Nowait && is_stream;
}

bool wants_warm_start(const ServiceSpec& spec, StartBy by_default) {
  const auto written = spec.more->start;
  const auto start = written == StartBy::Unset ? by_default : written;
  return start == StartBy::Zygote && can_start_warm(spec);
}

bool is_syslog_service(const ServiceSpec& spec) {
  const std::string_view program = spec.program;
  return spec.internal == kSyslog || program.substr(program.rfind('/') + 1) == kSyslogProgram;
}

bool runs_program(const ServiceSpec& spec) {
  return !spec.program.empty() || is_syslog_service(spec);
}

bool is_health_check(const ServiceSpec& spec) {
  return spec.internal == kHealth;
}

}  // namespace uvinetd
