// SPDX-License-Identifier: ISC
// Reaping one ended child, the youngest, among live ones: a wait for any child walks over all of
// them, the oldest first.
#include <benchmark/benchmark.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/micro/live_children.h"
#include "core/base/clock.h"
#include "spawn/reaper.h"

namespace uvinetd::bench {
namespace {

constexpr int kReaps = 2000;

// A child that is a zombie by now; -1 when there is none to be had.
pid_t ended_child() {
  const pid_t pid = vfork();
  if (pid == 0) _exit(0);
  siginfo_t info{};
  if (pid < 0 || waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT) != 0) return -1;
  return pid;
}

bool reap_any(pid_t pid) {
  const auto exit = reap_one();
  return exit && exit->pid == pid;
}

bool reap_by_pid(pid_t pid) {
  int status = 0;
  rusage usage{};
  return wait4(pid, &status, WNOHANG, &usage) == pid;
}

template <bool (*reap)(pid_t)>
void Reap(benchmark::State& state) {
  LiveChildren live;
  if (auto status = live.start(static_cast<std::size_t>(state.range(0))); !status) {
    return state.SkipWithError(status.error().text().c_str());
  }
  for (auto _ : state) {
    const pid_t pid = ended_child();
    if (pid < 0) return state.SkipWithError("vfork failed");
    const auto begin = monotonic_now();
    const bool is_reaped = reap(pid);
    state.SetIterationTime(std::chrono::duration<double>(monotonic_now() - begin).count());
    if (!is_reaped) return state.SkipWithError("another child was reaped");
  }
}

// The look that ends every round of reaping.
void ReapNothing(benchmark::State& state) {
  LiveChildren live;
  if (auto status = live.start(static_cast<std::size_t>(state.range(0))); !status) {
    return state.SkipWithError(status.error().text().c_str());
  }
  for (auto _ : state) benchmark::DoNotOptimize(reap_one());
}

void over_children(benchmark::internal::Benchmark* each) {
  each->ArgName("live")->Arg(1)->Arg(1000)->Arg(10'000)->Unit(benchmark::kMicrosecond);
}

BENCHMARK_TEMPLATE(Reap, reap_any)->Apply(over_children)->UseManualTime()->Iterations(kReaps);
BENCHMARK_TEMPLATE(Reap, reap_by_pid)->Apply(over_children)->UseManualTime()->Iterations(kReaps);
BENCHMARK(ReapNothing)->Apply(over_children)->UseRealTime()->Iterations(kReaps);

}  // namespace
}  // namespace uvinetd::bench
