// SPDX-License-Identifier: ISC
// What the daemon does per line, per look-up, per decision and per start.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <sys/wait.h>

#include <array>
#include <string>
#include <vector>

#include "core/base/unique_fd.h"
#include "core/config/loader.h"
#include "core/reactor/wait_gate.h"
#include "spawn/posix_spawner.h"
#include "spawn/table.h"

namespace uvinetd {
namespace {

void ParseInetdConf(benchmark::State& state) {
  std::string text;
  for (int i = 0; i < state.range(0); ++i) {
    text +=
        std::to_string(1024 + i % 60000) + " stream tcp4 nowait nobody /usr/bin/env env a b c\n";
  }
  const InetdConfOptions options;
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        parse_inetd_conf(text, "inetd.conf", options, system_service_names()).services.size());
  }
  state.SetComplexityN(state.range(0));
}
BENCHMARK(ParseInetdConf)->Arg(1000)->Arg(10000)->Complexity(benchmark::oN);

void TableLookup(benchmark::State& state) {
  std::vector<TableService> services;
  for (std::uint32_t i = 1; i <= static_cast<std::uint32_t>(state.range(0)); ++i) {
    TableService service;
    service.key = i;
    service.id = "service/" + std::to_string(i);
    service.argv = {"env", "a", "b"};
    services.push_back(std::move(service));
  }
  const auto bytes = print_table(1, {}, services);
  const auto table = Table::view(bytes);
  std::uint32_t key = 0;
  for (auto _ : state) {
    key = key % static_cast<std::uint32_t>(state.range(0)) + 1;
    benchmark::DoNotOptimize(table->service(key)->key);
  }
}
BENCHMARK(TableLookup)->Arg(1)->Arg(10000);

void WaitGateStep(benchmark::State& state) {
  auto gate = WaitState::Idle;
  for (auto _ : state) {
    gate = step(gate, gate == WaitState::Idle ? WaitEvent::Readable : WaitEvent::Exited).next;
    benchmark::DoNotOptimize(gate);
  }
}
BENCHMARK(WaitGateStep);

void SpawnTrue(benchmark::State& state) {
  const UniqueFd null(open("/dev/null", O_RDWR | O_CLOEXEC));
  std::string name = "true";
  const std::array<char*, 2> argv{name.data(), nullptr};
  const std::array<char*, 1> environment{nullptr};
  PosixSpawner spawner;
  SpawnRequest request;
  request.program = "/bin/true";
  request.argv = argv.data();
  request.environment = environment.data();
  request.connection = null.get();
  for (auto _ : state) {
    const auto pid = spawner.spawn(request);
    if (!pid) {
      state.SkipWithError("spawn failed");
      break;
    }
    waitpid(*pid, nullptr, 0);
  }
}
BENCHMARK(SpawnTrue)->UseRealTime();

}  // namespace
}  // namespace uvinetd
