// SPDX-License-Identifier: ISC
#include "core/reactor/web/http_request.h"
#include "core/base/words.h"

#include <algorithm>
#include <string>

#include "core/base/address.h"

namespace uvinetd {
namespace {

using State = HttpRequest::State;

constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";  // in a token, beside letters and digits
constexpr std::string_view kBlanks = " \t";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    const char low = lower(c);
    return is_digit(c) || (low >= 'a' && low <= 'z') || kMarks.find(c) != std::string_view::npos;
  });
}

bool is_visible(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) > ' ' && c != '\x7f';
  });
}

// What a field may hold: no control character but a tab. A lone CR is one.
bool is_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) >= ' ' ? c != '\x7f' : c == '\t';
  });
}

std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

// Takes one line off the front; nullopt: its end is not there yet.
std::optional<std::string_view> take_line(std::string_view& rest) {
  const auto end = rest.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  auto line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// "HTTP/1.1"
State take_version(std::string_view text, HttpRequest& out) {
  constexpr std::string_view kName = "HTTP/";
  constexpr std::size_t kMajor = kName.size();
  constexpr std::size_t kMinor = kMajor + 2;
  const bool is_version = text.size() == kMinor + 1 && text.starts_with(kName) &&
                          is_digit(text[kMajor]) && text[kMajor + 1] == '.' &&
                          is_digit(text[kMinor]);
  if (!is_version) return State::Malformed;
  if (text[kMajor] != '1') return State::OtherVersion;
  out.is_1_1 = text[kMinor] != '0';
  return State::Whole;
}

// True when the target has named the host.
bool take_target(std::string_view target, HttpRequest& out) {
  constexpr std::string_view kScheme = "http://";
  const bool is_url = is_same_word(target.substr(0, kScheme.size()), kScheme);
  if (is_url) {
    target.remove_prefix(kScheme.size());
    const auto end = std::min(target.find_first_of("/?#"), target.size());
    out.host = target.substr(0, end);
    target.remove_prefix(end);
  }
  const auto mark = target.find('?');
  out.path = target.substr(0, mark);
  if (out.path.empty()) out.path = "/";
  if (mark != std::string_view::npos) out.query = target.substr(mark + 1);
  return is_url;
}

}  // namespace

HttpRequest parse_http_request(std::string_view bytes) {
  HttpRequest out;
  const auto is = [&out](State state) {
    out.state = state;
    return out;
  };
  const bool is_all = bytes.size() >= HttpRequest::kLongest;  // more of it is not looked at
  auto rest = bytes.substr(0, HttpRequest::kLongest);
  const auto unfinished = [&] { return is(is_all ? State::TooLong : State::Incomplete); };
  // Some clients end the request before with a line too much.
  if (rest.starts_with("\r\n")) rest.remove_prefix(2);

  const auto first = take_line(rest);
  if (!first) return unfinished();
  const auto method_end = first->find(' ');
  const auto target_end = first->rfind(' ');
  if (method_end == std::string_view::npos || method_end == target_end) return is(State::Malformed);
  out.method = first->substr(0, method_end);
  const auto target = first->substr(method_end + 1, target_end - method_end - 1);
  if (!is_token(out.method) || !is_visible(target)) return is(State::Malformed);
  const auto version = take_version(first->substr(target_end + 1), out);
  if (version != State::Whole) return is(version);
  const bool is_named = take_target(target, out);

  std::optional<std::string_view> host;
  while (true) {
    const auto line = take_line(rest);
    if (!line) return unfinished();
    if (line->empty()) break;
    const auto colon = line->find(':');
    if (colon == std::string_view::npos || !is_token(line->substr(0, colon)) || !is_value(*line)) {
      return is(State::Malformed);
    }
    if (!is_same_word(line->substr(0, colon), "host")) continue;
    if (host) return is(State::Malformed);
    host = trim(line->substr(colon + 1));
  }
  if (!host && out.is_1_1) return is(State::Malformed);
  if (!is_named) out.host = host.value_or(std::string_view());
  return is(State::Whole);
}

bool is_own_host(std::string_view host, std::string_view own_name) {
  if (host.empty()) return true;
  constexpr std::string_view kLocal = "localhost";
  if (host.starts_with('[')) {
    const auto end = host.find(']');
    if (end == std::string_view::npos) return false;
    const auto behind = host.substr(end + 1);
    const auto address = SocketAddress::parse_ip(host.substr(1, end - 1), 0);
    return address && address->family() == AF_INET6 && (behind.empty() || behind.front() == ':');
  }
  auto name = host.substr(0, host.find(':'));
  if (name.ends_with('.')) name.remove_suffix(1);
  if (const auto address = SocketAddress::parse_ip(name, 0)) return address->family() == AF_INET;
  if (is_same_word(name, kLocal)) return true;
  const bool is_below_local = name.size() > kLocal.size() &&
                              is_same_word(name.substr(name.size() - kLocal.size()), kLocal) &&
                              name[name.size() - kLocal.size() - 1] == '.';
  if (is_below_local) return true;
  if (name.empty() || own_name.empty()) return false;
  return is_same_word(name, own_name) || is_same_word(name, own_name.substr(0, own_name.find('.')));
}

}  // namespace uvinetd
