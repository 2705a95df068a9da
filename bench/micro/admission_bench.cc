// SPDX-License-Identifier: ISC
// What is asked before a process is spent: the rate of a service, the limits of a source among so
// many that are known.
#include <benchmark/benchmark.h>
#include <netinet/in.h>

#include <vector>

#include "core/reactor/admission/source_limits.h"

namespace uvinetd::bench {
namespace {

constexpr std::chrono::milliseconds kNow{1'000'000};
constexpr std::uint32_t kPlenty = 4'000'000'000;

SocketAddress source(std::uint32_t number) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(40'000);
  address.sin_addr.s_addr = htonl(0x0a000000U + number);  // 10.0.0.0/8
  return {reinterpret_cast<const sockaddr*>(&address), sizeof address};
}

void MinuteRateLookup(benchmark::State& state) {
  MinuteRate rate;
  for (auto _ : state) {
    benchmark::DoNotOptimize(rate.allows(kPlenty, kNow));
    rate.count(kNow);
  }
}

// Admitted and, as its server ends, given back.
void SourceLimitsLookup(benchmark::State& state) {
  SourceLimits limits;
  std::vector<SocketAddress> sources;
  for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(state.range(0)); ++i) {
    sources.push_back(source(i));
    limits.adopt(1, sources.back());  // so that nobody is forgotten
  }
  std::size_t at = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(limits.admit(1, sources[at], kPlenty, kPlenty, kNow));
    limits.ended(1, sources[at]);
    at = (at + 7919) % sources.size();  // a prime: not in the order they came
  }
}

// Strangers while the table is full: the worst that a flood of sources can ask for.
void SourceLimitsFull(benchmark::State& state) {
  SourceLimits limits;
  for (std::uint32_t i = 0; i < SourceLimits::kMost; ++i) limits.adopt(1, source(i));
  const auto stranger = source(SourceLimits::kMost + 1);
  for (auto _ : state) {
    benchmark::DoNotOptimize(limits.admit(1, stranger, kPlenty, kPlenty, kNow));
  }
}

BENCHMARK(MinuteRateLookup);
BENCHMARK(SourceLimitsLookup)->ArgName("sources")->Arg(1)->Arg(1000)->Arg(60'000);
BENCHMARK(SourceLimitsFull);

}  // namespace
}  // namespace uvinetd::bench
