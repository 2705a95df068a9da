// SPDX-License-Identifier: ISC
// The small parts: numbers and times for people, tables, signals, replies, sockets, colours.
#include <gtest/gtest.h>

#include <csignal>

#include "core/ctl/live/answer.h"
#include "core/ctl/live/control_socket.h"
#include "core/ctl/live/human.h"
#include "core/ctl/live/live_verbs.h"
#include "core/ctl/live/process_cpu.h"
#include "core/ctl/live/signal_names.h"
#include "core/ctl/live/terminal.h"
#include "core/ctl/live/text_table.h"

namespace uvinetd {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Human, AgesHaveTwoUnits) {
  EXPECT_EQ(age_text(milliseconds(-5)), "0s");
  EXPECT_EQ(age_text(milliseconds(59'999)), "59s");
  EXPECT_EQ(age_text(seconds(192)), "3m12s");
  EXPECT_EQ(age_text(seconds(3'600 * 5 + 240)), "5h04m");
  EXPECT_EQ(age_text(seconds(86'400 * 12 + 3 * 3'600)), "12d3h");
}

TEST(Human, DurationsHaveThreeDigitsOrSo) {
  EXPECT_EQ(duration_text(microseconds(0)), "0µs");
  EXPECT_EQ(duration_text(microseconds(999)), "999µs");
  EXPECT_EQ(duration_text(microseconds(1'234)), "1.2ms");
  EXPECT_EQ(duration_text(microseconds(99'960)), "100ms");
  EXPECT_EQ(duration_text(microseconds(999'400)), "999ms");
  EXPECT_EQ(duration_text(microseconds(999'600)), "1.0s");
  EXPECT_EQ(duration_text(seconds(119)), "119s");
  EXPECT_EQ(duration_text(seconds(120)), "2m00s");
}

TEST(Human, LargeCountsAreShort) {
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(9'999), "9999");
  EXPECT_EQ(count_text(12'345), "12.3k");
  EXPECT_EQ(count_text(999'600), "1.0M");
  EXPECT_EQ(count_text(-20'000), "-20.0k");
  EXPECT_EQ(count_text(5'000'000'000'000), "5.0T");
}

TEST(Human, RatesOfAlmostNothingAreNotNothing) {
  EXPECT_EQ(rate_text(0), "0");
  EXPECT_EQ(rate_text(0.01), "<0.1");
  EXPECT_EQ(rate_text(0.44), "0.4");
  EXPECT_EQ(rate_text(12.6), "13");
  EXPECT_EQ(rate_text(12'345), "12.3k");
}

TEST(Human, WidthIsThatOfTheTerminal) {
  EXPECT_EQ(display_width("µs"), 2U);
  EXPECT_EQ(display_width("日本"), 4U);
  EXPECT_EQ(display_width("e\xCC\x81"), 1U);  // e and a combining accent
  EXPECT_EQ(display_width("\xFF"), 1U);
  EXPECT_EQ(clipped("abcdef", 6), "abcdef");
  EXPECT_EQ(clipped("abcdef", 4), "abc~");
  EXPECT_EQ(clipped("日本語", 4), "日~");
  EXPECT_EQ(clipped("abc", 0), "");
}

TEST(TextTable, AlignsByWidthAndEndsNoLineInBlanks) {
  TextTable table({{"NAME"}, {"N", true}, {"REST"}}, false);
  table.add({{"日本"}, {"5"}, {"x"}});
  table.add({{"a"}, {"1234"}, {""}});
  EXPECT_EQ(table.text(),
            "NAME     N  REST\n"
            "日本     5  x\n"
            "a     1234\n");
}

TEST(TextTable, ColoursTakeNoRoom) {
  TextTable table({{"A"}, {"B"}}, true);
  table.add({{"x", Paint::Bad}, {"y"}});
  EXPECT_EQ(table.text(), "\x1b[1mA\x1b[0m  \x1b[1mB\x1b[0m\n\x1b[31mx\x1b[0m  y\n");
}

TEST(SignalNames, AreNamesAndNumbers) {
  for (const char* text : {"HUP", "SIGHUP", "hup", "sighup", "1"}) {
    EXPECT_EQ(signal_from_text(text), SIGHUP) << text;
  }
  for (const char* text : {"", "0", "65", "-1", "1x", "SIG", "HUPP", "99999999999"}) {
    EXPECT_EQ(signal_from_text(text), std::nullopt) << text;
  }
  EXPECT_EQ(signal_hint("TREM"), "did you mean \"TERM\"?");
}

TEST(Reply, IsAnObjectOfBoundedDepth) {
  EXPECT_FALSE(read_reply(""));
  EXPECT_FALSE(read_reply("[]"));
  EXPECT_FALSE(read_reply("{}"));
  EXPECT_FALSE(read_reply("{\"a\":1"));
  std::string deep = "{\"a\":";
  deep += std::string(100'000, '[') + std::string(100'000, ']') + "}";
  EXPECT_FALSE(read_reply(deep));
  ASSERT_TRUE(read_reply("{\"a\":\"[[[\\\"\"}"));
  EXPECT_TRUE(read_reply("{\"end\":true}")->is_last);
  EXPECT_FALSE(read_reply("{\"new\":true}")->is_last);
}

TEST(Reply, ErrorsAreTheLastLine) {
  const auto reply = read_reply("{\"error\":{\"code\":\"refused\",\"message\":\"a\\nb\"}}");
  ASSERT_TRUE(reply && reply->error);
  EXPECT_TRUE(reply->is_last);
  EXPECT_EQ(reply->error->code, "refused");
  EXPECT_EQ(reply->error->message, "a\\x0ab");
  EXPECT_EQ(read_reply("{\"error\":5}")->error->message, "the daemon does not say why");
}

TEST(ProcessCpu, AddsTheFourTimesWhateverTheName) {
  EXPECT_EQ(cpu_ticks("7 (a) b) S 1 1 1 0 -1 4194560 1 2 3 4 10 20 30 40 20 0 1 0"), 100);
  EXPECT_EQ(cpu_ticks("7 (a) S 1 1 1 0 -1 4194560 1 2 3 4 10 20 30"), std::nullopt);
  EXPECT_EQ(cpu_ticks("7 (a) S 1 1 1 0 -1 4194560 1 2 3 4 10 20 x 40"), std::nullopt);
  EXPECT_EQ(cpu_ticks(""), std::nullopt);
}

TEST(ControlSocket, IsThatOfTheOptionTheEnvironmentOrTheUser) {
  EXPECT_EQ(control_socket({"/a", "/b", "/c", 0}), "/a");
  EXPECT_EQ(control_socket({"", "/b", "/c", 0}), "/b");
  EXPECT_EQ(control_socket({"", "", "/c", 0}), "/run/uvinetd/control");
  EXPECT_EQ(control_socket({"", nullptr, "/c", 1000}), "/c/uvinetd/control");
  EXPECT_EQ(control_socket({"", nullptr, nullptr, 1000}), "");
  EXPECT_EQ(control_socket({"", nullptr, "relative", 1000}), "");
}

TEST(Colors, AreForTerminalsThatHaveSome) {
  using Color = LiveOptions::Color;
  EXPECT_TRUE(has_colors(Color::Auto, true, nullptr, "xterm"));
  EXPECT_TRUE(has_colors(Color::Auto, true, "", "xterm"));
  EXPECT_FALSE(has_colors(Color::Auto, true, "1", "xterm"));
  EXPECT_FALSE(has_colors(Color::Auto, false, nullptr, "xterm"));
  EXPECT_FALSE(has_colors(Color::Auto, true, nullptr, "dumb"));
  EXPECT_FALSE(has_colors(Color::Auto, true, nullptr, nullptr));
  EXPECT_TRUE(has_colors(Color::Always, false, "1", nullptr));
  EXPECT_FALSE(has_colors(Color::Never, true, nullptr, "xterm"));
}

TEST(Patience, IsLongerWhereTheMonitorHasAPart) {
  Command command;
  command.live.request.verb = ControlVerb::List;
  const auto look = patience_of(command);
  command.live.request.verb = ControlVerb::Reload;
  EXPECT_GT(patience_of(command), look);
  EXPECT_GT(patience_of(command), seconds(60));
  command.live.wait = seconds(3);
  EXPECT_EQ(patience_of(command), seconds(3));
}

}  // namespace
}  // namespace uvinetd
