// SPDX-License-Identifier: ISC
#include <gmock/gmock.h>

#include <chrono>
#include <string>

#include "tests/pure/internal/session_pair.h"

namespace uvinetd {
namespace {

using namespace std::chrono_literals;

constexpr const char* kMalformed = "-Error reading service name\r\n";

// Sends the pieces one by one, with a step after each; the last answer.
Interest say(SessionPair& pair, const std::vector<std::string>& pieces) {
  Interest last = Interest::Read;
  for (const auto& piece : pieces) {
    EXPECT_EQ(last, Interest::Read);
    EXPECT_EQ(pair.client_sends(piece), piece.size());
    last = pair.step();
  }
  return last;
}

TEST(TcpmuxSession, ANameEndsAtTheEndOfItsLine) {
  const struct {
    std::vector<std::string> pieces;
    std::string name;
  } cases[] = {
      {{"ftp\r\n"}, "ftp"},
      {{"ftp\n"}, "ftp"},
      {{std::string("ftp\0", 4)}, "ftp"},
      {{std::string("ftp\r\0", 5)}, "ftp"},
      {{"Fi", "ng", "er\r\n"}, "Finger"},
      {{"ftp\r", "\n"}, "ftp"},
      {{"f", "t", "p", "\r", "\n"}, "ftp"},
      {{"two words\r\n"}, "two words"},
      {{"\r\n"}, ""},
      {{std::string(256, 'x') + "\r\n"}, std::string(256, 'x')},
      {{std::string(200, 'x'), std::string(56, 'x'), "\n"}, std::string(256, 'x')},
  };
  for (const auto& each : cases) {
    auto pair = unix_pair("tcpmux");
    EXPECT_EQ(say(pair, each.pieces), Interest::HandOver) << each.name;
    EXPECT_EQ(pair.session->wanted(), each.name);
    EXPECT_EQ(pair.client_reads(), "");
  }
}

TEST(TcpmuxSession, WhatFollowsTheLineIsLeftInTheSocket) {
  for (const std::string line : {"ftp\r\n", "ftp\n"}) {
    for (const std::string rest : {"x", "USER me\r\nPASS no\r\n", "\n", "\r\n"}) {
      auto pair = unix_pair("tcpmux");
      EXPECT_EQ(say(pair, {line + rest}), Interest::HandOver);
      EXPECT_EQ(pair.session->wanted(), "ftp");
      char left[64];
      const auto size = recv(pair.server.get(), left, sizeof left, MSG_DONTWAIT);
      ASSERT_GT(size, 0);
      EXPECT_EQ(std::string(left, static_cast<std::size_t>(size)), rest);
    }
  }
}

TEST(TcpmuxSession, WithoutBytesItWaitsForSome) {
  auto pair = unix_pair("tcpmux");
  EXPECT_EQ(pair.step(), Interest::Read);
  EXPECT_EQ(pair.step(), Interest::Read);
  EXPECT_EQ(pair.client_reads(), "");
}

TEST(TcpmuxSession, WhatIsNoNameIsAnsweredAsAnError) {
  const std::string cases[] = {
      std::string(257, 'x') + "\n",
      std::string(258, 'x'),
      std::string(300, 'x') + "\r\n",
      std::string(5000, 'x'),
      "f\x01tp\r\n",
      "f\rtp\r\n",
      "\xff\xfe\r\n",
      "f\ttp\n",
  };
  for (const auto& text : cases) {
    auto pair = tcp_pair("tcpmux");
    ASSERT_EQ(pair.client_sends(text), text.size());
    ASSERT_TRUE(wait_for(pair.server.get(), POLLIN));
    Interest last = pair.step();
    pair.client_shuts_down();
    for (int i = 0; i < 100 && last == Interest::Read; ++i) {
      ASSERT_TRUE(wait_for(pair.server.get(), POLLIN));
      last = pair.step();
    }
    EXPECT_EQ(last, Interest::Close);
    pair.server.reset();
    EXPECT_EQ(pair.client_reads_to_end(), kMalformed) << text;
  }
}

TEST(TcpmuxSession, AnEndInTheMiddleOfANameIsAnError) {
  for (const std::string begun : {"", "ft", "ftp\r"}) {
    auto pair = unix_pair("tcpmux");
    pair.client_sends(begun);
    pair.client_shuts_down();
    EXPECT_EQ(pair.step(), Interest::Close);
    EXPECT_EQ(pair.client_reads(), kMalformed);
  }
}

TEST(TcpmuxSession, EndsWhenTheClientResets) {
  auto pair = tcp_pair("tcpmux");
  pair.client_resets();
  EXPECT_EQ(pair.step(), Interest::Close);
}

TEST(TcpmuxSession, AClientThatStaysIsToldAndMayEndInItsOwnTime) {
  auto pair = tcp_pair("tcpmux");
  pair.client_sends("ftp\r\nand more");
  ASSERT_TRUE(wait_for(pair.server.get(), POLLIN));
  ASSERT_EQ(pair.step(), Interest::HandOver);
  EXPECT_EQ(pair.session->tell(pair.server.get(), "-No\r\n"), Interest::Read);
  EXPECT_EQ(pair.step(), Interest::Read);
  pair.client_shuts_down();
  ASSERT_TRUE(wait_for(pair.server.get(), POLLIN));
  EXPECT_EQ(pair.step(), Interest::Close);
  pair.server.reset();
  EXPECT_EQ(pair.client_reads_to_end(), "-No\r\n");
}

TEST(TcpmuxSession, ALongAnswerIsSentAsTheClientReadsIt) {
  auto pair = unix_pair("tcpmux");
  pair.client_sends("help\r\n");
  ASSERT_EQ(pair.step(), Interest::HandOver);
  const auto text = numbered_bytes(2'000'000);
  auto interest = pair.session->tell(pair.server.get(), text);
  EXPECT_EQ(interest, Interest::Write);
  std::string got;
  while (interest == Interest::Write && got.size() < text.size()) {
    got += pair.client_reads();
    interest = pair.step();
  }
  got += pair.client_reads();
  EXPECT_EQ(interest, Interest::Read);
  EXPECT_TRUE(got == text);
}

TEST(TcpmuxSession, NothingToSayIsAnEnd) {
  auto pair = unix_pair("tcpmux");
  pair.client_sends("help\r\n");
  ASSERT_EQ(pair.step(), Interest::HandOver);
  EXPECT_EQ(pair.session->tell(pair.server.get(), ""), Interest::Read);
  EXPECT_EQ(pair.client_reads_to_end(), "");
}

TEST(TcpmuxSession, IsTheOnlyOneWithATimeLimit) {
  for (const auto& builtin : all_builtins()) {
    if (builtin.open == nullptr) continue;  // of the caller's
    const auto limit = builtin.open()->time_limit();
    EXPECT_EQ(limit, builtin.name == "tcpmux" ? 10s : 0s) << builtin.name;
  }
}

}  // namespace
}  // namespace uvinetd
