// SPDX-License-Identifier: ISC
// Prints metrics in the text exposition format of Prometheus, version 0.0.4. Pure.
//
//     print_family(out, {"uvinetd_started_total", "Servers started.", MetricType::Counter});
//     print_sample(out, "uvinetd_started_total", {{"id", "finger/tcp"}}, 12);
//
// All samples of a family must follow it before the next family begins.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "core/reactor/metrics/histogram.h"

namespace uvinetd {

enum class MetricType : std::uint8_t { Counter, Gauge, Histogram };

struct MetricFamily {
  std::string_view name;  // [a-z_]+, with its unit; of a counter ending in _total
  std::string_view help;
  MetricType type = MetricType::Counter;
};

// `value` may be anything: it is made one line of valid UTF-8, of 256 bytes at most.
struct MetricLabel {
  std::string_view name;
  std::string_view value;
};
using MetricLabels = std::initializer_list<MetricLabel>;

void print_family(std::string& out, const MetricFamily& family);
void print_sample(std::string& out, std::string_view name, MetricLabels labels,
                  std::uint64_t value);
// In seconds.
void print_sample(std::string& out, std::string_view name, MetricLabels labels,
                  std::chrono::nanoseconds value);
// Its buckets, each with what is below it, and their sum and count.
void print_histogram(std::string& out, std::string_view name, MetricLabels labels,
                     const Histogram& histogram);

}  // namespace uvinetd
