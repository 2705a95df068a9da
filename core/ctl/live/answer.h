// SPDX-License-Identifier: ISC
// What a daemon has answered to one request.
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ctl/live/control_client.h"

namespace uvinetd {

struct AnswerError {
  std::string code;     // of the protocol
  std::string message;  // one line
};

struct Answer {
  std::vector<nlohmann::json> replies;  // objects, but for the last: {"service":{...}}
  std::optional<AnswerError> error;
};

// One line of the answer. Pure.
struct Reply {
  nlohmann::json object;
  bool is_last = false;
  std::optional<AnswerError> error;
};
// nullopt: no reply.
[[nodiscard]] std::optional<Reply> read_reply(std::string_view line);

// The values of the replies that have this key, in their order.
[[nodiscard]] std::vector<const nlohmann::json*> values_of(const Answer& answer,
                                                           std::string_view key);
// The first one; nullptr: none has it.
[[nodiscard]] const nlohmann::json* value_of(const Answer& answer, std::string_view key);

// A text that comes in pieces, whole.
[[nodiscard]] std::string whole_text(const Answer& answer);

// Sends the request and reads all of the answer. An error that the daemon answers with is part of
// it. Blocks: for at most kLongestAnswer, and while the daemon goes on talking.
inline constexpr std::chrono::minutes kLongestAnswer{5};
inline constexpr std::size_t kMostAnswer = 64UL * 1024 * 1024;  // bytes: of 50,000 services
[[nodiscard]] Asked<Answer> ask(ControlClient& client, const ControlRequest& request);

}  // namespace uvinetd
