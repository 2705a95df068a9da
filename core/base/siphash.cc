// SPDX-License-Identifier: ISC
#include "core/base/siphash.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <random>

namespace uvinetd {
namespace {

struct State {
  std::uint64_t v0, v1, v2, v3;

  void round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
  void take(std::uint64_t word) {
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }
};

// Little end first, on every machine.
template <typename Octets>
std::uint64_t word_of(const Octets& octets, std::size_t at, std::size_t size) {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < size; ++i) {
    out |= std::uint64_t{static_cast<std::uint8_t>(octets[at + i])} << (8 * i);
  }
  return out;
}

}  // namespace

std::uint64_t siphash(const SipKey& key, std::string_view bytes) {
  const auto k0 = word_of(key, 0, 8);
  const auto k1 = word_of(key, 8, 8);
  State state{k0 ^ 0x736f6d6570736575U, k1 ^ 0x646f72616e646f6dU, k0 ^ 0x6c7967656e657261U,
              k1 ^ 0x7465646279746573U};
  std::size_t at = 0;
  for (; bytes.size() - at >= 8; at += 8) state.take(word_of(bytes, at, 8));
  state.take(word_of(bytes, at, bytes.size() - at) | std::uint64_t{bytes.size() & 0xff} << 56);
  state.v2 ^= 0xff;
  for (int i = 0; i < 4; ++i) state.round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

SipKey random_sip_key() {
  std::random_device random;
  SipKey key{};
  std::generate(key.begin(), key.end(), [&] { return static_cast<std::uint8_t>(random()); });
  return key;
}

}  // namespace uvinetd
