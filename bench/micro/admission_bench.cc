// SPDX-License-Identifier: ISC
// What is asked before a process is spent: the rate of a service, the limits of a source among so
// many that are known, whether it is banned.
#include <benchmark/benchmark.h>
#include <netinet/in.h>

#include <vector>

#include "core/base/ban_list.h"
#include "core/reactor/admission/source_limits.h"

namespace uvinetd::bench {
namespace {

constexpr std::chrono::milliseconds kNow{1'000'000};
constexpr std::uint32_t kPlenty = 2'000'000'000;

SourceShare plenty() {
  SourceShare share;
  share.instances = kPlenty;
  share.starts_per_minute = kPlenty;
  share.rate = {kPlenty, kPlenty, 1'000};
  return share;
}

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

void TokenBucketLookup(benchmark::State& state) {
  TokenBucket bucket;
  const StartRate rate{kPlenty, kPlenty, 1'000};
  for (auto _ : state) {
    benchmark::DoNotOptimize(bucket.allows(rate, kNow));
    bucket.take(rate, kNow);
  }
}

// Admitted and, as its server ends, given back.
void SourceLimitsLookup(benchmark::State& state) {
  SourceLimits limits;
  std::vector<SocketAddress> sources;
  for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(state.range(0)); ++i) {
    sources.push_back(source(i));
    limits.adopt(1, sources.back(), kUsualPrefixV6);  // so that nobody is forgotten
  }
  const auto share = plenty();
  std::size_t at = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(limits.admit(1, sources[at], share, kNow));
    limits.ended(1, sources[at], kUsualPrefixV6);
    at = (at + 7919) % sources.size();  // a prime: not in the order they came
  }
}

// Always another stranger: each one makes the table forget somebody.
void SourceLimitsFlood(benchmark::State& state) {
  SourceLimits limits;
  const auto share = plenty();
  std::uint32_t number = 0;
  for (auto _ : state) {
    const auto stranger = source(number++ % 0x00ffffff);
    benchmark::DoNotOptimize(limits.admit(1, stranger, share, kNow));
    limits.ended(1, stranger, kUsualPrefixV6);
  }
}

// One that is not banned, among so many that are.
void BanListLookup(benchmark::State& state) {
  BanList bans;
  for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(state.range(0)); ++i) {
    bans.add({source_of(source(i)), BanList::kForEver}, kNow);
  }
  const auto innocent = source(0x00ffffff);
  for (auto _ : state) benchmark::DoNotOptimize(bans.holds(source_of(innocent), kNow));
}

BENCHMARK(MinuteRateLookup);
BENCHMARK(TokenBucketLookup);
BENCHMARK(SourceLimitsLookup)->ArgName("sources")->Arg(1)->Arg(1000)->Arg(60'000);
BENCHMARK(SourceLimitsFlood);
BENCHMARK(BanListLookup)->ArgName("bans")->Arg(0)->Arg(10)->Arg(10'000);

}  // namespace
}  // namespace uvinetd::bench
