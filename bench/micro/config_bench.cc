// SPDX-License-Identifier: ISC
// Start and reload before any socket is touched: text to specs, what has changed.
#include <benchmark/benchmark.h>

#include "bench/micro/samples.h"
#include "core/config/load/loader.h"
#include "core/config/toml/toml_conf.h"
#include "core/config/xinetd/xinetd_conf.h"
#include "core/monitor/reload_diff.h"

namespace uvinetd::bench {
namespace {

// `parse` gets the text and answers with what a front end makes of it.
template <typename Parse>
void parse_sample(benchmark::State& state, const std::string& text, Parse parse) {
  const auto services = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    const ParsedConfig parsed = parse(text);
    if (!parsed.diagnostics.empty()) {
      return state.SkipWithError(parsed.diagnostics.front().text().c_str());
    }
    if (parsed.services.size() != services) return state.SkipWithError("services are missing");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
  state.SetComplexityN(state.range(0));
}

void ParseInetdConf(benchmark::State& state) {
  parse_sample(state, sample_conf(static_cast<std::size_t>(state.range(0))), [](const auto& text) {
    NoIncludes no_includes;
    return parse_inetd_conf(text, "inetd.conf", {}, system_service_names(), no_includes);
  });
}

void ParseXinetdConf(benchmark::State& state) {
  parse_sample(
      state, sample_xinetd(static_cast<std::size_t>(state.range(0))), [](const auto& text) {
        NoIncludes no_includes;
        return parse_xinetd_conf(text, "xinetd.conf", {}, system_service_names(), no_includes);
      });
}

void ParseToml(benchmark::State& state) {
  parse_sample(state, sample_toml(static_cast<std::size_t>(state.range(0))), [](const auto& text) {
    return parse_toml_conf(text, "uvinetd.toml", {}, system_service_names());
  });
}

void sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgName("services")->Arg(1000)->Arg(10'000)->Arg(100'000);
  benchmark->Complexity(benchmark::oN)->Unit(benchmark::kMillisecond);
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

BENCHMARK(ParseInetdConf)->Apply(sizes);
BENCHMARK(ParseXinetdConf)->Apply(sizes);
BENCHMARK(ParseToml)->Apply(sizes);
BENCHMARK(ReloadDiffOfOneChange)->ArgName("services")->Arg(10'000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace uvinetd::bench
