// SPDX-License-Identifier: ISC
// Generated services: whatever a front end can produce, with texts of every kind.
#pragma once

#include <rapidcheck.h>

#include <string>
#include <vector>

#include "core/config/service_spec.h"
#include "spawn/io_priority.h"

namespace uvinetd::testing {

// Not empty; what a file may hold between quotation marks.
inline std::string any_text() {
  static const std::vector<std::string> kPieces{"a",           "Z",    "0",
                                                "-",           "_",    ".",
                                                "/",           "\"",   "'",
                                                "\\",          " ",    "#",
                                                "=",           "[",    "]",
                                                "{",           "}",    ",",
                                                "\t",          "\n",   "\r\n",
                                                "\x01",        "\x1b", "\x7f",
                                                "\xc2\x85",    "ä",    "\xe2\x80\xa8",
                                                "漢字",        "🐌",    "\\n",
                                                "\"\"\"",      "true", "\xef\xbf\xbd",
                                                "\xed\x9f\xbf"};
  const auto pieces =
      *rc::gen::nonEmpty(rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(kPieces)));
  std::string out;
  for (const auto& piece : pieces) out += piece;
  return out;
}

inline std::string any_path() {
  return "/" + any_text();
}

inline bool maybe() {
  return *rc::gen::inRange(0, 4) == 0;
}

inline unsigned any_number(unsigned most = 2147483647U) {
  return *rc::gen::oneOf(rc::gen::inRange(0U, 100U), rc::gen::inRange(0U, most),
                         rc::gen::just(most));
}

inline std::vector<std::string> any_texts() {
  std::vector<std::string> out(*rc::gen::inRange<std::size_t>(0, 4));
  for (auto& text : out) text = any_text();
  return out;
}

inline std::chrono::seconds any_duration() {
  const auto unit = *rc::gen::element(1, 60, 3600, 86400);
  return std::chrono::seconds(std::int64_t{*rc::gen::inRange(0, 100000)} * unit);
}

inline Rate any_rate() {
  Rate rate;
  rate.count = any_number() / 2 + 1;
  rate.per = std::chrono::seconds(*rc::gen::inRange(1, 7 * 24 * 3600 + 1));
  rate.burst = maybe() ? rate.count : any_number() / 2 + 1;
  return rate;
}

// Access rules, none of them twice.
inline std::vector<std::string> any_rules() {
  static const std::vector<std::string> kRules{
      "10.0.0.0/8", "192.0.2.1",    "2001:db8::/32", "interface:eth0", "user:alice",
      "group:4",    ".example.org", "host.example",  "file:/etc/x y",  "0.0.0.0/0"};
  std::vector<std::string> out;
  for (const auto& rule : kRules) {
    if (maybe()) out.push_back(rule);
  }
  return out;
}

// One or two sockets for each of its ports; `port` is its first, and it may take ten.
inline std::vector<ListenSpec> any_listeners(std::uint16_t port) {
  const auto kind = *rc::gen::element(SocketKind::Tcp, SocketKind::Udp, SocketKind::UnixStream,
                                      SocketKind::UnixDgram, SocketKind::UnixSeqpacket);
  std::vector<ListenSpec> out;
  const auto number = std::to_string(port);
  if (!is_ip(kind)) {
    ListenSpec listen;
    listen.kind = kind;
    listen.path = (maybe() ? "@" : "/run/") + number;
    if (maybe()) listen.node.edit().user = any_text();
    if (maybe()) listen.node.edit().group = any_text();
    if (!maybe()) listen.node.edit().mode = *rc::gen::inRange(0U, 01000U);
    return {listen};
  }
  const auto form = *rc::gen::inRange(0, 7);
  const auto ports = *rc::gen::inRange(1, 10);
  for (int i = 0; i < ports; ++i) {
    ListenSpec listen;
    listen.kind = kind;
    listen.port = static_cast<std::uint16_t>(port + i);
    if (form == 0 || form == 3) listen.host = "host-1.example";
    if (form == 1) listen.host = "127.0.0.1";
    if (form == 2) listen.host = "fe80::1%eth0";
    listen.family = form == 2   ? IpFamily::V6
                    : form == 4 ? IpFamily::Dual
                    : form == 5 ? IpFamily::V6
                                : IpFamily::V4;
    out.push_back(listen);
    if (form != 0 && form != 6) continue;
    listen.family = IpFamily::V6;
    listen.is_optional = true;
    out.push_back(listen);
  }
  return out;
}

inline void edit_sockets(ServiceSpec& spec) {
  const auto kind = spec.listen.empty() ? SocketKind::UnixStream : spec.listen.front().kind;
  auto& more = spec.more.edit();
  if (!spec.listen.empty()) {
    if (maybe()) more.send_buffer = static_cast<int>(any_number() / 2 + 1);
    if (maybe()) more.receive_buffer = static_cast<int>(any_number() / 2 + 1);
    if (maybe())
      more.rpc = RpcProgram{"program" + spec.id.substr(spec.id.size() - 4), 1, any_number() + 1};
    if (!is_datagram(kind) && maybe()) spec.backlog = static_cast<int>(any_number());
  }
  if (kind == SocketKind::Tcp) {
    more.nodelay = maybe();
    more.keepalive = maybe();
    if (maybe()) more.accept_filter = *rc::gen::element<std::string>("dataready", "httpready");
  }
  if (!is_ip(kind)) return;
  more.freebind = maybe();
  more.reuseport = maybe();
  if (maybe()) more.bind_to_device = any_text();
  if (maybe()) more.mark = any_number(4294967295U);
}

inline SyslogSettings any_syslog_settings() {
  SyslogSettings out;
  if (maybe()) out.rules = any_path();
  if (maybe()) out.dialect = SyslogDialect::Bsd;
  if (maybe()) out.mark = any_duration();
  out.folds_repeats = !maybe();
  out.trusts_time = !maybe();
  out.trusts_host = maybe();
  out.relays = maybe();
  if (maybe()) {
    out.rotate_size = std::uint64_t{4096} + any_number();
    out.rotate_count = *rc::gen::inRange(1U, 1000U);
  }
  if (maybe()) out.file_mode = *rc::gen::inRange(0U, 01000U);
  if (maybe()) {
    out.rate = any_number() / 2 + 1;
    out.burst = maybe() ? out.rate : any_number() / 2 + 1;
  }
  return out;
}

inline void edit_limits(ServiceOptions& more) {
  for (const char* name : {"as", "cpu", "files", "stack"}) {
    if (!maybe()) continue;
    const auto soft = *rc::gen::arbitrary<std::uint64_t>();
    ResourceLimit limit{name, soft, soft};
    if (maybe()) limit.hard.reset();
    if (maybe() && !limit.hard) limit.soft.reset();
    if (maybe() && limit.hard) limit.soft = soft / 2;
    more.limits.push_back(limit);
  }
}

inline bool is_tcp(const ServiceSpec& spec) {
  return spec.listen.empty() || spec.listen.front().kind == SocketKind::Tcp;
}

inline void edit_process(ServiceSpec& spec) {
  spec.program = any_path() + "x";
  spec.argv.push_back(maybe() ? any_text() : spec.program.substr(spec.program.rfind('/') + 1));
  for (const auto& argument : any_texts()) spec.argv.push_back(maybe() ? "" : argument);
  auto& more = spec.more.edit();
  more.stderr_to =
      *rc::gen::element(StderrTo::Socket, StderrTo::Log, StderrTo::Null, StderrTo::File);
  if (more.stderr_to == StderrTo::File) more.stderr_file = any_path();
  more.groups_from = *rc::gen::element(GroupsFrom::Database, GroupsFrom::None, GroupsFrom::List);
  if (more.groups_from == GroupsFrom::List) more.groups = any_texts();
  for (const auto& text : any_texts()) more.env.push_back("V=" + text);
  if (maybe()) {
    more.pass_all_env = true;
  } else if (maybe()) {
    more.pass_env = {"TZ", "LANG"};
  }
  if (maybe()) more.umask = *rc::gen::inRange(0U, 01000U);
  if (maybe()) more.working_directory = any_path();
  if (maybe()) more.nice = *rc::gen::inRange(-20, 20);
  edit_limits(more);
  if (maybe())
    more.ionice = *parse_io_priority(*rc::gen::element("idle", "realtime:0", "best-effort"));
  if (maybe()) more.chroot = any_path();
  more.private_tmp = maybe();
  more.private_network = maybe();
  for (auto* paths : {&more.read_only_paths, &more.inaccessible_paths, &more.landlock_read,
                      &more.landlock_write, &more.landlock_execute}) {
    if (maybe()) *paths = {any_path(), any_path()};
  }
  if (maybe()) more.system_calls = any_texts();
  if (maybe()) more.system_calls_denied = any_texts();
  more.on_forbidden_call = *rc::gen::element(OnForbiddenCall::Fail, OnForbiddenCall::Kill);
  if (maybe()) more.memory_max = std::uint64_t{65536} * (any_number() + 1);
  if (maybe()) more.cpu_max = any_number(100'000 - 1) + 1;
  if (maybe()) more.pids_max = any_number(4'194'304 - 1) + 1;
  more.no_new_privs = maybe();
  if (maybe()) more.capability_bounding = any_texts();
  if (maybe()) more.capability_ambient = any_texts();
  if (maybe()) more.cgroup = any_text();
  if (spec.mode == Mode::Wait && !spec.listen.empty() && maybe()) {
    more.listen_fds = true;
    for (auto& listen : spec.listen) listen.name.edit() = "named";
  }
  if (can_start_warm(spec)) {
    more.start = *rc::gen::element(StartBy::Unset, StartBy::Exec, StartBy::Zygote);
    more.park = *rc::gen::element(ParkAt::Main, ParkAt::Io);
    if (maybe()) more.spares = *rc::gen::inRange(0U, 65U);
    if (maybe()) more.park_uses = any_number(999'999) + 1;
    if (maybe()) more.park_age = any_duration();
  }
  const bool has_clients = spec.mode == Mode::Nowait && is_tcp(spec);
  if (has_clients && maybe()) more.start_timeout = any_duration();
  if (has_clients && maybe()) more.idle_timeout = any_duration();
  if (maybe()) more.max_runtime = any_duration();
}

// The log of the host: a built-in with the settings of a process.
inline void edit_log(ServiceSpec& spec) {
  spec.mode = Mode::Wait;
  edit_process(spec);
  spec.program.clear();
  spec.argv.clear();
  spec.internal = kSyslog;
  auto& more = spec.more.edit();
  more.listen_fds = true;
  const auto settings = any_syslog_settings();
  if (settings != SyslogSettings()) more.syslog.edit() = settings;
}

inline void forget_warm_start(ServiceOptions& more) {
  more.start = StartBy::Unset;
  more.park = ParkAt::Main;
  more.spares = 0;
  more.park_uses.reset();
  more.park_age.reset();
}

inline void edit_admission(ServiceSpec& spec) {
  auto& more = spec.more.edit();
  const bool is_stream = spec.listen.empty() || !is_datagram(spec.listen.front().kind);
  if (spec.internal.empty() || is_stream) {
    if (maybe()) spec.starts_per_minute = any_number();
    if (maybe()) more.rate = any_rate();
    if (maybe()) more.rate_pause = any_duration();
  }
  if (spec.mode == Mode::Nowait && maybe()) spec.instances = any_number();
  if (spec.mode == Mode::Nowait && is_tcp(spec)) {
    if (maybe()) spec.instances_per_source = any_number();
    if (maybe()) spec.source_starts_per_minute = any_number();
    if (maybe()) more.rate_per_source = any_rate();
    more.is_sensor = maybe();
    if (more.is_sensor) forget_warm_start(more);
  }
  if (maybe()) more.source_prefix_v6 = *rc::gen::inRange(0U, 129U);
  if (spec.mode == Mode::Nowait && is_stream) {
    more.at_limit = *rc::gen::element(AtLimit::Queue, AtLimit::Refuse);
  }
  if (maybe()) more.allow = any_rules();
  if (maybe()) more.deny = any_rules();
  more.identify = maybe();
  if (maybe()) more.access_times = {"8:00-17:30", "22:00-06:00"};
  if (maybe()) more.max_load = *rc::gen::inRange(1, 100000) / 7.0;
  if (more.is_sensor && maybe()) {
    more.deny_time = std::chrono::minutes(*rc::gen::inRange(0, 100000));
  }
  if (more.is_sensor && maybe()) more.deny_time = std::chrono::minutes::max();
  if (maybe()) more.libwrap = any_text();
  more.proxy_protocol = maybe();
  if (spec.mode == Mode::Nowait && maybe()) more.proxy_from = any_texts();
}

inline void edit_telling(ServiceSpec& spec) {
  auto& more = spec.more.edit();
  const bool is_stream = spec.listen.empty() || !is_datagram(spec.listen.front().kind);
  if (spec.mode == Mode::Nowait && is_stream) {
    if (maybe()) more.banner = any_path();
    if (maybe()) more.banner_success = any_path();
    if (maybe()) more.banner_fail = any_path();
    more.lingering_close = maybe();
  }
  if (maybe()) more.log_type = any_text();
  if (maybe()) more.log_on_success = {"HOST", "PID"};
  if (maybe()) more.log_on_failure = {"ATTEMPT"};
  if (maybe()) more.log_connections = maybe();
}

// `port` tells it from others: in its name and in its sockets, of which it may take ten.
inline ServiceSpec any_service(std::uint16_t port) {
  ServiceSpec spec;
  spec.id = (maybe() ? any_text() : std::string("finger/tcp@")) + std::to_string(port);
  if (maybe()) {
    auto& more = spec.more.edit();
    more.tcpmux = "name" + std::to_string(port);
    more.tcpmux_greets = maybe();
  } else {
    spec.listen = any_listeners(port);
  }
  const bool is_ip_service = !spec.listen.empty() && is_ip(spec.listen.front().kind);
  const bool is_datagram_service = !spec.listen.empty() && is_datagram(spec.listen.front().kind);
  const auto answer = *rc::gen::inRange(0, 5);
  if (is_datagram_service && answer == 2) {
    edit_log(spec);
  } else if (is_ip_service && answer == 0) {
    spec.internal = "echo";
    spec.mode = is_datagram_service ? Mode::Wait : Mode::Nowait;
  } else {
    spec.mode = *rc::gen::element(Mode::Wait, Mode::Nowait);
    if (is_ip_service && answer == 1) {
      spec.more.edit().redirect = Redirect{maybe() ? "::1" : "host.name", 79, {}};
      if (maybe()) spec.more.edit().redirect_from = "10.0.0.1";
      spec.more.edit().redirect_proxy =
          *rc::gen::element(ProxyForm::None, ProxyForm::V1, ProxyForm::V2);
    } else {
      edit_process(spec);
      if (is_ip_service && maybe()) {
        spec.internal = "health";
        auto& more = spec.more.edit();
        forget_warm_start(more);
        more.health_format = *rc::gen::element(HealthForm::Http, HealthForm::Agent);
        if (maybe()) more.health_cache = any_duration();
        if (maybe()) more.health_timeout = any_duration();
      }
    }
  }
  if (maybe() || !spec.program.empty()) spec.user = any_text();
  if (maybe()) spec.group = any_text();
  edit_sockets(spec);
  edit_admission(spec);
  edit_telling(spec);
  return spec;
}

}  // namespace uvinetd::testing
