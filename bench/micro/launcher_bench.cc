// SPDX-License-Identifier: ISC
// What the way through a launcher costs: a launch on its channel, both reports back; against the
// same start by this process, and against a launch that starts nothing.
#include <benchmark/benchmark.h>
#include <sys/socket.h>

#include <array>

#include "bench/micro/launcher_process.h"
#include "bench/micro/probe_program.h"
#include "bench/micro/spawn_case.h"
#include "core/base/clock.h"
#include "spawn/spawner_choice.h"

namespace uvinetd::bench {
namespace {

constexpr std::uint32_t kProbe = 1;
constexpr std::uint32_t kNoService = 2;

TableService probe_service() {
  TableService out;
  out.key = kProbe;
  out.id = "probe/tcp";
  out.identity = LauncherProcess::kIdentity;
  out.socket_type = SOCK_STREAM;
  out.program = probe_program();
  out.argv = {probe_name()};
  return out;
}

// One connection for all: the ways differ in who starts, not in how a connection comes to be.
class Connection {
 public:
  Connection() {
    std::array<int, 2> ends{-1, -1};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return;
    client_ = UniqueFd(ends[0]);
    server_ = UniqueFd(ends[1]);
  }
  [[nodiscard]] int server() const { return server_.get(); }
  // What the probes wrote is read away, lest the pair fills.
  void drain() {
    std::array<char, 4096> buffer;
    (void)recv(client_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  }

 private:
  UniqueFd client_;
  UniqueFd server_;
};

void DirectSpawn(benchmark::State& state, SpawnerKind kind) {
  const auto spawner = make_spawner(kind);
  if (!spawner) return state.SkipWithError(spawner.error().text().c_str());
  Connection connection;
  SpawnCase one(connection.server());
  for (auto _ : state) {
    if (const auto status = one.run(**spawner); !status) {
      return state.SkipWithError(status.error().text().c_str());
    }
    connection.drain();
  }
  state.SetItemsProcessed(state.iterations());
  state.SetLabel(probe_name());
}

// Keeps `in_flight` launches on their way; an iteration is one exit.
void LauncherHop(benchmark::State& state, SpawnerKind kind) {
  LauncherProcess launcher;
  if (auto status = launcher.start({probe_service()}, kind); !status) {
    return state.SkipWithError(status.error().text().c_str());
  }
  Connection connection;
  const auto most = static_cast<LaunchId>(state.range(0));
  LaunchId sent = 0;
  LaunchId ended = 0;
  std::chrono::nanoseconds until_started{0};  // of launches that are alone
  for (auto _ : state) {
    const auto begin = monotonic_now();
    for (; sent - ended < most; ++sent)
      (void)launcher.launch(sent + 1, kProbe, connection.server());
    for (bool is_exit = false; !is_exit;) {
      const auto report = launcher.next_report();
      if (!report) return state.SkipWithError("the launcher is gone");
      if (report->kind == ReportKind::Failed) return state.SkipWithError(report->step.c_str());
      is_exit = report->kind == ReportKind::Exited;
      if (!is_exit) until_started += monotonic_now() - begin;
    }
    ++ended;
    connection.drain();
  }
  state.SetItemsProcessed(state.iterations());
  if (most == 1) {
    state.counters["started_us"] = benchmark::Counter(
        static_cast<double>(until_started.count()) / 1e3, benchmark::Counter::kAvgIterations);
  }
  state.SetLabel(probe_name());
}

// The two channels and what the launcher does around a start, without the start.
void LauncherHopWithoutStart(benchmark::State& state) {
  LauncherProcess launcher;
  if (auto status = launcher.start({probe_service()}, SpawnerKind::PosixSpawn); !status) {
    return state.SkipWithError(status.error().text().c_str());
  }
  const Connection connection;
  LaunchId id = 0;
  for (auto _ : state) {
    (void)launcher.launch(++id, kNoService, connection.server());
    if (!launcher.next_report()) return state.SkipWithError("the launcher is gone");
  }
  state.SetItemsProcessed(state.iterations());
}

void over_windows(benchmark::internal::Benchmark* each) {
  each->ArgName("in_flight")->Arg(1)->Arg(8)->Arg(64);
  each->UseRealTime()->Unit(benchmark::kMicrosecond);
}

BENCHMARK_CAPTURE(DirectSpawn, posix_spawn, SpawnerKind::PosixSpawn)
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(DirectSpawn, clone, SpawnerKind::Clone)
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(LauncherHop, posix_spawn, SpawnerKind::PosixSpawn)->Apply(over_windows);
BENCHMARK_CAPTURE(LauncherHop, clone, SpawnerKind::Clone)->Apply(over_windows);
BENCHMARK(LauncherHopWithoutStart)->UseRealTime()->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace uvinetd::bench
