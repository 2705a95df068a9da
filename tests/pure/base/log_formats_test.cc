// SPDX-License-Identifier: ISC
#include <gmock/gmock.h>
#include <stdlib.h>

#include <nlohmann/json.hpp>

#include "core/base/calendar.h"
#include "core/base/event_json.h"
#include "core/base/journal_fields.h"
#include "core/base/log_line.h"
#include "core/base/xinetd_line.h"

namespace uvinetd {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using testing::MatchesRegex;

constexpr std::chrono::system_clock::time_point kWhen{1'795'000'005s + 7ms};

Event start() {
  return Event(LogLevel::Info, "start").add("id", "a").add("pid", 12).add("from", "192.0.2.7:99");
}

TEST(Event, IsTextAsTheLogHasItAlways) {
  EXPECT_EQ(start().text(), "start id=a pid=12 from=192.0.2.7:99");
  EXPECT_EQ(Event(LogLevel::Notice, "").say("words").text(), "words");
  EXPECT_EQ(Event(LogLevel::Notice, "stderr").add("id", "a").say("b c").text(), "stderr id=a b c");
  EXPECT_EQ(start().text_of("pid"), "12");
  EXPECT_EQ(start().text_of("ms"), "");
  auto event = start();
  event.replace("from", "x");
  event.replace("to", "y");
  EXPECT_EQ(event.text(), "start id=a pid=12 from=x");
}

TEST(EventJson, HasNumbersAsNumbersAndTheOrderOfTheText) {
  EXPECT_EQ(json_line(start(), kWhen, 3800),
            R"({"time":"2026-11-18T11:06:45.007Z","level":"info","event":"start","id":"a",)"
            R"("pid":12,"from":"192.0.2.7:99"})");
  EXPECT_EQ(json_line(Event(LogLevel::Error, "").say("a \"b\"\n"), kWhen, 3800),
            R"({"time":"2026-11-18T11:06:45.007Z","level":"error","message":"a \"b\"\\x0a"})");
}

TEST(EventJson, LeavesOutWhatIsNotAndNullsWhatIsNotKnown) {
  const auto event = Event(LogLevel::Info, "exit").add("pid", "-").add("status", "unknown");
  const auto json = nlohmann::json::parse(json_line(event, kWhen, 3800));
  EXPECT_FALSE(json.contains("pid"));
  EXPECT_TRUE(json.at("status").is_null());
}

TEST(EventJson, StaysAnObjectHoweverLongItsTextsAre) {
  for (const auto& text : {std::string(20'000, '"'), std::string(20'000, '\x01'), "\xff\xfe"s}) {
    auto event = Event(LogLevel::Info, "x").add("a", text).add("b", text).say(text);
    const auto line = json_line(event, kWhen, 1000);
    EXPECT_LE(line.size(), 1000U);
    EXPECT_TRUE(nlohmann::json::accept(line)) << line;
  }
}

TEST(XinetdLine, HasItsShapes) {
  EXPECT_EQ(xinetd_line(start()), "START: a pid=12 from=192.0.2.7");
  auto exit = Event(LogLevel::Info, "exit").add("id", "a").add("pid", 12);
  exit.add("status", 3).add("ms", 4'999).add("cpu", 1);
  EXPECT_EQ(xinetd_line(exit), "EXIT: a status=3 pid=12 duration=4(sec)");
  exit.replace("status", "signal:9");
  EXPECT_EQ(xinetd_line(exit), "EXIT: a signal=9 pid=12 duration=4(sec)");
  exit.replace("status", "unknown");
  exit.replace("pid", "-");
  EXPECT_EQ(xinetd_line(exit), "EXIT: a duration=4(sec)");
  EXPECT_EQ(xinetd_traffic_line(exit), "");
  exit.add("received", 5).add("sent", 6);
  EXPECT_EQ(xinetd_traffic_line(exit), "TRAFFIC: a in=5(bytes) out=6(bytes)");
  const auto refusal = [](std::string_view from, std::string_view reason) {
    return xinetd_line(
        Event(LogLevel::Warning, "refuse").add("id", "a").add("from", from).add("reason", reason));
  };
  EXPECT_EQ(refusal("[2001:db8::7]:99", "access"), "FAIL: a address from=2001:db8::7");
  EXPECT_EQ(refusal("192.0.2.7:99", "rate"), "FAIL: a connections per second from=192.0.2.7");
  EXPECT_EQ(refusal("192.0.2.7:99", "time"), "FAIL: a time from=192.0.2.7");
  EXPECT_EQ(refusal("-", "instances"), "FAIL: a service_limit");
  EXPECT_EQ(refusal("192.0.2.7:99", "address"), "FAIL: a forged from=192.0.2.7");
  const auto ident = Event(LogLevel::Info, "ident").add("id", "a").add("user", "joe");
  EXPECT_EQ(xinetd_line(ident), "USERID: a joe");
  EXPECT_EQ(xinetd_line(Event(LogLevel::Notice, "reload").add("kept", 1)), "reload kept=1");
}

TEST(JournalFields, AreThoseOfItsNativeProtocol) {
  const auto event = Event(LogLevel::Warning, "refuse")
                         .add("id", "a")
                         .add("from", "-")
                         .add("reason", "x\ny")
                         .add("ms", 5);
  EXPECT_EQ(journal_fields(event, "text", 3 << 3, "uvinetd"),
            "MESSAGE=text\nPRIORITY=4\nSYSLOG_FACILITY=3\nSYSLOG_IDENTIFIER=uvinetd\n"
            "UVINETD_EVENT=refuse\nUVINETD_ID=a\n"
            "UVINETD_REASON\n\x03\0\0\0\0\0\0\0x\ny\n"
            "UVINETD_MS=5\n"s);
  EXPECT_EQ(journal_fields(Event(LogLevel::Notice, ""), "t", 0, "i"),
            "MESSAGE=t\nPRIORITY=5\nSYSLOG_FACILITY=0\nSYSLOG_IDENTIFIER=i\n");
}

TEST(LogLine, HasTheFrameOfItsTarget) {
  const LogLine line{3 << 3, kWhen, 7, start()};
  using enum LogForm;
  const auto json = json_line(start(), kWhen, 3800);
  for (const auto form : {Plain, Terminal, File}) {
    EXPECT_EQ(render(line, form, LogFormat::Json, "uvinetd"), json + "\n");
  }
  EXPECT_EQ(render(line, Stream, LogFormat::Json, "uvinetd"), "<6>" + json + "\n");
  EXPECT_THAT(render(line, Syslog, LogFormat::Json, "uvinetd"),
              testing::AllOf(MatchesRegex("<30>.* uvinetd.7.: .*"), testing::EndsWith(json)));
  EXPECT_THAT(render(line, File, LogFormat::Text, "uvinetd"),
              MatchesRegex("[A-Z][a-z][a-z] .* uvinetd.7.: start id=a pid=12 from=.*\n"));
  EXPECT_THAT(render(line, File, LogFormat::Xinetd, "uvinetd"),
              MatchesRegex("26/11/1[789]@[0-9:]+: START: a pid=12 from=192.0.2.7\n"));
  EXPECT_THAT(render(line, Syslog, LogFormat::Xinetd, "uvinetd"),
              MatchesRegex("<30>.* xinetd.7.: START: a pid=12 from=192.0.2.7"));
}

}  // namespace
}  // namespace uvinetd
