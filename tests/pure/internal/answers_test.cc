// SPDX-License-Identifier: ISC
// The table of built-ins and the exact bytes of their datagrams.
#include <gmock/gmock.h>

#include <array>
#include <cstdlib>
#include <string>

#include "internal/builtin.h"

namespace uvinetd {
namespace {

std::string answer(std::string_view name, std::string_view request, std::time_t now = 0) {
  std::array<std::byte, 65536> reply;
  const auto size = find_builtin(name)->answer(std::as_bytes(std::span(request)), reply, now);
  if (size == kNoReply) return "(none)";
  return {reinterpret_cast<const char*>(reply.data()), size};
}

TEST(Builtins, AreTheFiveClassicOnesInBothFormsAndThreeOfStreamsOnly) {
  std::vector<std::string_view> names;
  for (const auto& builtin : all_builtins()) {
    names.push_back(builtin.name);
    EXPECT_TRUE(builtin.has_stream_form()) << builtin.name;
    EXPECT_EQ(builtin.speaks_http, builtin.open == nullptr) << builtin.name;
    const bool is_of_streams = builtin.speaks_http || builtin.name == "tcpmux";
    EXPECT_EQ(is_of_streams, builtin.answer == nullptr) << builtin.name;
    EXPECT_EQ(&builtin, find_builtin(builtin.name));
  }
  EXPECT_THAT(names, testing::ElementsAre("echo", "discard", "chargen", "daytime", "time", "tcpmux",
                                          "metrics", "status"));
}

TEST(Builtins, AreFoundByTheirExactNameOnly) {
  for (const std::string_view name : {"", "Echo", "ech", "echo ", "qotd"}) {
    EXPECT_EQ(nullptr, find_builtin(name)) << name;
  }
}

TEST(EchoDatagram, IsTheRequest) {
  EXPECT_EQ("hello", answer("echo", "hello"));
  EXPECT_EQ("", answer("echo", ""));
  const std::string most(65507, 'x');
  EXPECT_EQ(most, answer("echo", most));
}

TEST(DiscardDatagram, IsNotAnswered) {
  EXPECT_EQ("(none)", answer("discard", "hello"));
}

TEST(ChargenDatagram, IsTheFirstLineWhateverWasAsked) {
  const std::string line =
      " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefg\r\n";
  ASSERT_EQ(74U, line.size());
  EXPECT_EQ(line, answer("chargen", ""));
  EXPECT_EQ(line, answer("chargen", std::string(1000, 'x')));
}

TEST(DaytimeDatagram, IsCtimeInLocalTimeWithCrLf) {
  setenv("TZ", "UTC0", 1);
  tzset();
  EXPECT_EQ("Sun Nov 22 10:16:34 2026\r\n", answer("daytime", "", 1795342594));
  EXPECT_EQ("Thu Jan  1 00:00:00 1970\r\n", answer("daytime", "?", 0));
  setenv("TZ", "EST5", 1);
  tzset();
  EXPECT_EQ("Sun Nov 22 05:16:34 2026\r\n", answer("daytime", "", 1795342594));
  EXPECT_NE("", answer("daytime", "", std::numeric_limits<std::time_t>::max()));
}

// The dates that RFC 868 gives, and the wrap it leaves out.
TEST(TimeDatagram, IsFourBytesOfSecondsSince1900) {
  using namespace std::string_literals;
  EXPECT_EQ("\x83\xaa\x7e\x80"s, answer("time", "", 0));
  const struct {
    std::time_t unix_time;
    std::uint32_t since_1900;
  } dates[] = {{-2208988799, 1},        {189302400, 2398291200},  {315532800, 2524521600},
               {420595200, 2629584000}, {2085978495, 0xffffffff}, {2085978496, 0},
               {2085978497, 1}};
  for (const auto& date : dates) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) {
      bytes += static_cast<char>(date.since_1900 >> shift & 0xff);
    }
    EXPECT_EQ(bytes, answer("time", "x", date.unix_time)) << date.unix_time;
  }
}

TEST(EveryDatagram, IsCutToTheRoomThereIs) {
  for (const auto& builtin : all_builtins()) {
    if (builtin.answer == nullptr) continue;
    std::array<std::byte, 3> reply;
    std::array<std::byte, 5> request{};
    const auto size = builtin.answer(request, reply, 0);
    EXPECT_TRUE(size == 3 || size == kNoReply) << builtin.name;
  }
}

}  // namespace
}  // namespace uvinetd
