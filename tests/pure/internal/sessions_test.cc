// SPDX-License-Identifier: ISC
#include <gmock/gmock.h>

#include "internal/last_words.h"
#include "tests/pure/internal/session_pair.h"

namespace uvinetd {
namespace {

TEST(DiscardSession, ReadsToTheEndAndSaysNothing) {
  auto pair = unix_pair("discard");
  const std::string block = numbered_bytes(100'000);
  for (int i = 0; i < 20; ++i) {
    pair.client_sends(block);
    EXPECT_EQ(Interest::Read, pair.step());
  }
  pair.client_shuts_down();
  Interest last = Interest::Read;
  for (int i = 0; i < 100 && last == Interest::Read; ++i) last = pair.step();
  EXPECT_EQ(Interest::Close, last);
  pair.server.reset();
  EXPECT_EQ("", pair.client_reads_to_end());
}

TEST(DiscardSession, EndsWhenTheClientResets) {
  auto pair = tcp_pair("discard");
  pair.client_resets();
  EXPECT_EQ(Interest::Close, pair.step());
}

// The pattern of RFC 864, written down in another way than the service does.
std::string expected_chargen(std::size_t size) {
  std::string ring;
  for (char c = ' '; c <= '~'; ++c) ring += c;
  std::string out;
  while (out.size() < size) {
    out += ring.substr(0, 72) + "\r\n";
    ring = ring.substr(1) + ring[0];
  }
  out.resize(size);
  return out;
}

TEST(ChargenSession, WritesThePatternWhateverPiecesItIsReadIn) {
  auto pair = unix_pair("chargen");
  std::string got;
  for (std::size_t piece = 1; got.size() < 300'000; piece = piece * 5 % 7919) {
    EXPECT_EQ(Interest::ReadWrite, pair.step());
    got += pair.client_reads(piece);
  }
  EXPECT_EQ(expected_chargen(got.size()), got);
  EXPECT_THAT(got,
              testing::StartsWith(" !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "[\\]^_`abcdefg\r\n!\"#"));
}

TEST(ChargenSession, WaitsForAClientThatNeverReads) {
  auto pair = unix_pair("chargen");
  for (int i = 0; i < 100; ++i) EXPECT_EQ(Interest::ReadWrite, pair.step());
  const auto waiting = pair.client_reads(64 << 20).size();
  EXPECT_GT(waiting, 0U);
  EXPECT_LT(waiting, 16U << 20) << "only the kernel's buffers are filled";
}

TEST(ChargenSession, ThrowsAwayWhatTheClientSays) {
  auto pair = unix_pair("chargen");
  const std::string block = numbered_bytes(10'000);
  for (int i = 0; i < 200; ++i) {
    pair.client_sends(block);
    EXPECT_EQ(Interest::ReadWrite, pair.step());
  }
  pollfd server{pair.server.get(), POLLIN, 0};
  while (poll(&server, 1, 0) == 1) pair.step();
  EXPECT_EQ(block.size(), pair.client_sends(block)) << "the client could not go on talking";
}

TEST(ChargenSession, EndsWhenTheClientEndsWhetherItReadsOrNot) {
  auto pair = unix_pair("chargen");
  pair.client_shuts_down();
  EXPECT_EQ(Interest::Close, pair.step());
  pair.server.reset();
  const auto got = pair.client_reads_to_end();
  EXPECT_EQ(expected_chargen(got.size()), got);
}

TEST(ChargenSession, EndsWhenTheClientResets) {
  auto pair = tcp_pair("chargen");
  pair.step();
  pair.client_resets();
  EXPECT_EQ(Interest::Close, pair.step());
}

TEST(DaytimeSession, SaysTheTimeAndEnds) {
  auto pair = tcp_pair("daytime");
  EXPECT_EQ(Interest::Read, pair.step()) << "waits for the client's end";
  EXPECT_THAT(pair.client_reads_to_end(),
              testing::MatchesRegex("[A-Z][a-z]+ [A-Z][a-z]+ [ 0-9]+ [0-9:]+ [0-9]+\r\n"));
  pair.client.reset();
  ASSERT_TRUE(wait_for(pair.server.get(), POLLIN));
  EXPECT_EQ(Interest::Close, pair.step());
}

TEST(TimeSession, SaysFourBytesAndEnds) {
  auto pair = tcp_pair("time");
  pair.step();
  EXPECT_EQ(4U, pair.client_reads_to_end().size());
}

TEST(DaytimeSession, IsNotLostWhenTheClientHasSpoken) {
  auto pair = tcp_pair("daytime");
  pair.client_sends("what time is it?");
  ASSERT_TRUE(wait_for(pair.server.get(), POLLIN));
  EXPECT_EQ(Interest::Read, pair.step());
  pair.client_sends("well?");
  ASSERT_TRUE(wait_for(pair.server.get(), POLLIN));
  EXPECT_EQ(Interest::Read, pair.step());
  pair.client_shuts_down();
  ASSERT_TRUE(wait_for(pair.server.get(), POLLIN));
  EXPECT_EQ(Interest::Close, pair.step());
  pair.server.reset();
  EXPECT_EQ(26U, pair.client_reads_to_end().size());
}

TEST(DaytimeSession, EndsOnAClientThatNeverStopsTalking) {
  auto pair = unix_pair("daytime");
  const std::string block(4096, 'x');
  std::size_t said = 0;
  while (pair.step() != Interest::Close) {
    said += pair.client_sends(block);
    ASSERT_LE(said, LastWords::kMostDrained + 2 * block.size());
  }
}

TEST(DaytimeSession, EndsWhenTheClientIsGoneAlready) {
  auto pair = unix_pair("daytime");
  pair.client.reset();
  EXPECT_EQ(Interest::Close, pair.step());
}

TEST(EverySession, EndsOnADescriptorThatIsNoSocket) {
  for (const auto& builtin : all_builtins()) {
    if (builtin.open == nullptr) continue;  // of the caller's
    EXPECT_EQ(Interest::Close, builtin.open()->step(-1)) << builtin.name;
  }
}

}  // namespace
}  // namespace uvinetd
