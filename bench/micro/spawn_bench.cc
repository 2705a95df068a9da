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
#include "spawn/posix_spawner.h"

namespace uvinetd::bench {
namespace {

constexpr std::size_t kMebibyte = std::size_t{1} << 20;

template <typename Kind>
void Spawn(benchmark::State& state) {
  const auto ballast = make_ballast(static_cast<std::size_t>(state.range(0)) * kMebibyte);
  if (!ballast) return state.SkipWithError(ballast.error().text().c_str());
  const auto descriptors = open_descriptors(static_cast<std::size_t>(state.range(1)));
  if (!descriptors) return state.SkipWithError(descriptors.error().text().c_str());
  const UniqueFd null(open("/dev/null", O_RDWR | O_CLOEXEC));
  SpawnCase one(null.get());
  Kind spawner;
  for (auto _ : state) {
    if (const auto status = one.run(spawner); !status) {
      state.SkipWithError(status.error().text().c_str());
      break;
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

BENCHMARK_TEMPLATE(Spawn, PosixSpawner)->Apply(over_burdens);
BENCHMARK_TEMPLATE(Spawn, ForkSpawner)->Apply(over_burdens);

}  // namespace
}  // namespace uvinetd::bench
