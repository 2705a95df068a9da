// SPDX-License-Identifier: ISC
// Something to be measured, made of values.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/reactor/metrics/meter.h"
#include "core/reactor/metrics/metrics_source.h"

namespace uvinetd::test {

struct FakeService {
  std::string id;
  ServiceCounters counters;
  std::uint64_t running = 0;
  bool is_paused = false;
  std::optional<QueueLength> queue;
};

class FakeView final : public MetricsView {
 public:
  [[nodiscard]] std::vector<std::uint32_t> service_keys() const override {
    std::vector<std::uint32_t> out;
    for (const auto& [key, each] : services) out.push_back(key);
    return out;
  }
  [[nodiscard]] std::optional<ServiceMetrics> service(std::uint32_t key) const override {
    ++looks;
    const auto found = services.find(key);
    if (found == services.end()) return std::nullopt;
    const auto& each = found->second;
    return ServiceMetrics{each.id, &each.counters.get(), each.running, each.is_paused};
  }
  [[nodiscard]] std::optional<QueueLength> queue(std::uint32_t key) const override {
    return services.at(key).queue;
  }
  [[nodiscard]] const Counters& total() const override { return meter.total(); }
  [[nodiscard]] DaemonMetrics daemon() const override { return daemon_metrics; }

  // A service that has done what many do: two clients, one refusal, two ends.
  FakeService& add_busy(std::uint32_t key, std::string id) {
    using namespace std::chrono_literals;
    auto& each = services[key];
    each.id = std::move(id);
    each.running = 1;
    each.queue = QueueLength{3, 128};
    for (int i = 0; i < 1'000; ++i) meter.accepted(each.counters);
    for (int i = 0; i < 1'000; ++i) meter.started(each.counters, 1s, 1s + 300us * (i % 8));
    meter.refused(each.counters, "access rule=2");
    meter.ended(each.counters, {0, 123'456, 7'890, 2'048});
    meter.ended(each.counters, {9, 1'000, -1, -1});
    return each;
  }
  // One of everything.
  void fill() {
    using namespace std::chrono_literals;
    auto& busy = add_busy(1, "finger/tcp");
    busy.is_paused = true;
    meter.paused(busy.counters);
    meter.failed(busy.counters, "execve");
    meter.failed(busy.counters, "setgroups");
    auto& echo = services[2];
    echo.id = "echo \"\\\n\xff/udp";
    meter.answered(echo.counters);
    meter.datagrams(echo.counters, 7);
    meter.spoke(echo.counters, 1s, 1s + 70us);
    services[3].id = "idle/tcp";
    daemon_metrics.running = 1;
    daemon_metrics.loop.turns.add(1ms);
    daemon_metrics.loop.longest = 1ms;
    daemon_metrics.roles = {{"monitor", 1, 0, 40}, {"launcher", 2, 1, std::nullopt}};
  }

  Meter meter;
  std::map<std::uint32_t, FakeService> services;
  DaemonMetrics daemon_metrics;
  mutable std::size_t looks = 0;
};

inline std::string whole_text(const MetricsView& view, bool has_histograms) {
  MetricsSource source(view, has_histograms);
  std::string out;
  while (source.next(out)) {
  }
  return out;
}

}  // namespace uvinetd::test
