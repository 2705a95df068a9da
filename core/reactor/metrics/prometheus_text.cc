// SPDX-License-Identifier: ISC
#include "core/reactor/metrics/prometheus_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "core/base/escape.h"

namespace uvinetd {
namespace {

constexpr std::size_t kLongestLabel = 256;

std::string_view name_of(MetricType type) {
  switch (type) {
    case MetricType::Counter:
      return "counter";
    case MetricType::Gauge:
      return "gauge";
    case MetricType::Histogram:
      return "histogram";
  }
  return "untyped";
}

void print_escaped(std::string& out, std::string_view text, bool is_quoted) {
  for (const char c : text) {
    if (c == '\\' || (is_quoted && c == '"')) out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
}

// "1.5", without zeros at its end.
void print_seconds(std::string& out, std::uint64_t ns) {
  constexpr std::uint64_t kSecond = 1'000'000'000;
  fmt::format_to(std::back_inserter(out), "{}", ns / kSecond);
  const auto rest = ns % kSecond;
  if (rest == 0) return;
  fmt::format_to(std::back_inserter(out), ".{:09}", rest);
  out.erase(out.find_last_not_of('0') + 1);
}

// One more label than those of the sample may be `bound`: "" is none.
void print_start(std::string& out, std::string_view name, std::string_view suffix,
                 MetricLabels labels, std::string_view bound = {}) {
  out.append(name).append(suffix);
  char before = '{';
  for (const auto& label : labels) {
    out += before;
    out.append(label.name).append("=\"");
    print_escaped(out, one_line(label.value, kLongestLabel), true);
    out += '"';
    before = ',';
  }
  if (!bound.empty()) {
    out += before;
    out.append("le=\"").append(bound).append("\"");
    before = ',';
  }
  out.append(before == ',' ? "} " : " ");
}

void print_number(std::string& out, std::uint64_t value) {
  fmt::format_to(std::back_inserter(out), "{}\n", value);
}

}  // namespace

void print_family(std::string& out, const MetricFamily& family) {
  out.append("# HELP ").append(family.name).append(" ");
  print_escaped(out, family.help, false);
  out.append("\n# TYPE ").append(family.name).append(" ").append(name_of(family.type)).append("\n");
}

void print_sample(std::string& out, std::string_view name, MetricLabels labels,
                  std::uint64_t value) {
  print_start(out, name, "", labels);
  print_number(out, value);
}

void print_sample(std::string& out, std::string_view name, MetricLabels labels,
                  std::chrono::nanoseconds value) {
  print_start(out, name, "", labels);
  print_seconds(out, static_cast<std::uint64_t>(std::max<std::int64_t>(value.count(), 0)));
  out += '\n';
}

void print_histogram(std::string& out, std::string_view name, MetricLabels labels,
                     const Histogram& histogram) {
  std::uint64_t below = 0;
  std::string bound;
  for (std::size_t i = 0; i < Histogram::kBounds.size(); ++i) {
    below += histogram.counts()[i];
    bound.clear();
    print_seconds(bound, static_cast<std::uint64_t>(Histogram::kBounds[i]) * 1'000);
    print_start(out, name, "_bucket", labels, bound);
    print_number(out, below);
  }
  print_start(out, name, "_bucket", labels, "+Inf");
  print_number(out, histogram.count());
  print_start(out, name, "_sum", labels);
  print_seconds(out, histogram.sum_ns());
  out += '\n';
  print_start(out, name, "_count", labels);
  print_number(out, histogram.count());
}

}  // namespace uvinetd
