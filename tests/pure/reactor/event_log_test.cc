// SPDX-License-Identifier: ISC
#include "core/reactor/event_log.h"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/reactor/service.h"
#include "tests/pure/reactor/skipped_time.h"

namespace uvinetd {
namespace {

using namespace std::chrono_literals;
using namespace test;
using testing::ElementsAre;

class EventLogTest : public testing::Test {
 protected:
  EventLogTest() {
    int ends[2] = {-1, -1};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    reader.reset(ends[0]);
    daemon.open({LogForm::Stream, UniqueFd(ends[1])}, "uvinetd");
    service.entry.id = "a";
  }
  // Those written since the last call.
  std::vector<std::string> lines() {
    std::string text;
    char part[4096];
    for (ssize_t n = 0; (n = read(reader.get(), part, sizeof part)) > 0;) {
      text.append(part, static_cast<std::size_t>(n));
    }
    std::vector<std::string> out;
    for (std::size_t at = 0, end = 0; (end = text.find('\n', at)) != std::string::npos;
         at = end + 1) {
      out.push_back(text.substr(at, end - at));
    }
    return out;
  }
  void configure(AddressPrivacy addresses, bool logs_connections = true) {
    ReactorStart start;
    start.logs_connections = logs_connections;
    start.log_addresses = static_cast<std::uint8_t>(addresses);
    start.log_key = std::string(16, 'k');
    events.configure(start);
  }

  Loop loop;
  Timers timers{loop};
  UniqueFd reader;
  Log daemon;
  ServiceLogs services{timers, daemon, [] {}};
  EventLog events{timers, daemon, services};
  Service service;
  SocketAddress peer = *SocketAddress::parse_ip("192.0.2.7", 99);
};

TEST_F(EventLogTest, TellsAListenerAllPartsOfWhatNoLogWants) {
  configure(AddressPrivacy::Full, false);
  EXPECT_FALSE(events.is_wanted());
  events.started(service, 7, peer);
  std::vector<std::string> heard;
  events.listen([&](const Event& event) { heard.push_back(event.text()); });
  EXPECT_TRUE(events.is_wanted());
  events.started(service, 7, peer);
  events.started(service, 0, peer);
  EXPECT_THAT(heard, ElementsAre("start id=a pid=7 from=192.0.2.7:99",
                                 "start id=a pid=- from=192.0.2.7:99"));
  EXPECT_THAT(lines(), ElementsAre());
  events.listen({});
  events.started(service, 7, peer);
  EXPECT_EQ(heard.size(), 2U);
}

TEST_F(EventLogTest, TellsNobodyAnAddressThatIsPrivate) {
  configure(AddressPrivacy::Truncate);
  std::vector<std::string> heard;
  events.listen([&](const Event& event) { heard.push_back(event.text_of("from")); });
  events.started(service, 7, peer);
  events.identified(service, peer, "joe");
  events.refused(service, peer.text(), "access");
  EXPECT_THAT(lines(), ElementsAre("<6>start id=a pid=7 from=192.0.2.0/24",
                                   "<6>ident id=a from=192.0.2.0/24 user=joe",
                                   "<4>refuse id=a from=192.0.2.0/24 reason=access"));
  EXPECT_THAT(heard, ElementsAre("192.0.2.0/24", "192.0.2.0/24", "192.0.2.0/24"));
}

TEST_F(EventLogTest, TakesAReasonApartAndTellsItAsBefore) {
  configure(AddressPrivacy::Full);
  std::string step;
  events.listen([&](const Event& event) {
    step = event.text_of("reason") + "," + event.text_of("errno") + "," + event.text_of("step");
  });
  events.refused(service, "-", "exec errno=ENOENT step=execve");
  EXPECT_EQ(step, "exec,ENOENT,execve");
  EXPECT_THAT(lines(), ElementsAre("<4>refuse id=a from=- reason=exec errno=ENOENT step=execve"));
}

TEST_F(EventLogTest, CountsRefusalsOfOneSourceInARun) {
  configure(AddressPrivacy::Full);
  for (int port = 1; port <= 25; ++port) {
    events.refused(service, "192.0.2.7:" + std::to_string(port), "access");
  }
  EXPECT_EQ(lines().size(), EventLog::kWrittenOfRun);
  events.refused(service, "192.0.2.8:1", "access");
  EXPECT_THAT(lines(),
              ElementsAre("<4>repeated n=15 event=refuse id=a from=192.0.2.7 reason=access",
                          "<4>refuse id=a from=192.0.2.8:1 reason=access"));
}

TEST_F(EventLogTest, TellsWhatWasLeftOutWhenNobodyIsRefusedAnyMore) {
  configure(AddressPrivacy::Full);
  for (std::uint32_t i = 0; i < EventLog::kRefusalsPerSecond + 3; ++i) {
    events.refused(service, "192.0.2." + std::to_string(i) + ":1", "access");
  }
  EXPECT_EQ(lines().size(), EventLog::kRefusalsPerSecond);
  skip_time(Repeats::kTime + 1ms);
  uv_update_time(loop.get());
  uv_run(loop.get(), UV_RUN_NOWAIT);
  EXPECT_THAT(lines(), ElementsAre("<4>3 refusals were not logged"));
}

TEST_F(EventLogTest, ServesNewSourcesInTheNextSecond) {
  configure(AddressPrivacy::Full);
  for (int i = 0; i < 100; ++i) {
    events.refused(service, "192.0.2." + std::to_string(i) + ":1", "access");
  }
  EXPECT_EQ(lines().size(), EventLog::kRefusalsPerSecond);
  skip_time(1'001ms);
  events.refused(service, "192.0.2.200:1", "access");
  EXPECT_THAT(lines(), ElementsAre("<4>50 refusals were not logged",
                                   "<4>refuse id=a from=192.0.2.200:1 reason=access"));
}

}  // namespace
}  // namespace uvinetd
