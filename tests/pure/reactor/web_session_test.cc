// SPDX-License-Identifier: ISC
#include "core/reactor/web/web_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/pure/internal/session_pair.h"
#include "tests/pure/reactor/fake_web_content.h"

namespace uvinetd {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* kHost = "Host: localhost\r\n\r\n";

class WebSessionTest : public testing::Test {
 protected:
  SessionPair open(WebSite site = WebSite::Metrics) {
    auto pair = tcp_pair("daytime");
    pair.session = std::make_unique<WebSession>(site, content);
    return pair;
  }
  // Steps until the session is over, and what the client was told.
  static std::string told(SessionPair& pair) {
    std::string out;
    while (true) {
      const auto interest = pair.step();
      const auto more = pair.client_reads();
      out += more;
      if (interest == Interest::Close) return out;
      if (interest == Interest::Read && more.empty()) pair.client_shuts_down();
    }
  }
  std::string ask(std::string_view request, WebSite site = WebSite::Metrics) {
    auto pair = open(site);
    pair.client_sends(request);
    return told(pair);
  }
  std::string get(std::string_view path, WebSite site = WebSite::Metrics) {
    return ask("GET " + std::string(path) + " HTTP/1.1\r\n" + kHost, site);
  }

  test::FakeWebContent content;
};

TEST_F(WebSessionTest, TellsALongTextInChunks) {
  const auto answer = get("/metrics");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\nDate: "));
  EXPECT_THAT(answer, HasSubstr("Content-Type: text/plain; version=0.0.4"));
  EXPECT_THAT(answer, EndsWith("Transfer-Encoding: chunked\r\n\r\n"
                               "6\r\none 1\n\r\n6\r\ntwo 2\n\r\n0\r\n\r\n"));
}

TEST_F(WebSessionTest, TellsAnOldClientWithoutThem) {
  const auto answer = ask("GET /metrics HTTP/1.0\r\n\r\n");
  EXPECT_THAT(answer, EndsWith("Connection: close\r\n\r\none 1\ntwo 2\n"));
  EXPECT_THAT(answer, Not(HasSubstr("chunked")));
}

TEST_F(WebSessionTest, TellsNothingButTheHeadToHead) {
  const auto answer = ask(std::string("HEAD /metrics HTTP/1.1\r\n") + kHost);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
  EXPECT_THAT(answer, Not(HasSubstr("one 1")));
}

TEST_F(WebSessionTest, HasAPageForEachPathAndNoOther) {
  EXPECT_THAT(get("/"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(get("/", WebSite::StatusPage), HasSubstr("text/html"));
  EXPECT_THAT(get("/?all", WebSite::StatusPage), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(get("/status.json", WebSite::StatusPage), HasSubstr("application/json"));
  for (const auto* path : {"/metrics", "/../", "/status.json/", "//", "*"}) {
    EXPECT_THAT(get(path, WebSite::StatusPage), StartsWith("HTTP/1.1 404")) << path;
  }
  EXPECT_THAT(get("/status.json"), StartsWith("HTTP/1.1 404"));
}

TEST_F(WebSessionTest, HasTheHistogramsOfServicesWhenAsked) {
  (void)get("/metrics?other=services");
  EXPECT_FALSE(content.was_per_service);
  (void)get("/metrics?a&services=");
  EXPECT_TRUE(content.was_per_service);
}

TEST_F(WebSessionTest, SaysWhyItTellsNothing) {
  EXPECT_THAT(ask(std::string("POST / HTTP/1.1\r\n") + kHost),
              testing::AllOf(StartsWith("HTTP/1.1 405"), HasSubstr("\r\nAllow: GET, HEAD\r\n")));
  EXPECT_THAT(ask("what\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(ask("GET / HTTP/2.0\r\n\r\n"), StartsWith("HTTP/1.1 505"));
  EXPECT_THAT(ask(std::string(100'000, 'x')), StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(ask("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n"), StartsWith("HTTP/1.1 421"));
  EXPECT_THAT(ask("GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n"),
              StartsWith("HTTP/1.1 421"));
}

TEST_F(WebSessionTest, EveryAnswerKeepsToItself) {
  for (const auto& answer : {get("/"), get("/x"), get("/", WebSite::StatusPage), ask("x\n\n")}) {
    EXPECT_THAT(answer, HasSubstr("\r\nContent-Security-Policy: default-src 'none'"));
    EXPECT_THAT(answer, HasSubstr("\r\nX-Content-Type-Options: nosniff\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\nCache-Control: no-store\r\n"));
    EXPECT_THAT(answer, Not(HasSubstr("Access-Control")));
  }
}

TEST_F(WebSessionTest, AClientThatHasSaidHalfHearsThatItIsNone) {
  auto pair = open();
  pair.client_sends("GET / HT");
  EXPECT_EQ(pair.step(), Interest::Read);
  pair.client_shuts_down();
  EXPECT_THAT(told(pair), StartsWith("HTTP/1.1 400"));
  auto silent = open();
  EXPECT_EQ(silent.step(), Interest::Read);
  silent.client_shuts_down();
  EXPECT_EQ(told(silent), "");
}

TEST_F(WebSessionTest, WaitsForAClientThatDoesNotReadAndGivesItMoreTimeThanToAsk) {
  content.metrics.assign(1'000, std::string(TextSource::kPiece, 'x'));
  auto pair = open();
  EXPECT_EQ(pair.session->time_limit(), WebSession::kAskLimit);
  pair.client_sends(std::string("GET / HTTP/1.1\r\n") + kHost);
  // A bounded amount in one step, then as much as fits.
  int steps = 0;
  while (!wait_for(pair.server.get(), POLLOUT) || pair.step() == Interest::Write) {
    pollfd one{pair.server.get(), POLLOUT, 0};
    if (poll(&one, 1, 0) == 0) break;
    ASSERT_LT(++steps, 10'000);
  }
  EXPECT_GT(steps, 1);
  EXPECT_EQ(pair.session->time_limit(), WebSession::kTellLimit);
  EXPECT_GT(told(pair).size(), 1'000 * TextSource::kPiece);
  EXPECT_EQ(pair.session->time_limit(), WebSession::kLeaveLimit);
}

TEST_F(WebSessionTest, OneWhoResetsIsGone) {
  content.metrics.assign(1'000, std::string(TextSource::kPiece, 'x'));
  auto pair = open();
  pair.client_sends(std::string("GET / HTTP/1.1\r\n") + kHost);
  EXPECT_EQ(pair.step(), Interest::Write);
  pair.client_resets();
  EXPECT_EQ(pair.step(), Interest::Close);
}

TEST_F(WebSessionTest, WhatComesBehindTheRequestDoesNotCutTheAnswer) {
  const auto answer = ask(std::string("GET / HTTP/1.1\r\n") + kHost + "GET / HTTP/1.1\r\n" +
                          std::string(20'000, '\0'));
  EXPECT_THAT(answer, EndsWith("0\r\n\r\n"));
}

}  // namespace
}  // namespace uvinetd
