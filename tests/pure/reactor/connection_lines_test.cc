// SPDX-License-Identifier: ISC
#include "core/reactor/connection_lines.h"

#include <gtest/gtest.h>

#include "core/reactor/service_logs.h"

namespace uvinetd {
namespace {

using namespace std::chrono_literals;

LogSettings parts(std::uint8_t on_success, LogChoice connections = LogChoice::Default) {
  LogSettings out;
  out.on_success = on_success;
  out.on_failure = on_success;
  out.connections = connections;
  return out;
}

TEST(ConnectionLines, ToNamePartsIsToWantThem) {
  using enum LogChoice;
  for (const bool by_default : {false, true}) {
    EXPECT_EQ(logs_starts(parts(0), by_default), by_default);
    EXPECT_TRUE(logs_starts(parts(log_part::kPid), by_default));
    EXPECT_FALSE(logs_starts(parts(log_part::kPid, No), by_default));
    EXPECT_TRUE(logs_starts(parts(0, Yes), by_default));
    EXPECT_EQ(logs_exits(parts(0), by_default), by_default);
    EXPECT_FALSE(logs_exits(parts(log_part::kPid), by_default));
    EXPECT_TRUE(logs_exits(parts(log_part::kExit), by_default));
    EXPECT_TRUE(logs_exits(parts(log_part::kDuration), by_default));
    EXPECT_FALSE(logs_exits(parts(log_part::kExit, No), by_default));
  }
}

TEST(ConnectionLines, HaveThePartsThatAreWanted) {
  Report report;
  report.pid = 7;
  report.user_usec = 1'000;
  report.system_usec = 2'000;
  const auto exit = [&](std::uint8_t which) {
    return exit_event(parts(which), "a", report, 5ms).text();
  };
  EXPECT_EQ(start_event(parts(0), "a", 7, "h").text(), "start id=a pid=7 from=h");
  EXPECT_EQ(start_event(parts(log_part::kPid), "a", 7, "h").text(), "start id=a pid=7");
  EXPECT_EQ(start_event(parts(log_part::kHost), "a", 7, "h").text(), "start id=a from=h");
  EXPECT_EQ(start_event(parts(log_part::kExit), "a", 7, "h").text(), "start id=a");
  EXPECT_EQ(exit(0), "exit id=a pid=7 status=0 ms=5 cpu=3");
  EXPECT_EQ(exit(log_part::kExit), "exit id=a status=0");
  EXPECT_EQ(exit(log_part::kDuration), "exit id=a ms=5 cpu=3");
  EXPECT_EQ(refusal_event(parts(0), "a", "h", "r").text(), "refuse id=a from=h reason=r");
  EXPECT_EQ(refusal_event(parts(log_part::kHost), "a", "h", "r").text(),
            "refuse id=a from=h reason=r");
  EXPECT_EQ(refusal_event(parts(log_part::kAttempt), "a", "h", "r").text(), "refuse id=a reason=r");
}

TEST(ConnectionLines, OfARelayTellItsTraffic) {
  RelayEnd ended;
  ended.received = 3;
  ended.sent = 4;
  ended.lasted = 5ms;
  EXPECT_EQ(relay_end_event(parts(0), "a", ended).text(),
            "exit id=a pid=- status=0 ms=5 received=3 sent=4");
  EXPECT_EQ(relay_end_event(parts(log_part::kTraffic), "a", ended).text(),
            "exit id=a received=3 sent=4");
  EXPECT_TRUE(logs_relay_ends(parts(log_part::kTraffic), false));
  EXPECT_FALSE(logs_exits(parts(log_part::kTraffic), false));
  EXPECT_FALSE(logs_relay_ends(parts(log_part::kPid), false));
}

TEST(ServiceLogs, TheSizesOfAFileAreLimits) {
  LogSettings log;
  EXPECT_EQ(room_in_file(1'000, log), FileRoom::Free);
  log.soft = 100;
  log.hard = 200;
  EXPECT_EQ(room_in_file(99, log), FileRoom::Free);
  EXPECT_EQ(room_in_file(100, log), FileRoom::Warn);
  EXPECT_EQ(room_in_file(199, log), FileRoom::Warn);
  EXPECT_EQ(room_in_file(200, log), FileRoom::Full);
}

}  // namespace
}  // namespace uvinetd
