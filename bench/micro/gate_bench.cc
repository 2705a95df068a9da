// SPDX-License-Identifier: ISC
// One decision of each machine, over a round of the events that it meets in ordinary life.
#include <benchmark/benchmark.h>

#include <array>

#include "core/reactor/dgram_gate.h"
#include "core/reactor/nowait_gate.h"
#include "core/reactor/wait_gate.h"

namespace uvinetd::bench {
namespace {

template <typename State, typename Event, std::size_t kCount>
void walk(benchmark::State& state, State gate, std::array<Event, kCount> round) {
  static_assert((kCount & (kCount - 1)) == 0, "a mask instead of a division");
  benchmark::DoNotOptimize(round);
  std::size_t at = 0;
  for (auto _ : state) {
    const auto step_taken = step(gate, round[at]);
    gate = step_taken.next;
    auto action = step_taken.action;
    benchmark::DoNotOptimize(action);
    at = (at + 1) & (kCount - 1);
  }
}

void WaitGate(benchmark::State& state) {
  using enum WaitEvent;
  walk(state, WaitState::Idle,
       std::array{Readable, Started, Exited, Readable, Started, ExitedIdle, BackoffOver, Exited});
}

void NowaitGate(benchmark::State& state) {
  using enum NowaitEvent;
  walk(state, NowaitState::Open, std::array{LimitReached, LimitFreed, Pause, PauseOver});
}

void DgramGate(benchmark::State& state) {
  using enum DgramEvent;
  walk(state, DgramState::Idle, std::array{Readable, HeadSame, HeadNew, Empty});
}

BENCHMARK(WaitGate);
BENCHMARK(NowaitGate);
BENCHMARK(DgramGate);

}  // namespace
}  // namespace uvinetd::bench
