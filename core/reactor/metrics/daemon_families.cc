// SPDX-License-Identifier: ISC
#include "core/reactor/metrics/daemon_families.h"

#include "core/reactor/metrics/prometheus_text.h"

namespace uvinetd {
namespace {

using MetricType::Counter;
using MetricType::Gauge;

void counter(std::string& out, std::string_view name, std::string_view help, auto value) {
  print_family(out, {name, help, Counter});
  print_sample(out, name, {}, value);
}

void gauge(std::string& out, std::string_view name, std::string_view help, auto value) {
  print_family(out, {name, help, Gauge});
  print_sample(out, name, {}, value);
}

void words(std::string& out, std::string_view name, std::string_view help, std::string_view label,
           const WordCounts& counts) {
  print_family(out, {name, help, Counter});
  for (const auto& [word, count] : counts.list()) print_sample(out, name, {{label, word}}, count);
}

void histogram(std::string& out, std::string_view name, std::string_view help,
               const Histogram& times) {
  print_family(out, {name, help, MetricType::Histogram});
  print_histogram(out, name, {}, times);
}

void print_counters(std::string& out, const Counters& total) {
  counter(out, "uvinetd_accepted_total", "Connections accepted, refused ones too.", total.accepted);
  counter(out, "uvinetd_started_total", "Servers started.", total.started);
  counter(out, "uvinetd_answered_total", "Clients answered without a server.", total.answered);
  counter(out, "uvinetd_datagrams_total", "Datagrams that started a server or went to a built-in.",
          total.datagrams);
  counter(out, "uvinetd_pauses_total", "Pauses of services.", total.pauses);
  words(out, "uvinetd_refused_total", "Clients, datagrams and starts refused, by reason.", "reason",
        total.refused);
  words(out, "uvinetd_start_failures_total", "Starts that failed, by the step that did.", "step",
        total.failed);
  words(out, "uvinetd_exits_total", "Servers that have ended, by exit status or signal.", "status",
        total.exits);
  counter(out, "uvinetd_cpu_seconds_total", "CPU time of servers that have ended.",
          std::chrono::nanoseconds(std::chrono::microseconds(total.cpu_usec)));
  gauge(out, "uvinetd_max_rss_bytes", "Largest resident size of a server that has ended.",
        static_cast<std::uint64_t>(total.max_rss_kib) * 1024);
  histogram(out, "uvinetd_start_latency_seconds", "Time from accept to the server's start.",
            total.start_latency);
  histogram(out, "uvinetd_answer_latency_seconds",
            "Time from accept to the first byte of an answer without a server.",
            total.answer_latency);
}

void print_roles(std::string& out, const std::vector<RoleMetrics>& roles) {
  print_family(out, {"uvinetd_role_processes", "Processes of the daemon, by role.", Gauge});
  for (const auto& each : roles) {
    print_sample(out, "uvinetd_role_processes", {{"role", each.role}}, each.processes);
  }
  print_family(out, {"uvinetd_role_restarts_total",
                     "Processes of the daemon that were replaced, by role.", Counter});
  for (const auto& each : roles) {
    print_sample(out, "uvinetd_role_restarts_total", {{"role", each.role}}, each.restarts);
  }
  print_family(out, {"uvinetd_role_open_fds", "Descriptors that they have open.", Gauge});
  for (const auto& each : roles) {
    if (!each.descriptors) continue;
    print_sample(out, "uvinetd_role_open_fds", {{"role", each.role}}, *each.descriptors);
  }
}

}  // namespace

void print_daemon_families(std::string& out, const DaemonMetrics& daemon, const Counters& total,
                           std::uint64_t services) {
  print_family(out, {"uvinetd_build_info", "1; the version is in its label.", Gauge});
  print_sample(out, "uvinetd_build_info", {{"version", UVINETD_VERSION}}, std::uint64_t{1});
  gauge(out, "uvinetd_services", "Services.", services);
  gauge(out, "uvinetd_running", "Servers that run or start.", daemon.running);
  gauge(out, "uvinetd_sessions", "Clients that are answered without a server.", daemon.sessions);
  gauge(out, "uvinetd_waiting_clients", "Clients of whom something is to be found out first.",
        daemon.waiting);
  print_counters(out, total);
  histogram(out, "uvinetd_loop_turn_seconds", "Time that a turn of the reactor's loop took.",
            daemon.loop.turns);
  gauge(out, "uvinetd_loop_longest_turn_seconds", "The longest of them.", daemon.loop.longest);
  print_roles(out, daemon.roles);
}

}  // namespace uvinetd
