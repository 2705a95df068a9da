// SPDX-License-Identifier: ISC
// The command lines of the verbs that ask a daemon.
#include <gtest/gtest.h>

#include <csignal>

#include "core/ctl/command.h"
#include "core/ctl/live/live_options.h"

namespace uvinetd {
namespace {

using Words = std::vector<std::string>;

Command command(Words words) {
  words.insert(words.begin(), "uvinetctl");
  const auto parsed = parse_command(words);
  EXPECT_FALSE(parsed.exit_status) << parsed.text;
  return parsed.command;
}

ControlRequest request(ControlVerb verb) {
  ControlRequest out;
  out.verb = verb;
  return out;
}

TEST(LiveCommand, OptionsOfAllStandBeforeAndAfterTheVerb) {
  for (const Words& words :
       {Words{"--socket", "/s", "--json", "--color=never", "--wait", "3s", "status"},
        Words{"status", "--socket=/s", "--json", "--color", "never", "--wait=3s"},
        Words{"--socket", "list", "--socket", "/s", "--wait", "1", "--color", "never", "status",
              "--wait", "3s", "--json"}}) {
    const auto parsed = command(words);
    EXPECT_EQ(parsed.verb, Verb::DaemonStatus);
    EXPECT_EQ(parsed.live.socket, "/s");
    EXPECT_TRUE(parsed.json);
    EXPECT_EQ(parsed.live.color, LiveOptions::Color::Never);
    EXPECT_EQ(parsed.live.wait, std::chrono::seconds(3));
  }
}

TEST(LiveCommand, BecomesTheRequest) {
  auto wanted = request(ControlVerb::Match);
  wanted.id = "a/tcp";
  wanted.address = "::1";
  EXPECT_EQ(command({"match", "a/tcp", "::1"}).live.request, wanted);

  wanted = request(ControlVerb::Pause);
  wanted.id = "a";
  wanted.refuse = true;
  EXPECT_EQ(command({"pause", "a", "--refuse"}).live.request, wanted);

  wanted = request(ControlVerb::Tail);
  wanted.ids = {"a", "b"};
  wanted.events = {"start"};
  EXPECT_EQ(command({"tail", "--id", "a", "--event", "start", "--id=b"}).live.request, wanted);

  wanted = request(ControlVerb::Ban);
  wanted.address = "10.0.0.0/8";
  EXPECT_EQ(command({"ban", "10.0.0.0/8"}).live.request, wanted);
  EXPECT_EQ(command({"ban", "10.0.0.0/8", "forever"}).live.request, wanted);
  wanted.seconds = 600;
  EXPECT_EQ(command({"ban", "10.0.0.0/8", "10min"}).live.request, wanted);

  wanted = request(ControlVerb::Stop);
  EXPECT_EQ(command({"stop"}).live.request, wanted);
  wanted.drain_seconds = 0;
  EXPECT_EQ(command({"stop", "--drain", "0"}).live.request, wanted);

  wanted = request(ControlVerb::Metrics);
  wanted.services = true;
  EXPECT_EQ(command({"metrics", "--services"}).live.request, wanted);
}

TEST(LiveCommand, KillsAProcessOrAService) {
  auto wanted = request(ControlVerb::Kill);
  wanted.pid = 12;
  EXPECT_EQ(command({"kill", "12"}).live.request, wanted);
  wanted.signal = SIGHUP;
  EXPECT_EQ(command({"kill", "12", "SIGHUP"}).live.request, wanted);
  wanted.pid = 0;
  wanted.id = "12/tcp";
  EXPECT_EQ(command({"kill", "12/tcp", "1"}).live.request, wanted);
}

TEST(LiveCommand, ListAndTopSortAndFilter) {
  const auto list =
      command({"list", "--sort", "p99", "--reverse", "--filter", "x", "--running", "--paused"});
  EXPECT_EQ(list.live.sort, "p99");
  EXPECT_TRUE(list.live.reverse && list.live.running && list.live.paused);
  EXPECT_EQ(list.live.filter, "x");
  const auto top = command({"top", "-d", "0.5", "--sort=load"});
  EXPECT_EQ(top.live.delay, std::chrono::milliseconds(500));
  EXPECT_EQ(top.live.request.verb, ControlVerb::List);
}

TEST(LiveCommand, RefusesWhatItDoesNotKnow) {
  struct Row {
    Words words;
    const char* reason;
  };
  const Row rows[] = {
      {{"staus"}, "unknown verb \"staus\" (did you mean \"status\"?)"},
      {{"status", "x"}, "status takes no operand"},
      {{"--scoket", "x", "status"}, "unknown option \"--scoket\" (did you mean \"--socket\"?)"},
      {{"status", "--socket", ""}, "--socket: an empty PATH"},
      {{"status", "--wait", "0"}, "--wait: from 1s to 1d"},
      {{"status", "--color", "alway"},
       "--color: auto, always or never, not \"alway\" (did you mean \"always\"?)"},
      {{"list", "--sort", "runing"},
       "--sort: unknown column \"runing\" (did you mean \"running\"?)"},
      {{"list", "--sort", "starts"}, "--sort: unknown column \"starts\" (did you mean \"state\"?)"},
      {{"list", "--refuse"}, "unknown option \"--refuse\""},
      {{"match", "a"}, "match needs an ID and an ADDRESS"},
      {{"pause"}, "pause needs one ID"},
      {{"pause", "a", "b"}, "pause needs one ID"},
      {{"ps", "a", "b"}, "ps needs one ID, or none"},
      {{"resume", ""}, "an empty word"},
      {{"ban"}, "ban needs an ADDRESS, and a TIME or none"},
      {{"ban", "::1", "soon"}, "TIME is a time, as \"30s\", \"10min\", \"1h\", not \"soon\""},
      {{"ban", "::1", "0s"}, "a ban of no time: unban takes one away"},
      {{"kill", "0"}, "no PID: \"0\""},
      {{"kill", "99999999999"}, "no PID: \"99999999999\""},
      {{"kill", "1", "HPU"}, "unknown signal \"HPU\" (did you mean \"HUP\"?)"},
      {{"tail", "--event", "strat"}, "--event: unknown event \"strat\" (did you mean \"start\"?)"},
      {{"tail", "--id", ""}, "--id: an empty ID"},
      {{"stop", "--drain", "x"}, "--drain is a time, as \"30s\", \"10min\", \"1h\", not \"x\""},
      {{"top", "-d", "0"}, "-d: from 0.1 to 3600 SECONDS"},
      {{"top", "--json"}, "--json does not go with top"},
  };
  for (const auto& row : rows) {
    auto words = row.words;
    words.insert(words.begin(), "uvinetctl");
    const auto parsed = parse_command(words);
    EXPECT_EQ(parsed.exit_status, 2) << row.reason;
    EXPECT_EQ(parsed.text, std::string("uvinetctl: ") + row.reason + "\nTry 'uvinetctl --help'.\n");
  }
}

// What is asked of a daemon is a request that it takes.
TEST(LiveCommand, RequestsAreThoseOfTheProtocol) {
  const Words lines[] = {
      {"status"},
      {"list"},
      {"show", "--socket", "s", "a"},
      {"ps"},
      {"ps", "a"},
      {"match", "a", "b"},
      {"metrics"},
      {"tail"},
      {"bans"},
      {"reload"},
      {"pause", "a"},
      {"resume", "a"},
      {"ban", "a"},
      {"unban", "a"},
      {"kill", "a"},
      {"kill", "5", "9"},
      {"stop"},
      {"reopen-logs"},
      {"top"},
  };
  for (const auto& words : lines) {
    const auto asked = command(words).live.request;
    auto line = print_request(asked);
    line.pop_back();
    const auto read = parse_request(line);
    EXPECT_FALSE(read.error) << line;
    EXPECT_EQ(read.request, asked) << line;
  }
}

}  // namespace
}  // namespace uvinetd
