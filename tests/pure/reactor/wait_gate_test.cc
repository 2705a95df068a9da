// SPDX-License-Identifier: ISC
#include "core/reactor/wait_gate.h"

#include <gtest/gtest.h>

#include <ostream>
#include <set>
#include <utility>
#include <vector>

#include "tests/pure/reactor/sequences.h"

namespace uvinetd {
namespace {

using State = WaitState;
using Event = WaitEvent;
using Action = WaitAction;

const std::vector<State> kStates = {State::Idle, State::Starting, State::Serving, State::Backoff,
                                    State::Closed};
const std::vector<Event> kEvents = {Event::Readable,    Event::Started, Event::StartFailed,
                                    Event::Lost,        Event::Exited,  Event::ExitedIdle,
                                    Event::BackoffOver, Event::Adopted, Event::Removed};

struct Cell {
  const char* name;
  State state;
  Event event;
  State next;
  Action action;
};

// clang-format off
constexpr Cell kCells[] = {
    {"idle: a client starts the server", State::Idle, Event::Readable, State::Starting, Action::Launch},
    {"idle: a server that nobody asked for owns the socket", State::Idle, Event::Started, State::Serving, Action::StopPolling},
    {"idle: a late failure is nothing", State::Idle, Event::StartFailed, State::Idle, Action::None},
    {"idle: a late loss is nothing", State::Idle, Event::Lost, State::Idle, Action::None},
    {"idle: a late exit is nothing", State::Idle, Event::Exited, State::Idle, Action::None},
    {"idle: a late idle exit is nothing", State::Idle, Event::ExitedIdle, State::Idle, Action::None},
    {"idle: a late timer is nothing", State::Idle, Event::BackoffOver, State::Idle, Action::None},
    {"idle: an adopted server owns the socket", State::Idle, Event::Adopted, State::Serving, Action::StopPolling},
    {"idle: removed", State::Idle, Event::Removed, State::Closed, Action::Close},

    {"starting: more clients wait", State::Starting, Event::Readable, State::Starting, Action::None},
    {"starting: the server runs", State::Starting, Event::Started, State::Serving, Action::None},
    {"starting: the program cannot be started", State::Starting, Event::StartFailed, State::Backoff, Action::StartBackoff},
    {"starting: the launch never got to a child", State::Starting, Event::Lost, State::Idle, Action::Rearm},
    {"starting: ended before its start was told", State::Starting, Event::Exited, State::Idle, Action::Rearm},
    {"starting: ended idle before its start was told", State::Starting, Event::ExitedIdle, State::Backoff, Action::StartBackoff},
    {"starting: a late timer is nothing", State::Starting, Event::BackoffOver, State::Starting, Action::None},
    {"starting: found running by somebody else", State::Starting, Event::Adopted, State::Serving, Action::None},
    {"starting: removed", State::Starting, Event::Removed, State::Closed, Action::Close},

    {"serving: the socket is the server's", State::Serving, Event::Readable, State::Serving, Action::None},
    {"serving: told twice", State::Serving, Event::Started, State::Serving, Action::None},
    {"serving: a late failure is nothing", State::Serving, Event::StartFailed, State::Serving, Action::None},
    {"serving: a late loss is nothing", State::Serving, Event::Lost, State::Serving, Action::None},
    {"serving: the server ends", State::Serving, Event::Exited, State::Idle, Action::Rearm},
    {"serving: the server ends without having done anything", State::Serving, Event::ExitedIdle, State::Backoff, Action::StartBackoff},
    {"serving: a late timer is nothing", State::Serving, Event::BackoffOver, State::Serving, Action::None},
    {"serving: adopted twice", State::Serving, Event::Adopted, State::Serving, Action::None},
    {"serving: removed", State::Serving, Event::Removed, State::Closed, Action::Close},

    {"backoff: clients wait", State::Backoff, Event::Readable, State::Backoff, Action::None},
    {"backoff: a server runs after all", State::Backoff, Event::Started, State::Serving, Action::StopPolling},
    {"backoff: fails again", State::Backoff, Event::StartFailed, State::Backoff, Action::None},
    {"backoff: a late loss is nothing", State::Backoff, Event::Lost, State::Backoff, Action::None},
    {"backoff: a late exit is nothing", State::Backoff, Event::Exited, State::Backoff, Action::None},
    {"backoff: a late idle exit is nothing", State::Backoff, Event::ExitedIdle, State::Backoff, Action::None},
    {"backoff: over", State::Backoff, Event::BackoffOver, State::Idle, Action::Rearm},
    {"backoff: an adopted server owns the socket", State::Backoff, Event::Adopted, State::Serving, Action::StopPolling},
    {"backoff: removed", State::Backoff, Event::Removed, State::Closed, Action::Close},

    {"closed: readable", State::Closed, Event::Readable, State::Closed, Action::None},
    {"closed: started", State::Closed, Event::Started, State::Closed, Action::None},
    {"closed: start failed", State::Closed, Event::StartFailed, State::Closed, Action::None},
    {"closed: lost", State::Closed, Event::Lost, State::Closed, Action::None},
    {"closed: exited", State::Closed, Event::Exited, State::Closed, Action::None},
    {"closed: exited idle", State::Closed, Event::ExitedIdle, State::Closed, Action::None},
    {"closed: backoff over", State::Closed, Event::BackoffOver, State::Closed, Action::None},
    {"closed: adopted", State::Closed, Event::Adopted, State::Closed, Action::None},
    {"closed: removed", State::Closed, Event::Removed, State::Closed, Action::None},
};
// clang-format on

TEST(WaitGate, DoesWhatEachCellSays) {
  for (const auto& cell : kCells) {
    EXPECT_TRUE(step(cell.state, cell.event) == (WaitStep{cell.next, cell.action})) << cell.name;
  }
}

TEST(WaitGate, HasACellForEveryStateAndEvent) {
  std::set<std::pair<State, Event>> seen;
  for (const auto& cell : kCells) seen.emplace(cell.state, cell.event);
  EXPECT_EQ(seen.size(), kStates.size() * kEvents.size());
}

TEST(WaitGate, PollsOnlyWhileNobodyOwnsTheSocket) {
  for (const auto state : kStates) EXPECT_EQ(wants_polling(state), state == State::Idle);
}

TEST(WaitGate, NeverLeavesClosed) {
  for (const auto event : kEvents) {
    EXPECT_TRUE(step(State::Closed, event) == (WaitStep{State::Closed, Action::None}));
  }
}

// A launch is over when it failed, was lost or its server ended; only then may the next one begin,
// as long as answers belong to the launch that is under way (the listener sees to that).
TEST(WaitGate, NeverStartsTwoServersAtOnce) {
  test::every_sequence<Event>(kEvents, 6, [](const std::vector<Event>& events) {
    auto state = State::Idle;
    bool is_under_way = false;
    for (const auto event : events) {
      const auto [next, action] = step(state, event);
      const bool is_end = event == Event::StartFailed || event == Event::Lost ||
                          event == Event::Exited || event == Event::ExitedIdle;
      if (is_end) is_under_way = false;
      if (event == Event::Started || event == Event::Adopted) is_under_way = true;
      if (action == Action::Launch) {
        ASSERT_FALSE(is_under_way);
        ASSERT_EQ(state, State::Idle);
        is_under_way = true;
      }
      // While a server is under way the socket is nobody else's to poll.
      ASSERT_FALSE(is_under_way && wants_polling(next));
      state = next;
    }
  });
}

TEST(WaitGate, LaunchesOnlyForAClient) {
  for (const auto state : kStates) {
    for (const auto event : kEvents) {
      const bool launches = step(state, event).action == Action::Launch;
      EXPECT_EQ(launches, state == State::Idle && event == Event::Readable);
    }
  }
}

TEST(WaitGate, EveryBackoffHasATimerAndOnlyTheTimerOrAServerEndsIt) {
  for (const auto state : kStates) {
    for (const auto event : kEvents) {
      const auto [next, action] = step(state, event);
      const bool enters = state != State::Backoff && next == State::Backoff;
      EXPECT_EQ(action == Action::StartBackoff, enters);
    }
  }
}

}  // namespace
}  // namespace uvinetd
