// SPDX-License-Identifier: ISC
// The head of an HTTP request, as whoever asks for a page has sent it. Pure.
// Source  RFC 9110, RFC 9112.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace uvinetd {

struct HttpRequest {
  static constexpr std::size_t kLongest = 8 * 1024;  // bytes of a head

  // Incomplete: it may become whole. OtherVersion: of HTTP, neither 1.0 nor 1.1.
  enum class State : std::uint8_t { Incomplete, Whole, Malformed, TooLong, OtherVersion };
  State state = State::Incomplete;
  // All borrowed from what was parsed; set when it is Whole.
  std::string_view method;
  std::string_view path;   // as sent, from its "/"; another form of target: all of it
  std::string_view query;  // behind the "?"
  std::string_view host;   // of the target where it is a whole URL, else of the header
  bool is_1_1 = false;     // and any later 1.x; else 1.0
};

[[nodiscard]] HttpRequest parse_http_request(std::string_view bytes);

// A Host that cannot be the name of somebody else's page: none (HTTP/1.0), a numeric address,
// localhost, or a name of this host; each with any port. A browser that was made to believe that a
// foreign name has our address (DNS rebinding) says that name here.
[[nodiscard]] bool is_own_host(std::string_view host, std::string_view own_name);

}  // namespace uvinetd
