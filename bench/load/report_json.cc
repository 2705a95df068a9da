// SPDX-License-Identifier: ISC
// Reports for programs. What was not measured is null in JSON and empty in CSV.
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "bench/load/report.h"

namespace uvinetd::bench {
namespace {

using Json = nlohmann::ordered_json;

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

double rounded(double value) {
  return std::round(value * 1000) / 1000;
}

std::optional<double> rounded(std::optional<double> value) {
  return value ? std::optional(rounded(*value)) : std::nullopt;
}

double microseconds(nanoseconds duration) {
  return static_cast<double>(duration.count()) / 1000;
}

Json as_object(const std::optional<Summary>& summary) {
  if (!summary) return nullptr;
  return {{"p50", rounded(summary->p50)}, {"p90", rounded(summary->p90)},
          {"p99", rounded(summary->p99)}, {"p999", rounded(summary->p999)},
          {"max", rounded(summary->max)}, {"mean", rounded(summary->mean)}};
}

Json as_object(const Report& report, const DaemonReport& daemon) {
  const auto& usage = daemon.usage;
  return {
      {"processes", daemon.processes},
      {"pss_kib", or_null(daemon.pss_kib)},
      {"cpu_us", microseconds(usage.cpu)},
      {"cpu_us_with_children", microseconds(usage.cpu + usage.children_cpu)},
      {"cpu_us_per_connection", or_null(rounded(report.cpu_us_per_connection(false)))},
      {"cpu_us_per_connection_with_children", or_null(rounded(report.cpu_us_per_connection(true)))},
      {"context_switches", usage.context_switches}};
}

Json as_object(const Report& report) {
  const auto& options = *report.options;
  Json errors = Json::object();
  for (std::size_t i = 0; i < kFailures; ++i) errors[kFailureNames[i]] = report.tally.failures[i];
  return {{"schema", 1},
          {"label", options.label},
          {"address", options.addresses},
          {"mode", report.mode()},
          {"clients", options.clients},
          {"rate_wanted", or_null(options.rate_per_second)},
          {"seconds", rounded(std::chrono::duration<double>(report.tally.duration).count())},
          {"connections", report.tally.samples.size()},
          {"errors", std::move(errors)},
          {"rate_per_second", rounded(report.tally.rate_per_second())},
          {"latency_us",
           {{"exec", as_object(report.exec)},
            {"first_byte", as_object(report.first_byte)},
            {"eof", as_object(report.eof)}}},
          {"held", report.held},
          {"held_lost", report.held_lost},
          {"daemon", report.daemon ? as_object(report, *report.daemon) : Json(nullptr)}};
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += c;
    out += c;
  }
  return out + '"';
}

// Columns are the keys of `shape`, those of nested objects joined by '_'; a row has the fields of
// `value`, empty where it has none.
void flatten(const std::string& name, const Json& shape, const Json& value, std::string& heading,
             std::string& row) {
  if (shape.is_object()) {
    for (const auto& [key, inner] : shape.items())
      flatten(name.empty() ? key : name + "_" + key, inner,
              value.is_object() ? value.at(key) : Json(nullptr), heading, row);
    return;
  }
  if (!heading.empty()) {
    heading += ',';
    row += ',';
  }
  heading += name;
  if (value.is_string()) {
    row += quoted(value.get_ref<const std::string&>());
  } else if (!value.is_null()) {
    row += value.dump();
  }
}

std::string column(nanoseconds moment) {
  return moment == Sample::kAbsent ? std::string() : std::to_string(moment.count());
}

}  // namespace

std::string as_json(const Report& report) {
  return as_object(report).dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string as_csv(const Report& report) {
  // Every run has the same columns, whatever was measured.
  Report complete = report;
  if (!complete.exec) complete.exec = Summary{};
  if (!complete.first_byte) complete.first_byte = Summary{};
  if (!complete.eof) complete.eof = Summary{};
  if (!complete.daemon) complete.daemon = DaemonReport{};
  std::string heading;
  std::string row;
  flatten("", as_object(complete), as_object(report), heading, row);
  return heading + "\n" + row + "\n";
}

std::string samples_as_csv(const Tally& tally) {
  std::string out = "start_ns,exec_ns,first_byte_ns,eof_ns\n";
  if (tally.samples.empty()) return out;
  auto first = tally.samples.front().start;
  for (const auto& sample : tally.samples) first = std::min(first, sample.start);
  for (const auto& sample : tally.samples)
    out += fmt::format("{},{},{},{}\n", (sample.start - first).count(), column(sample.exec),
                       column(sample.first_byte), column(sample.eof));
  return out;
}

}  // namespace uvinetd::bench
