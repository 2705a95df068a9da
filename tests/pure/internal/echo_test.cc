// SPDX-License-Identifier: ISC
#include "internal/stream_io.h"
#include "tests/pure/internal/session_pair.h"

namespace uvinetd {
namespace {

TEST(EchoSession, SendsBackWhatItGets) {
  using namespace std::string_view_literals;
  auto pair = unix_pair("echo");
  EXPECT_EQ(Interest::Read, pair.step()) << "nothing said yet";
  for (const auto line : {"hello\r\n"sv, "\0\xff binary"sv}) {
    pair.client_sends(line);
    EXPECT_EQ(Interest::Read, pair.step());
    EXPECT_EQ(line, pair.client_reads());
  }
}

TEST(EchoSession, SendsBackOneByteAtATime) {
  auto pair = unix_pair("echo");
  for (int byte = 0; byte < 256; ++byte) {
    const std::string one(1, static_cast<char>(byte));
    pair.client_sends(one);
    EXPECT_EQ(Interest::Read, pair.step());
    EXPECT_EQ(one, pair.client_reads());
  }
}

TEST(EchoSession, SendsTheRestAfterTheClientHasShutItsHalf) {
  auto pair = tcp_pair("echo");
  pair.client_sends("the middle of a sent");
  pair.client_shuts_down();
  while (pair.step() != Interest::Close) ASSERT_TRUE(wait_for(pair.server.get(), POLLIN));
  pair.server.reset();
  EXPECT_EQ("the middle of a sent", pair.client_reads_to_end());
}

TEST(EchoSession, StallsAClientThatNeverReadsAndLosesNothing) {
  auto pair = unix_pair("echo");
  const std::string all = numbered_bytes(4 << 20);
  std::size_t sent = 0;
  for (bool is_stalled = false; !is_stalled;) {
    const auto more = pair.client_sends(std::string_view(all).substr(sent));
    sent += more;
    ASSERT_LT(sent, all.size()) << "the session buffers without bound";
    is_stalled = pair.step() == Interest::Write && more == 0;
  }
  EXPECT_EQ(Interest::Write, pair.step()) << "still nothing read";

  std::string got;
  while (got.size() < sent) {
    got += pair.client_reads(1000);
    ASSERT_NE(Interest::Close, pair.step());
  }
  EXPECT_EQ(std::string_view(all).substr(0, sent), got);
  EXPECT_EQ(Interest::Read, pair.step());
}

TEST(EchoSession, SendsWhatIsLeftWhenTheClientEndsWhileStalled) {
  auto pair = unix_pair("echo");
  const std::string all = numbered_bytes(4 << 20);
  std::size_t sent = pair.client_sends(all);
  while (pair.step() != Interest::Write) {
    sent += pair.client_sends(std::string_view(all).substr(sent));
  }
  pair.client_shuts_down();
  std::string got;
  while (pair.step() != Interest::Close) got += pair.client_reads();
  pair.server.reset();
  got += pair.client_reads_to_end();
  EXPECT_EQ(std::string_view(all).substr(0, sent), got);
}

TEST(EchoSession, TakesABoundedPartOfAFloodInOneStep) {
  auto pair = unix_pair("echo");
  const auto sent = pair.client_sends(numbered_bytes(4 << 20));
  ASSERT_GT(sent, 4 * kScratchBytes);
  pair.step();
  EXPECT_LE(pair.client_reads().size(), 4 * kScratchBytes);
}

TEST(EchoSession, EndsWhenTheClientResets) {
  auto pair = tcp_pair("echo");
  pair.client_sends("lost");
  pair.client_resets();
  Interest last = pair.step();
  if (last == Interest::Read) last = pair.step();
  EXPECT_EQ(Interest::Close, last);
}

TEST(EchoSession, EndsWhenAStalledClientResets) {
  auto pair = tcp_pair("echo");
  const std::string block = numbered_bytes(1 << 16);
  while (pair.step() != Interest::Write) pair.client_sends(block);
  pair.client_resets();
  EXPECT_EQ(Interest::Close, pair.step());
}

}  // namespace
}  // namespace uvinetd
