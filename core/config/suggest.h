// SPDX-License-Identifier: ISC
// "Did you mean": the nearest of a list of known words, by edit distance.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace uvinetd {

// Insertions, deletions, changes and swaps of neighbours that turn `a` into `b`; `most` + 1 when
// there are more than `most`.
[[nodiscard]] unsigned edit_distance(std::string_view a, std::string_view b, unsigned most);

// The hint `did you mean "stream"?`, or "" when nothing is near enough. Letter case is free.
// Bounded: a word longer than 32 bytes gets no hint.
[[nodiscard]] std::string did_you_mean(std::string_view word,
                                       std::span<const std::string_view> candidates);
[[nodiscard]] std::string did_you_mean(std::string_view word,
                                       std::span<const std::string> candidates);

}  // namespace uvinetd
