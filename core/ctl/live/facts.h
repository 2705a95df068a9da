// SPDX-License-Identifier: ISC
// An object as lines of a name and a value: of `status` and `show`. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>

#include "core/ctl/live/print.h"

namespace uvinetd {

// A member that is known by its key, "reactor.pid" for one of a member: what it is called, and what
// its value is made to.
struct Fact {
  std::string_view key;
  std::string_view label;
  std::string (*text)(const nlohmann::json& value);
};

// First the facts, in their order, then the members that are not among them, by their own names: a
// daemon may tell more than this program knows. What is null, "" or an empty list is left out.
// `left_out`: members that are printed elsewhere.
[[nodiscard]] std::string facts_text(const nlohmann::json& object, std::span<const Fact> facts,
                                     std::span<const std::string_view> left_out, PrintForm form);

// For the table of facts.
[[nodiscard]] std::string fact_plain(const nlohmann::json& value);
[[nodiscard]] std::string fact_count(const nlohmann::json& value);
[[nodiscard]] std::string fact_counts(const nlohmann::json& value);  // with their sum before them
[[nodiscard]] std::string fact_ms(const nlohmann::json& value);      // how long something took
[[nodiscard]] std::string fact_age(const nlohmann::json& value);     // in milliseconds
[[nodiscard]] std::string fact_cpu(const nlohmann::json& value);     // in seconds
[[nodiscard]] std::string fact_bytes(const nlohmann::json& value);

}  // namespace uvinetd
