// SPDX-License-Identifier: ISC
#include "core/config/address_filter.h"

#include <algorithm>
#include <array>
#include <limits>
#include <span>
#include <tuple>
#include <utility>

namespace uvinetd {
namespace {

// linux/bpf_common.h and linux/filter.h, which other systems lack; numbers of the kernel's ABI.
constexpr std::uint16_t kLoadWord = 0x20;
constexpr std::uint16_t kLoadByte = 0x30;
constexpr std::uint16_t kAnd = 0x54;
constexpr std::uint16_t kGoto = 0x05;
constexpr std::uint16_t kIfEqual = 0x15;
constexpr std::uint16_t kIfAtLeast = 0x35;
constexpr std::uint16_t kReturn = 0x06;
constexpr std::uint32_t kNetworkHeader = 0xfff00000U;  // SKF_NET_OFF
constexpr std::uint32_t kWholePacket = 0xffffffffU;
constexpr std::uint32_t kSourceV4 = kNetworkHeader + 12;
constexpr std::uint32_t kSourceV6 = kNetworkHeader + 8;
constexpr std::uint32_t kLastWordOfV6 = kSourceV6 + 12;
constexpr std::size_t kFarthestBranch = 255;

enum class Fate : std::uint8_t { Drop, Accept, AsV4 };

using Words = std::array<std::uint32_t, 4>;  // of IPv4, the first one

struct Network {
  Words first{};
  Words last{};
  unsigned bits = 0;
  Fate fate = Fate::Drop;
};

// From `first` to where the next one begins.
struct Segment {
  Words first{};
  Fate fate = Fate::Drop;
};

Network network_of(const AddressPrefix& prefix, Fate fate) {
  Network out;
  out.bits = prefix.bits;
  out.fate = fate;
  for (std::size_t i = 0; i < out.first.size(); ++i) {
    auto& word = out.first[i];
    for (std::size_t octet = 0; octet < 4; ++octet) {
      word = word << 8 | prefix.octets[i * 4 + octet];
    }
    const unsigned kept = std::min(
        32U, std::max(out.bits, static_cast<unsigned>(i) * 32) - static_cast<unsigned>(i) * 32);
    const auto free = kept == 0 ? 0xffffffffU : kept == 32 ? 0U : 0xffffffffU >> kept;
    word &= ~free;
    out.last[i] = word | free;
  }
  return out;
}

// False: there is none, it was the last.
bool next_address(Words& address) {
  for (auto word = address.rbegin(); word != address.rend(); ++word) {
    if (++*word != 0) return true;
  }
  return false;
}

class Segments {
 public:
  explicit Segments(Fate otherwise) : otherwise_(otherwise) { add(Words{}, otherwise); }

  std::vector<Segment> make(std::vector<Network> networks) {
    // An outer network before those in it; of equal ones, that which denies last.
    std::sort(networks.begin(), networks.end(), [](const Network& a, const Network& b) {
      return std::tuple(a.first, a.bits, b.fate) < std::tuple(b.first, b.bits, a.fate);
    });
    for (auto& network : networks) {
      while (!open_.empty() && open_.back().last < network.first) close();
      add(network.first, network.fate);
      open_.push_back(std::move(network));
    }
    while (!open_.empty()) close();
    const auto same = std::unique(
        out_.begin(), out_.end(),
        [](const Segment& before, const Segment& after) { return before.fate == after.fate; });
    out_.erase(same, out_.end());
    return std::move(out_);
  }

 private:
  // What is around the innermost open network goes on behind it.
  void close() {
    Words next = open_.back().last;
    open_.pop_back();
    if (next_address(next)) add(next, open_.empty() ? otherwise_ : open_.back().fate);
  }

  void add(const Words& first, Fate fate) {
    if (!out_.empty() && out_.back().first == first) {
      out_.back().fate = fate;
    } else {
      out_.push_back({first, fate});
    }
  }

  Fate otherwise_;
  std::vector<Network> open_;
  std::vector<Segment> out_;
};

// What is known of an address by one of its words: its fate, or which segments the next word
// decides between.
struct Branch {
  std::uint32_t first = 0;
  Fate fate = Fate::Drop;
  std::span<const Segment> rest = {};  // empty: the fate
};

class Tree {
 public:
  Tree(std::uint32_t address_at, std::size_t words) : address_at_(address_at), words_(words) {}

  // The first segment of them began at or before the first address there can be.
  [[nodiscard]] AddressFilter make(std::span<const Segment> segments, std::size_t word = 0) const {
    return choose(branches(segments, word), word);
  }

 private:
  [[nodiscard]] bool begins_word(const Segment& segment, std::size_t word) const {
    return std::all_of(segment.first.begin() + static_cast<std::ptrdiff_t>(word) + 1,
                       segment.first.begin() + static_cast<std::ptrdiff_t>(words_),
                       [](std::uint32_t each) { return each == 0; });
  }

  [[nodiscard]] std::vector<Branch> branches(std::span<const Segment> segments,
                                             std::size_t word) const {
    std::vector<Branch> out;
    const auto add = [&out](const Branch& branch) {
      if (!out.empty() && out.back().first == branch.first) out.pop_back();
      out.push_back(branch);
    };
    add({0, segments.front().fate});
    for (std::size_t i = 1; i < segments.size();) {
      const auto value = segments[i].first[word];
      std::size_t end = i;
      while (end < segments.size() && segments[end].first[word] == value) ++end;
      const auto first = begins_word(segments[i], word) ? i : i - 1;
      if (end - first == 1) {
        add({value, segments[first].fate});
      } else {
        add({value, Fate::Drop, segments.subspan(first, end - first)});
        if (value != std::numeric_limits<std::uint32_t>::max()) {
          add({value + 1, segments[end - 1].fate});
        }
      }
      i = end;
    }
    return out;
  }

  [[nodiscard]] AddressFilter choose(std::span<const Branch> branches, std::size_t word) const {
    if (branches.size() == 1) return leaf(branches.front(), word);
    const auto middle = branches.size() / 2;
    const auto below = choose(branches.first(middle), word);
    const auto above = choose(branches.subspan(middle), word);
    AddressFilter out;
    const auto border = branches[middle].first;
    if (below.size() <= kFarthestBranch) {
      out.push_back({kIfAtLeast, static_cast<std::uint8_t>(below.size()), 0, border});
    } else {
      out.push_back({kIfAtLeast, 0, 1, border});
      out.push_back({kGoto, 0, 0, static_cast<std::uint32_t>(below.size())});
    }
    out.insert(out.end(), below.begin(), below.end());
    out.insert(out.end(), above.begin(), above.end());
    return out;
  }

  [[nodiscard]] AddressFilter leaf(const Branch& branch, std::size_t word) const {
    if (!branch.rest.empty()) {
      const auto at = address_at_ + static_cast<std::uint32_t>(word + 1) * 4;
      AddressFilter out{{kLoadWord, 0, 0, at}};
      const auto rest = make(branch.rest, word + 1);
      out.insert(out.end(), rest.begin(), rest.end());
      return out;
    }
    switch (branch.fate) {
      case Fate::Drop:
        return {{kReturn, 0, 0, 0}};
      case Fate::Accept:
        return {{kReturn, 0, 0, kWholePacket}};
      case Fate::AsV4:
        return {{kLoadWord, 0, 0, kLastWordOfV6}, {kGoto, 0, 0, 0}};  // see join()
    }
    return {};
  }

  std::uint32_t address_at_;
  std::size_t words_;
};

std::vector<Network> networks_of(const AddressRules& rules, bool is_v6) {
  std::vector<Network> out;
  const auto add = [&](const std::vector<AddressPrefix>& list, Fate fate) {
    for (const auto& prefix : list) {
      if (prefix.is_v6 == is_v6) out.push_back(network_of(prefix, fate));
    }
  };
  if (rules.allow) add(*rules.allow, Fate::Accept);
  add(rules.deny, Fate::Drop);
  return out;
}

// By the version of the IP header to one of the trees. A mapped address is looked up in that of
// IPv4, whose step it goes to is known only here.
AddressFilter join(const AddressFilter& v6, const AddressFilter& v4) {
  AddressFilter out{{kLoadByte, 0, 0, kNetworkHeader},
                    {kAnd, 0, 0, 0xf0},
                    {kIfEqual, 0, 1, 0x40},
                    {kGoto, 0, 0, static_cast<std::uint32_t>(v6.size()) + 3},
                    {kIfEqual, 1, 0, 0x60},
                    {kReturn, 0, 0, 0},
                    {kLoadWord, 0, 0, kSourceV6}};
  const auto begin = out.size();
  out.insert(out.end(), v6.begin(), v6.end());
  out.push_back({kLoadWord, 0, 0, kSourceV4});
  const auto tree = out.size();
  for (auto i = begin; i < tree; ++i) {
    const bool is_mapped = out[i].code == kGoto && out[i].operand == 0;
    if (is_mapped) out[i].operand = static_cast<std::uint32_t>(tree - i - 1);
  }
  out.insert(out.end(), v4.begin(), v4.end());
  return out;
}

}  // namespace

AddressFilter make_address_filter(const AddressRules& rules) {
  const auto otherwise = rules.allow ? Fate::Drop : Fate::Accept;
  constexpr std::size_t kMappedBits = 96;
  AddressPrefix mapped;
  mapped.is_v6 = true;
  mapped.octets[10] = mapped.octets[11] = 0xff;
  mapped.bits = kMappedBits;
  auto networks = networks_of(rules, true);
  networks.push_back(network_of(mapped, Fate::AsV4));
  const auto v6 = Segments(otherwise).make(std::move(networks));
  const auto v4 = Segments(otherwise).make(networks_of(rules, false));
  return join(Tree(kSourceV6, 4).make(v6), Tree(kSourceV4, 1).make(v4));
}

AddressFilter closed_filter() {
  return {{kReturn, 0, 0, 0}};
}

}  // namespace uvinetd
