// SPDX-License-Identifier: ISC
#include "core/config/suggest.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace uvinetd {
namespace {

constexpr std::size_t kLongest = 32;
using Row = std::array<unsigned, kLongest + 1>;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

template <typename Text>
std::string nearest(std::string_view word, std::span<const Text> candidates) {
  if (word.empty() || word.size() > kLongest) return {};
  // One slip in a short word, two in a longer one: more would suggest nonsense.
  unsigned most = word.size() <= 3 ? 1 : 2;
  std::string_view best;
  const std::string low = lower(word);
  for (const auto& candidate : candidates) {
    if (candidate == word) continue;
    const unsigned distance = edit_distance(low, lower(candidate), most);
    if (distance > most || (!best.empty() && distance == most)) continue;
    best = candidate;
    most = distance;
    if (most == 0) break;
  }
  if (best.empty()) return {};
  return "did you mean \"" + std::string(best) + "\"?";
}

}  // namespace

unsigned edit_distance(std::string_view a, std::string_view b, unsigned most) {
  if (a.size() > kLongest || b.size() > kLongest) return most + 1;
  const auto gap = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
  if (gap > most) return most + 1;
  Row before_last{};
  Row last{};
  Row now{};
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = static_cast<unsigned>(j);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = static_cast<unsigned>(i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const unsigned change = last[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U);
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        now[j] = std::min(now[j], before_last[j - 2] + 1);
      }
    }
    before_last = last;
    last = now;
  }
  return std::min(last[b.size()], most + 1);
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates) {
  return nearest(word, candidates);
}

std::string did_you_mean(std::string_view word, std::span<const std::string> candidates) {
  return nearest(word, candidates);
}

}  // namespace uvinetd
