// SPDX-License-Identifier: ISC
#include "core/ctl/live/answer.h"

#include <utility>

#include "core/config/quote.h"
#include "core/ctl/live/values.h"

namespace uvinetd {
namespace {

using nlohmann::json;

tl::unexpected<ClientError> fail_as(ClientTrouble trouble, std::string reason) {
  return tl::unexpected<ClientError>(ClientError{trouble, std::move(reason)});
}

// What is nested deeper than any reply of ours: reading and printing it would recurse as deep.
bool is_deep(std::string_view line) {
  constexpr int kMost = 64;
  int depth = 0;
  bool is_text = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (is_text) {
      if (c == '\\') ++i;
      is_text = c != '"';
    } else if (c == '"') {
      is_text = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kMost) return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

}  // namespace

std::optional<Reply> read_reply(std::string_view line) {
  if (is_deep(line)) return std::nullopt;
  Reply out;
  out.object = json::parse(line, nullptr, false);
  if (!out.object.is_object() || out.object.empty()) return std::nullopt;
  if (const auto* error = member_of(out.object, "error")) {
    out.error = AnswerError{text_of(*error, "code"), text_of(*error, "message")};
    if (out.error->message.empty()) out.error->message = "the daemon does not say why";
    out.is_last = true;
  }
  out.is_last |= out.object.contains("end");
  return out;
}

std::vector<const json*> values_of(const Answer& answer, std::string_view key) {
  std::vector<const json*> out;
  for (const auto& reply : answer.replies) {
    if (const auto* value = member_of(reply, key)) out.push_back(value);
  }
  return out;
}

const json* value_of(const Answer& answer, std::string_view key) {
  for (const auto& reply : answer.replies) {
    if (const auto* value = member_of(reply, key)) return value;
  }
  return nullptr;
}

Asked<Answer> ask(ControlClient& client, const ControlRequest& request) {
  if (auto sent = client.send(request); !sent) return tl::unexpected(sent.error());
  const auto deadline = std::chrono::steady_clock::now() + kLongestAnswer;
  Answer out;
  std::size_t size = 0;
  for (;;) {
    auto line = client.read_line();
    if (!line) return tl::unexpected(line.error());
    if (!*line) {
      return fail_as(ClientTrouble::Lost, "the connection was closed in the middle of the answer");
    }
    size += (*line)->size();
    if (size > kMostAnswer || std::chrono::steady_clock::now() > deadline) {
      return fail_as(ClientTrouble::Nonsense, "an answer that does not end");
    }
    auto reply = read_reply(**line);
    if (!reply) return fail_as(ClientTrouble::Nonsense, quoted(std::string_view(**line)));
    if (reply->is_last) {
      out.error = std::move(reply->error);
      return out;
    }
    out.replies.push_back(std::move(reply->object));
  }
}

std::string whole_text(const Answer& answer) {
  std::string out;
  for (const auto* piece : values_of(answer, "text")) {
    if (piece->is_string()) out += piece->get_ref<const std::string&>();
  }
  return out;
}

}  // namespace uvinetd
