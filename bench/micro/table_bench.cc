// SPDX-License-Identifier: ISC
// The run-time table: printed and sealed by the monitor at each reload, mapped and read through by
// the reactor, looked up by launchers.
#include <benchmark/benchmark.h>

#include "bench/micro/samples.h"
#include "core/base/shared_memory.h"
#include "spawn/table.h"

namespace uvinetd::bench {
namespace {

std::string sample_table(benchmark::State& state) {
  return print_table(1, {}, sample_table_services(static_cast<std::size_t>(state.range(0))));
}

void TablePrint(benchmark::State& state) {
  const auto services = sample_table_services(static_cast<std::size_t>(state.range(0)));
  std::size_t bytes = 0;
  for (auto _ : state) bytes = print_table(1, {}, services).size();
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.counters["bytes"] = static_cast<double>(bytes);
}

void TableSealAndMap(benchmark::State& state) {
  const auto bytes = sample_table(state);
  for (auto _ : state) {
    const auto memory = make_read_only_memory("table-bench", bytes);
    if (!memory) return state.SkipWithError(memory.error().text().c_str());
    const auto table = Table::map(memory->get());
    if (!table) return state.SkipWithError(table.error().text().c_str());
    benchmark::DoNotOptimize(table->service_count());
  }
}

void TableReadThrough(benchmark::State& state) {
  const auto bytes = sample_table(state);
  const auto table = Table::view(bytes);
  if (!table) return state.SkipWithError(table.error().text().c_str());
  for (auto _ : state) {
    for (std::size_t i = 0; i < table->service_count(); ++i) {
      benchmark::DoNotOptimize(table->service_at(i).key);
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void TableLookup(benchmark::State& state) {
  const auto bytes = sample_table(state);
  const auto table = Table::view(bytes);
  if (!table) return state.SkipWithError(table.error().text().c_str());
  const auto count = static_cast<std::uint32_t>(state.range(0));
  std::uint32_t at = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(table->service(at + 1));
    at = (at + 7919) % count;  // a prime: not in the order of keys
  }
}

BENCHMARK(TablePrint)->ArgName("services")->Arg(10'000)->Unit(benchmark::kMicrosecond);
BENCHMARK(TableSealAndMap)->ArgName("services")->Arg(10'000)->Unit(benchmark::kMicrosecond);
BENCHMARK(TableReadThrough)->ArgName("services")->Arg(10'000)->Unit(benchmark::kMicrosecond);
BENCHMARK(TableLookup)->ArgName("services")->Arg(1)->Arg(10'000);

}  // namespace
}  // namespace uvinetd::bench
