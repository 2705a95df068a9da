// SPDX-License-Identifier: ISC
// What is counted of one connection from accept to the end of its server, the looks at the clock
// and the loop's turns included; and the text of it all.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/reactor/metrics/meter.h"
#include "core/reactor/metrics/metrics_source.h"

namespace uvinetd::bench {
namespace {

constexpr int kTurns = 3;  // of the loop: accept, the report of the start, that of the end

void count_connection(Meter& meter, ServiceCounters& of, LoopMetrics& loop) {
  const auto accepted = monotonic_now();
  meter.accepted(of);
  meter.started(of, accepted, monotonic_now());
  meter.ended(of, {0, 350, 420, 1'800});
  for (int i = 0; i < kTurns; ++i) {
    const auto began = monotonic_now();
    loop.turns.add(monotonic_now() - began);
  }
}

// Of so many services one after the other: each finds what it counts in nobody's cache.
void CountConnection(benchmark::State& state) {
  Meter meter;
  LoopMetrics loop;
  std::vector<ServiceCounters> services(static_cast<std::size_t>(state.range(0)));
  for (auto& each : services) count_connection(meter, each, loop);
  std::size_t at = 0;
  for (auto _ : state) {
    count_connection(meter, services[at], loop);
    at = at + 1 == services.size() ? 0 : at + 1;
  }
  benchmark::DoNotOptimize(meter.total());
}

class Services final : public MetricsView {
 public:
  explicit Services(std::size_t count) : counters_(count) {
    LoopMetrics loop;
    for (std::size_t i = 0; i < count; ++i) {
      ids_.push_back("service-" + std::to_string(i) + "/tcp");
      count_connection(meter_, counters_[i], loop);
    }
  }
  [[nodiscard]] std::vector<std::uint32_t> service_keys() const override {
    std::vector<std::uint32_t> out;
    for (std::uint32_t i = 0; i < ids_.size(); ++i) out.push_back(i);
    return out;
  }
  [[nodiscard]] std::optional<ServiceMetrics> service(std::uint32_t key) const override {
    return ServiceMetrics{ids_[key], &counters_[key].get(), 1, false};
  }
  [[nodiscard]] std::optional<QueueLength> queue(std::uint32_t) const override {
    return std::nullopt;
  }
  [[nodiscard]] const Counters& total() const override { return meter_.total(); }
  [[nodiscard]] DaemonMetrics daemon() const override { return {}; }

 private:
  Meter meter_;
  std::vector<std::string> ids_;
  std::vector<ServiceCounters> counters_;
};

// The time of one piece, which is what the loop is held up by.
void PrintMetricsPiece(benchmark::State& state) {
  const Services services(static_cast<std::size_t>(state.range(0)));
  MetricsSource source(services, false);
  std::string piece;
  for (auto _ : state) {
    piece.clear();
    if (source.next(piece)) continue;
    state.PauseTiming();
    source = MetricsSource(services, false);
    state.ResumeTiming();
  }
}

BENCHMARK(CountConnection)->Arg(1)->Arg(10'000);
BENCHMARK(PrintMetricsPiece)->Arg(10'000);

}  // namespace
}  // namespace uvinetd::bench
