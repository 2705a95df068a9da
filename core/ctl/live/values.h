// SPDX-License-Identifier: ISC
// Members of what a daemon says: none of them is sure to be there, or to be what it should. Pure.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace uvinetd {

// nullopt: not there, or no number.
[[nodiscard]] std::optional<std::int64_t> number_of(const nlohmann::json& object,
                                                    std::string_view key);
// The same times a factor, rounded: 1.25 of "..._ms" and 1e3 are 1250 µs.
[[nodiscard]] std::optional<std::int64_t> scaled_of(const nlohmann::json& object,
                                                    std::string_view key, double factor);
// "": not there, or no text. As one line that does no harm to a terminal.
[[nodiscard]] std::string text_of(const nlohmann::json& object, std::string_view key);
// nullptr: not there, or null.
[[nodiscard]] const nlohmann::json* member_of(const nlohmann::json& object, std::string_view key);
// Any value as one line of that kind; objects and lists as JSON.
[[nodiscard]] std::string value_text(const nlohmann::json& value);

// {"rate": 3, "banned": 1}: from the largest.
using Counts = std::vector<std::pair<std::string, std::int64_t>>;
[[nodiscard]] Counts counts_of(const nlohmann::json& object, std::string_view key);
[[nodiscard]] std::int64_t sum_of(const Counts& counts);
// "rate=3, banned=1"
[[nodiscard]] std::string counts_text(const Counts& counts);

}  // namespace uvinetd
