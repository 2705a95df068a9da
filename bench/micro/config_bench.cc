// SPDX-License-Identifier: ISC
// Start and reload before any socket is touched: text to specs, what has changed.
#include <benchmark/benchmark.h>

#include "bench/micro/samples.h"
#include "core/config/loader.h"
#include "core/monitor/reload_diff.h"

namespace uvinetd::bench {
namespace {

void ParseInetdConf(benchmark::State& state) {
  const auto text = sample_conf(static_cast<std::size_t>(state.range(0)));
  const InetdConfOptions options;
  for (auto _ : state) {
    NoIncludes no_includes;
    const auto parsed =
        parse_inetd_conf(text, "inetd.conf", options, system_service_names(), no_includes);
    if (!parsed.diagnostics.empty()) return state.SkipWithError("the sample has errors");
    benchmark::DoNotOptimize(parsed.services.size());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
  state.SetComplexityN(state.range(0));
}

void ReloadDiffOfOneChange(benchmark::State& state) {
  const auto running = sample_services(static_cast<std::size_t>(state.range(0)));
  auto wanted = running;
  wanted[wanted.size() / 2].spec.argv.emplace_back("-v");
  for (auto _ : state) {
    const auto found = diff(running, wanted);
    if (found.changed != 1) return state.SkipWithError("not one change");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

BENCHMARK(ParseInetdConf)
    ->ArgName("lines")
    ->Arg(1000)
    ->Arg(10'000)
    ->Complexity(benchmark::oN)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(ReloadDiffOfOneChange)->ArgName("services")->Arg(10'000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace uvinetd::bench
