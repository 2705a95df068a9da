// SPDX-License-Identifier: ISC
// What a health check says to who asks, and how the question is read. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace uvinetd {

// What became of the service's command.
struct HealthResult {
  bool is_good = false;  // it ended with status 0
  std::string output;
};

// ---- HTTP/1.0 --------------------------------------------------------------------------------

inline constexpr std::size_t kLongestRequest = 8 * 1024;  // bytes that are looked at

// Whether all that belongs to the request is there: up to its empty line.
[[nodiscard]] bool is_whole_request(std::string_view request);
// 200 or 503 with the output; without it to HEAD; 405 to what changes anything.
[[nodiscard]] std::string http_answer(std::string_view request, const HealthResult& result);

// ---- HAProxy's agent check -------------------------------------------------------------------

// The command's first line where it is such an answer ("75%", "drain", "up 50% maxconn:30"), else
// "up" or "down". One that has failed is not up, whatever it says.
[[nodiscard]] std::string agent_answer(const HealthResult& result);

}  // namespace uvinetd
