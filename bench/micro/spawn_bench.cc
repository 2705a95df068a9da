// SPDX-License-Identifier: ISC
// From the call that starts a server to the end of the reaped child, over how much memory the
// caller has touched (MiB, beside the program's own) and how many descriptors it holds.
#include <benchmark/benchmark.h>
#include <fcntl.h>

#include <memory>

#include "bench/micro/burden.h"
#include "bench/micro/fork_spawner.h"
#include "bench/micro/probe_program.h"
#include "bench/micro/spawn_case.h"
#include "spawn/spawner_choice.h"

namespace uvinetd::bench {
namespace {

constexpr std::size_t kMebibyte = std::size_t{1} << 20;

using SpawnerMaker = Result<std::unique_ptr<Spawner>>();

Result<std::unique_ptr<Spawner>> by_posix_spawn() {
  return make_spawner(SpawnerKind::PosixSpawn);
}

Result<std::unique_ptr<Spawner>> by_clone() {
  return make_spawner(SpawnerKind::Clone);
}

Result<std::unique_ptr<Spawner>> by_fork() {
  return std::make_unique<ForkSpawner>();
}

void Spawn(benchmark::State& state, SpawnerMaker* make) {
  const auto spawner = make();
  if (!spawner) return state.SkipWithError(spawner.error().text().c_str());
  const auto ballast = make_ballast(static_cast<std::size_t>(state.range(0)) * kMebibyte);
  if (!ballast) return state.SkipWithError(ballast.error().text().c_str());
  const auto descriptors = open_descriptors(static_cast<std::size_t>(state.range(1)));
  if (!descriptors) return state.SkipWithError(descriptors.error().text().c_str());
  const UniqueFd null(open("/dev/null", O_RDWR | O_CLOEXEC));
  SpawnCase one(null.get());
  for (auto _ : state) {
    if (const auto status = one.run(**spawner); !status) {
      return state.SkipWithError(status.error().text().c_str());
    }
  }
  state.SetLabel(probe_name());
}

void over_burdens(benchmark::internal::Benchmark* each) {
  each->ArgNames({"memory_mib", "descriptors"})
      ->ArgsProduct({{2, 200}, {10, 1000, 10'000}})
      ->UseRealTime()
      ->Unit(benchmark::kMicrosecond);
}

BENCHMARK_CAPTURE(Spawn, posix_spawn, by_posix_spawn)->Apply(over_burdens);
BENCHMARK_CAPTURE(Spawn, clone, by_clone)->Apply(over_burdens);
BENCHMARK_CAPTURE(Spawn, fork, by_fork)->Apply(over_burdens);

}  // namespace
}  // namespace uvinetd::bench
