// SPDX-License-Identifier: ISC
// Every answer beside that of a matcher that looks at each network in turn.
#include "spawn/access/prefix_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace uvinetd {
namespace {

using Octets = std::array<std::uint8_t, 16>;
using Networks = std::vector<NetworkPrefix>;

bool bit_of(const Octets& octets, unsigned bit) {
  return (octets[bit / 8] & (0x80U >> (bit % 8))) != 0;
}

bool contains(const NetworkPrefix& network, const Octets& address) {
  for (unsigned bit = 0; bit < network.bits; ++bit) {
    if (bit_of(network.octets, bit) != bit_of(address, bit)) return false;
  }
  return true;
}

std::optional<unsigned> naive(const Networks& networks, const Octets& address) {
  std::optional<unsigned> out;
  for (const auto& network : networks) {
    if (contains(network, address)) out = std::max(out.value_or(0U), unsigned{network.bits});
  }
  return out;
}

NetworkPrefix cut(Octets octets, unsigned bits) {
  for (unsigned bit = bits; bit < 128; ++bit) {
    octets[bit / 8] = static_cast<std::uint8_t>(octets[bit / 8] & ~(0x80U >> (bit % 8)));
  }
  return {octets, static_cast<std::uint8_t>(bits)};
}

class Random {
 public:
  // `variety`: how many bits of each octet may be set, so that networks meet.
  Octets address(unsigned width, std::uint8_t variety) {
    Octets out{};
    for (unsigned i = 0; i < width; ++i) out[i] = static_cast<std::uint8_t>(any_() & variety);
    return out;
  }
  unsigned below(unsigned limit) { return static_cast<unsigned>(any_()) % limit; }

 private:
  std::mt19937 any_{20};  // NOLINT(cert-msc51-cpp): the same in every run
};

class PrefixTableTest : public testing::TestWithParam<unsigned> {
 protected:
  unsigned width() const { return GetParam(); }
  // Asks for the ends of every network and their neighbours, and for addresses at random.
  void compare(const Networks& networks, Random& random, std::uint8_t variety, int asked) {
    Writer out;
    PrefixTable::put(out, width(), networks);
    Reader in(out.bytes());
    const auto table = PrefixTable::get(in);
    ASSERT_TRUE(table && in.is_at_end());
    const auto check = [&](const Octets& address) {
      ASSERT_EQ(table->longest(address.data()), naive(networks, address));
    };
    for (const auto& network : networks) {
      auto end = network.octets;
      for (unsigned bit = network.bits; bit < width() * 8; ++bit) {
        end[bit / 8] = static_cast<std::uint8_t>(end[bit / 8] | (0x80U >> (bit % 8)));
      }
      auto before = network.octets;
      auto after = end;
      for (unsigned i = width(); i-- > 0 && before[i]-- == 0;) {
      }
      for (unsigned i = width(); i-- > 0 && ++after[i] == 0;) {
      }
      for (const auto& address : {network.octets, end, before, after}) check(address);
    }
    for (int i = 0; i < asked; ++i) check(random.address(width(), variety));
  }
};

TEST_P(PrefixTableTest, WithoutNetworksNobodyIsInOne) {
  Random random;
  compare({}, random, 0xff, 100);
}

TEST_P(PrefixTableTest, OneNetworkOfEachLengthIsFoundToItsEnds) {
  Random random;
  for (unsigned bits = 0; bits <= width() * 8; ++bits) {
    compare({cut(random.address(width(), 0xff), bits)}, random, 0xff, 20);
    compare({cut(Octets{}, bits)}, random, 0xff, 20);
    Octets ones{};
    std::fill_n(ones.begin(), width(), std::uint8_t{0xff});
    compare({cut(ones, bits)}, random, 0xff, 20);
  }
}

TEST_P(PrefixTableTest, OfNetworksInEachOtherTheLongestIsFound) {
  Random random;
  const auto address = random.address(width(), 0xff);
  Networks nested;
  for (unsigned bits = 0; bits <= width() * 8; ++bits) nested.push_back(cut(address, bits));
  compare(nested, random, 0xff, 100);
}

TEST_P(PrefixTableTest, ManySetsAtRandomAgreeWithTheNaiveMatcher) {
  Random random;
  for (int set = 0; set < 150; ++set) {
    const std::uint8_t variety = set % 3 == 0 ? 0xff : set % 3 == 1 ? 0xc1 : 0x81;
    Networks networks;
    const auto count = 1 + random.below(set % 10 == 0 ? 300 : 40);
    for (unsigned i = 0; i < count; ++i) {
      networks.push_back(cut(random.address(width(), variety), random.below(width() * 8 + 1)));
    }
    compare(networks, random, variety, 200);
  }
}

TEST_P(PrefixTableTest, NoBytesAreReadOutsideOfThem) {
  Random random;
  Networks networks;
  for (int i = 0; i < 60; ++i) networks.push_back(cut(random.address(width(), 0xff), 20));
  Writer out;
  PrefixTable::put(out, width(), networks);
  const auto good = out.bytes();
  for (std::size_t size = 0; size < good.size(); ++size) {
    const std::string shorter(good.data(), size);
    Reader in(shorter);
    EXPECT_FALSE(PrefixTable::get(in)) << size;
  }
  int read = 0;
  for (int i = 0; i < 20'000; ++i) {
    auto bad = good;
    bad[random.below(static_cast<unsigned>(bad.size()))] = static_cast<char>(random.below(256));
    Reader in(bad);
    const auto table = PrefixTable::get(in);
    if (!table) continue;
    const auto bits = table->longest(random.address(16, 0xff).data());
    EXPECT_LE(bits.value_or(0), 128U);
    ++read;
  }
  EXPECT_GT(read, 0);
}

INSTANTIATE_TEST_SUITE_P(OfBothFamilies, PrefixTableTest,
                         testing::Values(PrefixTable::kV4, PrefixTable::kV6));

}  // namespace
}  // namespace uvinetd
