// SPDX-License-Identifier: ISC
// Whether a client may connect: the closest of so many rules.
#include <benchmark/benchmark.h>

#include <cstring>
#include <random>
#include <vector>

#include "spawn/access/access_decision.h"

namespace uvinetd::bench {
namespace {

constexpr std::size_t kClients = 65'536;  // asked about in turn: no cache holds the way to all

NetworkPrefix network(std::mt19937& any, bool is_v6) {
  NetworkPrefix out;
  out.bits = static_cast<std::uint8_t>((is_v6 ? 32 : 16) + any() % 17);
  for (unsigned i = 0; i < out.bits / 8U; ++i) out.octets[i] = static_cast<std::uint8_t>(any());
  if (is_v6) std::memcpy(out.octets.data(), "\x20\x01", 2);  // as on the Internet: of few prefixes
  return out;
}

// One of the networks, most of the time.
AccessClient client(std::mt19937& any, bool is_v6, const std::vector<NetworkPrefix>& networks) {
  AccessClient out;
  out.kind = is_v6 ? AccessClient::Kind::V6 : AccessClient::Kind::V4;
  if (any() % 4 != 0) out.octets = networks[any() % networks.size()].octets;
  for (unsigned i = is_v6 ? 8 : 3; i < 16; ++i) out.octets[i] = static_cast<std::uint8_t>(any());
  return out;
}

void Access(benchmark::State& state, bool is_v6) {
  std::mt19937 any(20);  // NOLINT(cert-msc51-cpp): the same in every run
  AccessRules rules;
  auto& networks = is_v6 ? rules.v6 : rules.v4;
  for (std::int64_t i = 0; i < state.range(0); ++i) networks.push_back(network(any, is_v6));
  std::vector<AccessClient> clients;
  for (std::size_t i = 0; i < kClients; ++i) clients.push_back(client(any, is_v6, networks));
  AccessBook book;
  (void)book.set(1, AccessList::print(rules));
  AccessSettings settings;
  settings.deny = {1};
  std::size_t at = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(decide_access(settings, book, clients[at]));
    at = (at + 7919) % kClients;
  }
}

BENCHMARK_CAPTURE(Access, v4, false)->ArgName("rules")->Arg(1)->Arg(1000)->Arg(100'000);
BENCHMARK_CAPTURE(Access, v6, true)->ArgName("rules")->Arg(1)->Arg(1000)->Arg(100'000);

}  // namespace
}  // namespace uvinetd::bench
