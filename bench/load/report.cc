// SPDX-License-Identifier: ISC
#include "bench/load/report.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

namespace uvinetd::bench {
namespace {

double seconds(nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

std::string line_of(const char* name, const std::optional<Summary>& summary) {
  if (!summary) return {};
  return fmt::format("  {:<12}{:>10.1f}{:>10.1f}{:>10.1f}{:>10.1f}{:>10.1f}{:>10.1f}\n", name,
                     summary->p50, summary->p90, summary->p99, summary->p999, summary->max,
                     summary->mean);
}

std::string failures_as_text(const Tally& tally) {
  if (tally.failed() == 0) return "no errors";
  std::string out = fmt::format("{} errors:", tally.failed());
  for (std::size_t i = 0; i < kFailures; ++i)
    if (tally.failures[i] != 0) out += fmt::format(" {} {}", kFailureNames[i], tally.failures[i]);
  if (tally.last_errno != 0) out += fmt::format(" (the last: {})", std::strerror(tally.last_errno));
  return out;
}

std::string daemon_as_text(const Report& report) {
  const auto& daemon = *report.daemon;
  auto out = fmt::format("  daemon      {} processes, ", daemon.processes);
  out += daemon.pss_kib
             ? fmt::format("PSS {:.1f} MiB, ", static_cast<double>(*daemon.pss_kib) / 1024)
             : std::string("PSS not readable, ");
  if (const auto own = report.cpu_us_per_connection(false))
    out += fmt::format("CPU {:.1f} µs per connection ({:.1f} with its servers), ", *own,
                       report.cpu_us_per_connection(true).value_or(0));
  else
    out += fmt::format("CPU {:.3f} ms, ", seconds(daemon.usage.cpu) * 1000);
  return out + fmt::format("{} context switches\n", daemon.usage.context_switches);
}

}  // namespace

const char* Report::mode() const {
  if (options->idle) return "idle";
  return options->rate_per_second ? "open" : "closed";
}

std::optional<double> Report::cpu_us_per_connection(bool with_children) const {
  if (!daemon || tally.samples.empty()) return std::nullopt;
  const auto total =
      daemon->usage.cpu + (with_children ? daemon->usage.children_cpu : nanoseconds(0));
  return static_cast<double>(total.count()) / 1000 / static_cast<double>(tally.samples.size());
}

Report make_report(const Options& options, Tally tally, std::optional<DaemonReport> daemon) {
  Report out;
  out.options = &options;
  out.exec = summarize(tally.samples, &Sample::exec);
  out.first_byte = summarize(tally.samples, &Sample::first_byte);
  out.eof = summarize(tally.samples, &Sample::eof);
  out.tally = std::move(tally);
  out.daemon = daemon;
  return out;
}

std::string as_text(const Report& report) {
  const auto& options = *report.options;
  std::string out = options.label.empty() ? "" : options.label + "  ";
  if (options.idle) {
    out += fmt::format("idle for {:.1f} s\n", seconds(report.tally.duration));
    return out + daemon_as_text(report);
  }
  out +=
      fmt::format("{}  {} loop, {} client{}, {:.2f} s", options.addresses, report.mode(),
                  options.clients, options.clients == 1 ? "" : "s", seconds(report.tally.duration));
  if (options.rate_per_second)
    out += fmt::format(", {} per second wanted", *options.rate_per_second);
  out += fmt::format("\n  connections {}, {:.0f} per second, {}\n", report.tally.samples.size(),
                     report.tally.rate_per_second(), failures_as_text(report.tally));
  if (!report.tally.samples.empty())
    out += fmt::format("  {:<12}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}\n", "µs", "p50", "p90", "p99",
                       "p99.9", "max", "mean");
  out += line_of("exec", report.exec) + line_of("first byte", report.first_byte) +
         line_of("end", report.eof);
  if (report.held > 0)
    out += fmt::format("  held        {} connections, {} lost\n", report.held, report.held_lost);
  if (report.daemon) out += daemon_as_text(report);
  return out;
}

Status write_report(const std::string& path, const std::string& text) {
  if (path == "-") {
    const bool is_written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
    if (!is_written || std::fflush(stdout) != 0) return fail_errno("write", "standard output");
    return {};
  }
  std::FILE* file = std::fopen(path.c_str(), "we");
  if (file == nullptr) return fail_errno("open", path);
  const bool is_written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  if (std::fclose(file) != 0 || !is_written) return fail_errno("write", path);
  return {};
}

}  // namespace uvinetd::bench
