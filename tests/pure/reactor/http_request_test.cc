// SPDX-License-Identifier: ISC
#include "core/reactor/web/http_request.h"

#include <gtest/gtest.h>

#include <string>

namespace uvinetd {
namespace {

using State = HttpRequest::State;

State state_of(std::string_view bytes) {
  return parse_http_request(bytes).state;
}

TEST(HttpRequest, IsReadFromItsLineAndItsHost) {
  const auto request = parse_http_request(
      "GET /metrics?services=1 HTTP/1.1\r\nAccept: */*\r\nhOsT:\t me:80 \r\n\r\nmore");
  EXPECT_EQ(request.state, State::Whole);
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.path, "/metrics");
  EXPECT_EQ(request.query, "services=1");
  EXPECT_EQ(request.host, "me:80");
  EXPECT_TRUE(request.is_1_1);
}

TEST(HttpRequest, OfVersion10NeedsNoHost) {
  const auto request = parse_http_request("HEAD / HTTP/1.0\n\n");
  EXPECT_EQ(request.state, State::Whole);
  EXPECT_FALSE(request.is_1_1);
  EXPECT_EQ(request.host, "");
  EXPECT_EQ(state_of("GET / HTTP/1.1\r\n\r\n"), State::Malformed);
}

TEST(HttpRequest, TakesTheHostOfAWholeUrl) {
  const auto request = parse_http_request("GET HTTP://a.b:7/x?y HTTP/1.1\r\nHost: c\r\n\r\n");
  EXPECT_EQ(request.state, State::Whole);
  EXPECT_EQ(request.host, "a.b:7");
  EXPECT_EQ(request.path, "/x");
  EXPECT_EQ(request.query, "y");
  EXPECT_EQ(parse_http_request("GET http://a HTTP/1.0\r\n\r\n").path, "/");
  EXPECT_EQ(parse_http_request("GET http://a?b HTTP/1.0\r\n\r\n").query, "b");
}

TEST(HttpRequest, IsIncompleteUntilItsEmptyLine) {
  const std::string whole = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(state_of(whole.substr(0, size)), State::Incomplete) << size;
  }
  EXPECT_EQ(state_of(whole), State::Whole);
  EXPECT_EQ(state_of("\r\n" + whole), State::Whole);
}

TEST(HttpRequest, MayHaveEightKib) {
  const std::string begin = "GET / HTTP/1.1\r\nHost: x\r\nA: ";
  const std::string end = "\r\n\r\n";
  const auto fits = begin + std::string(HttpRequest::kLongest - begin.size() - end.size(), 'x');
  EXPECT_EQ(state_of(fits + end), State::Whole);
  EXPECT_EQ(state_of(fits + "x" + end), State::TooLong);
  EXPECT_EQ(state_of(std::string(HttpRequest::kLongest - 1, 'x')), State::Incomplete);
  EXPECT_EQ(state_of(std::string(HttpRequest::kLongest, 'x')), State::TooLong);
}

TEST(HttpRequest, ThatIsNoneIsMalformed) {
  using namespace std::string_literals;
  for (const auto& bytes : {
           "\n"s,
           "GET /\r\n\r\n"s,
           "GET  HTTP/1.1\r\n\r\n"s,
           "GET / x HTTP/1.0\r\n\r\n"s,
           " GET / HTTP/1.0\r\n\r\n"s,
           "G(T / HTTP/1.0\r\n\r\n"s,
           "GET /\0 HTTP/1.0\r\n\r\n"s,
           "GET /\t HTTP/1.0\r\n\r\n"s,
           "GET / HTTP/1.0 \r\n\r\n"s,
           "GET / http/1.0\r\n\r\n"s,
           "GET / HTTP/1.10\r\n\r\n"s,
           "GET / HTTP/x.0\r\n\r\n"s,
           "\x16\x03\x01\x02\x00\x01\n"s,
           "GET / HTTP/1.0\r\nno field\r\n\r\n"s,
           "GET / HTTP/1.0\r\nHost : x\r\n\r\n"s,
           "GET / HTTP/1.0\r\n: x\r\n\r\n"s,
           "GET / HTTP/1.0\r\nA: x\r\n folded\r\n\r\n"s,
           "GET / HTTP/1.0\r\nA: a\rb\r\n\r\n"s,
           "GET / HTTP/1.0\r\nA: a\0b\r\n\r\n"s,
           "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"s,
       }) {
    EXPECT_EQ(state_of(bytes), State::Malformed) << bytes;
  }
}

TEST(HttpRequest, OfAnotherVersionIsToldSo) {
  EXPECT_EQ(state_of("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), State::OtherVersion);
  EXPECT_TRUE(parse_http_request("GET / HTTP/1.7\r\nHost: x\r\n\r\n").is_1_1);
}

TEST(OwnHost, IsNoneAnAddressLocalhostOrTheNameOfThisHost) {
  for (const auto* host : {"", "127.0.0.1", "127.0.0.1:9099", "192.0.2.7", "[::1]", "[::1]:9099",
                           "[fe80::1]", "localhost", "LocalHost:80", "localhost.", "a.localhost",
                           "Gate.Example.net:80", "gate.example.net.", "gate"}) {
    EXPECT_TRUE(is_own_host(host, "gate.example.net")) << host;
  }
}

TEST(OwnHost, IsNoOtherName) {
  for (const auto* host :
       {"evil.example", "gate.evil.example", "gate.example.net.evil.example", "xlocalhost",
        "localhost.evil.example", "127.0.0.1.evil.example", "127.1", "2130706433", "[::1", "[x]",
        "[127.0.0.1]", "::1", ":80", ".", "[::1]x"}) {
    EXPECT_FALSE(is_own_host(host, "gate.example.net")) << host;
  }
  EXPECT_FALSE(is_own_host("evil.example", ""));
}

}  // namespace
}  // namespace uvinetd
