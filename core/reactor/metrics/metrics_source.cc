// SPDX-License-Identifier: ISC
#include "core/reactor/metrics/metrics_source.h"

#include <array>
#include <utility>

#include "core/reactor/metrics/daemon_families.h"
#include "core/reactor/metrics/prometheus_text.h"

namespace uvinetd {
namespace {

using MetricType::Counter;
using MetricType::Gauge;

// What one family tells of a service; nothing where it is 0.
struct One {
  std::string& out;
  std::string_view name;
  const MetricsView& view;
  std::uint32_t key;
  ServiceMetrics service;

  [[nodiscard]] const Counters& counters() const { return *service.counters; }
  void number(std::uint64_t value) const {
    if (value != 0) print_sample(out, name, {{"id", service.id}}, value);
  }
  void words(std::string_view label, const WordCounts& counts) const {
    for (const auto& [word, count] : counts.list()) {
      print_sample(out, name, {{"id", service.id}, {label, word}}, count);
    }
  }
  void histogram(const Histogram& times) const {
    if (times.count() != 0) print_histogram(out, name, {{"id", service.id}}, times);
  }
};

struct ServiceFamily {
  MetricFamily family;
  void (*print)(const One&);
};

void print_running(const One& one) {
  print_sample(one.out, one.name, {{"id", one.service.id}}, one.service.running);
}

void print_cpu(const One& one) {
  const std::chrono::nanoseconds time = std::chrono::microseconds(one.counters().cpu_usec);
  if (time.count() != 0) print_sample(one.out, one.name, {{"id", one.service.id}}, time);
}

void print_queue(const One& one) {
  if (const auto queue = one.view.queue(one.key)) one.number(queue->length);
}

// Only beside a queue: else it would be a line for each service, and always the same.
void print_queue_limit(const One& one) {
  const auto queue = one.view.queue(one.key);
  if (queue && queue->length != 0) one.number(queue->limit);
}

constexpr std::array kFamilies{
    ServiceFamily{
        {"uvinetd_service_running",
         "Servers of a service that run or start, and clients answered without one.", Gauge},
        print_running},
    ServiceFamily{{"uvinetd_service_paused", "1 while a service is paused.", Gauge},
                  [](const One& one) { one.number(one.service.is_paused ? 1 : 0); }},
    ServiceFamily{{"uvinetd_service_accepted_total",
                   "Connections to a service that were accepted, refused ones too.", Counter},
                  [](const One& one) { one.number(one.counters().accepted); }},
    ServiceFamily{{"uvinetd_service_started_total", "Servers of a service started.", Counter},
                  [](const One& one) { one.number(one.counters().started); }},
    ServiceFamily{{"uvinetd_service_answered_total",
                   "Clients of a service answered without a server.", Counter},
                  [](const One& one) { one.number(one.counters().answered); }},
    ServiceFamily{{"uvinetd_service_datagrams_total",
                   "Datagrams to a service that started a server or went to a built-in.", Counter},
                  [](const One& one) { one.number(one.counters().datagrams); }},
    ServiceFamily{{"uvinetd_service_pauses_total", "Pauses of a service.", Counter},
                  [](const One& one) { one.number(one.counters().pauses); }},
    ServiceFamily{{"uvinetd_service_refused_total",
                   "Clients, datagrams and starts of a service refused, by reason.", Counter},
                  [](const One& one) { one.words("reason", one.counters().refused); }},
    ServiceFamily{{"uvinetd_service_start_failures_total",
                   "Starts of a service that failed, by the step that did.", Counter},
                  [](const One& one) { one.words("step", one.counters().failed); }},
    ServiceFamily{{"uvinetd_service_exits_total",
                   "Servers of a service that have ended, by exit status or signal.", Counter},
                  [](const One& one) { one.words("status", one.counters().exits); }},
    ServiceFamily{{"uvinetd_service_cpu_seconds_total",
                   "CPU time of servers of a service that have ended.", Counter},
                  print_cpu},
    ServiceFamily{{"uvinetd_service_max_rss_bytes",
                   "Largest resident size of a server of a service that has ended.", Gauge},
                  [](const One& one) {
                    one.number(static_cast<std::uint64_t>(one.counters().max_rss_kib) * 1024);
                  }},
    ServiceFamily{{"uvinetd_service_queue_length",
                   "Connections in the backlogs of a service's TCP sockets.", Gauge},
                  print_queue},
    ServiceFamily{{"uvinetd_service_queue_limit",
                   "How many can stand there, told while there are some.", Gauge},
                  print_queue_limit},
    // With histograms only: the last ones.
    ServiceFamily{
        {"uvinetd_service_start_latency_seconds",
         "Time from accept to the start of a server of a service.", MetricType::Histogram},
        [](const One& one) { one.histogram(one.counters().start_latency); }},
    ServiceFamily{{"uvinetd_service_answer_latency_seconds",
                   "Time from accept to the first byte of an answer without a server.",
                   MetricType::Histogram},
                  [](const One& one) { one.histogram(one.counters().answer_latency); }},
};
constexpr std::size_t kHistograms = 2;

}  // namespace

MetricsSource::MetricsSource(const MetricsView& view, bool has_histograms)
    : view_(&view), keys_(view.service_keys()), has_histograms_(has_histograms) {}

bool MetricsSource::next(std::string& out) {
  const auto begin = out.size();
  if (!std::exchange(is_begun_, true)) {
    print_daemon_families(out, view_->daemon(), view_->total(), keys_.size());
  }
  const auto families = kFamilies.size() - (has_histograms_ ? 0 : kHistograms);
  for (std::size_t looks = 0; family_ < families; ++family_, service_ = 0) {
    const auto& family = kFamilies[family_];
    if (service_ == 0) print_family(out, family.family);
    for (; service_ < keys_.size(); ++service_, ++looks) {
      if (out.size() - begin >= kPiece || looks == kMostLooks) return true;
      const auto key = keys_[service_];
      if (auto service = view_->service(key)) {
        family.print({out, family.family.name, *view_, key, *service});
      }
    }
  }
  return false;
}

}  // namespace uvinetd
