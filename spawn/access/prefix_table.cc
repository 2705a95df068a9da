// SPDX-License-Identifier: ISC
#include "spawn/access/prefix_table.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace uvinetd {
namespace {

using Octets = std::array<std::uint8_t, 16>;

constexpr unsigned kMostRootBits = 16;
constexpr std::size_t kFewRanges = 32;  // are searched without a root

struct Range {
  Octets begin{};
  std::uint8_t length = 0;
};

// The last address of a network.
Octets end_of(const NetworkPrefix& network, unsigned width) {
  Octets out = network.octets;
  for (unsigned bit = network.bits; bit < width * 8; ++bit) {
    out[bit / 8] = static_cast<std::uint8_t>(out[bit / 8] | (0x80U >> (bit % 8)));
  }
  return out;
}

// The address after this one; false: there is none.
bool advance(Octets& address, unsigned width) {
  for (unsigned i = width; i-- > 0;) {
    if (++address[i] != 0) return true;
  }
  return false;
}

// Networks contain each other or are apart: those that are open at an address stand in a stack.
class Flattener {
 public:
  explicit Flattener(unsigned width) : width_(width) { ranges_.push_back({}); }

  std::vector<Range> run(std::vector<NetworkPrefix> networks) {
    std::sort(networks.begin(), networks.end(), [](const auto& a, const auto& b) {
      return a.octets != b.octets ? a.octets < b.octets : a.bits < b.bits;
    });
    for (const auto& network : networks) {
      while (!open_.empty() && open_.back().end < network.octets) close();
      open_.push_back({end_of(network, width_), static_cast<std::uint8_t>(network.bits + 1)});
      begin(network.octets, open_.back().length);
    }
    while (!open_.empty()) close();
    return std::move(ranges_);
  }

 private:
  struct Open {
    Octets end{};
    std::uint8_t length = 0;
  };

  void begin(const Octets& at, std::uint8_t length) {
    if (ranges_.back().begin == at) {
      ranges_.back().length = length;
    } else if (ranges_.back().length != length) {
      ranges_.push_back({at, length});
    }
  }

  void close() {
    auto after = open_.back().end;
    open_.pop_back();
    if (advance(after, width_)) begin(after, open_.empty() ? std::uint8_t{0} : open_.back().length);
  }

  unsigned width_;
  std::vector<Open> open_;
  std::vector<Range> ranges_;
};

std::uint32_t leading_bits(const std::uint8_t* address, unsigned bits) {
  const auto both = static_cast<std::uint32_t>(address[0] << 8 | address[1]);
  return both >> (kMostRootBits - bits);
}

unsigned root_bits_for(std::size_t ranges) {
  if (ranges < kFewRanges) return 0;
  return std::min(kMostRootBits, static_cast<unsigned>(std::bit_width(ranges) - 1));
}

}  // namespace

void PrefixTable::put(Writer& out, unsigned width, const std::vector<NetworkPrefix>& networks) {
  const auto ranges = Flattener(width).run(networks);
  const auto root_bits = root_bits_for(ranges.size());
  out.put(static_cast<std::uint8_t>(width));
  out.put(static_cast<std::uint8_t>(root_bits));
  out.put(static_cast<std::uint32_t>(ranges.size()));
  std::uint32_t at = 0;
  for (std::uint32_t leading = 0; leading < 1U << root_bits; ++leading) {
    Octets first{};
    first[0] = static_cast<std::uint8_t>(leading << (kMostRootBits - root_bits) >> 8);
    first[1] = static_cast<std::uint8_t>(leading << (kMostRootBits - root_bits));
    while (at + 1 < ranges.size() && ranges[at + 1].begin <= first) ++at;
    out.put(at);
  }
  out.put(static_cast<std::uint32_t>(ranges.size() - 1));
  for (const auto& range : ranges) {
    for (unsigned i = 0; i < width; ++i) out.put(range.begin[i]);
  }
  for (const auto& range : ranges) out.put(range.length);
}

std::optional<PrefixTable> PrefixTable::get(Reader& in) {
  PrefixTable out;
  out.width_ = in.get<std::uint8_t>();
  out.root_bits_ = in.get<std::uint8_t>();
  out.count_ = in.get<std::uint32_t>();
  const bool is_known = out.width_ == kV4 || out.width_ == kV6;
  if (!in.is_good() || !is_known || out.root_bits_ > kMostRootBits || out.count_ == 0) return {};
  out.root_ = in.get_bytes(((std::size_t{1} << out.root_bits_) + 1) * sizeof(std::uint32_t));
  out.begins_ = in.get_bytes(std::size_t{out.count_} * out.width_);
  out.lengths_ = in.get_bytes(out.count_);
  return in.is_good() && out.is_good() ? std::optional(out) : std::nullopt;
}

// That the root never leads outside, and that no length is longer than an address.
bool PrefixTable::is_good() const {
  std::uint32_t last = 0;
  for (std::uint32_t i = 0; i <= 1U << root_bits_; ++i) {
    const auto at = root(i);
    if (at < last || at >= count_) return false;
    last = at;
  }
  return std::all_of(lengths_.begin(), lengths_.end(), [this](char length) {
    return static_cast<std::uint8_t>(length) <= width_ * 8 + 1;
  });
}

std::uint32_t PrefixTable::root(std::uint32_t index) const {
  std::uint32_t out = 0;
  std::memcpy(&out, root_.data() + index * sizeof out, sizeof out);
  return out;
}

std::optional<unsigned> PrefixTable::longest(const std::uint8_t* address) const {
  const auto leading = leading_bits(address, root_bits_);
  auto low = root(leading);  // begins at this address or before it
  auto high = root(leading + 1) + 1;
  while (high - low > 1) {
    const auto middle = low + (high - low) / 2;
    if (std::memcmp(begins_.data() + std::size_t{middle} * width_, address, width_) <= 0) {
      low = middle;
    } else {
      high = middle;
    }
  }
  const auto length = static_cast<std::uint8_t>(lengths_[low]);
  return length == 0 ? std::nullopt : std::optional<unsigned>(length - 1U);
}

}  // namespace uvinetd
