// SPDX-License-Identifier: ISC
// Source  RFC 1945; HAProxy's configuration manual, "agent-check".
#include "core/reactor/health/health_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace uvinetd {
namespace {

// Words that keep clients away, and words that do not.
constexpr std::array<std::string_view, 5> kAway{"down", "drain", "fail", "maint", "stopped"};
constexpr std::array<std::string_view, 2> kHere{"ready", "up"};
constexpr std::string_view kSeparators = " \t,";
constexpr std::size_t kLongestAgentLine = 128;

template <typename Words>
bool is_one_of(std::string_view word, const Words& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= 9 && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isdigit(static_cast<unsigned char>(c)) != 0;
  });
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

bool is_weight(std::string_view word) {
  constexpr std::string_view kMaxconn = "maxconn:";
  if (word.ends_with('%')) return is_number(word.substr(0, word.size() - 1));
  return word.starts_with(kMaxconn) && is_number(word.substr(kMaxconn.size()));
}

struct AgentLine {
  bool is_valid = false;
  bool keeps_away = false;
};

// Behind a # there may be a reason.
AgentLine read_agent_line(std::string_view line) {
  AgentLine out;
  if (line.size() > kLongestAgentLine || !is_printable(line)) return out;
  auto rest = line.substr(0, line.find('#'));
  while (true) {
    const auto begin = rest.find_first_not_of(kSeparators);
    if (begin == std::string_view::npos) return out;
    rest.remove_prefix(begin);
    const auto word = rest.substr(0, rest.find_first_of(kSeparators));
    rest.remove_prefix(word.size());
    out.is_valid = is_one_of(word, kAway) || is_one_of(word, kHere) || is_weight(word);
    if (!out.is_valid) return {};
    out.keeps_away |= is_one_of(word, kAway);
  }
}

std::string_view first_line(std::string_view text) {
  auto line = text.substr(0, text.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::string response(std::string_view status, std::string_view more, std::string_view body,
                     bool has_body) {
  return fmt::format(
      "HTTP/1.0 {}\r\n{}Content-Type: text/plain\r\nContent-Length: {}\r\n"
      "Connection: close\r\n\r\n{}",
      status, more, body.size(), has_body ? body : std::string_view());
}

}  // namespace

bool is_whole_request(std::string_view request) {
  return request.size() >= kLongestRequest || request.find("\r\n\r\n") != std::string_view::npos ||
         request.find("\n\n") != std::string_view::npos;
}

// Who says nothing, or does not speak HTTP, is told too.
std::string http_answer(std::string_view request, const HealthResult& result) {
  constexpr std::array<std::string_view, 3> kMethods{"GET", "HEAD", "OPTIONS"};
  const auto line = first_line(request);
  const auto method = line.substr(0, line.find(' '));
  if (!method.empty() && !is_one_of(method, kMethods)) {
    return response("405 Method Not Allowed", "Allow: GET, HEAD, OPTIONS\r\n", "", true);
  }
  return response(result.is_good ? "200 OK" : "503 Service Unavailable", "", result.output,
                  method != "HEAD");
}

std::string agent_answer(const HealthResult& result) {
  const auto line = first_line(result.output);
  const auto read = read_agent_line(line);
  if (read.is_valid && (result.is_good || read.keeps_away)) return std::string(line) + '\n';
  return result.is_good ? "up\n" : "down\n";
}

}  // namespace uvinetd
