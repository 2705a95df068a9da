// SPDX-License-Identifier: ISC
#include "core/reactor/nowait_gate.h"

#include <gtest/gtest.h>

#include <set>
#include <utility>
#include <vector>

#include "tests/pure/reactor/sequences.h"

namespace uvinetd {
namespace {

using State = NowaitState;
using Event = NowaitEvent;
using Action = NowaitAction;

const std::vector<State> kStates = {State::Open, State::AtLimit, State::Paused, State::Closed};
const std::vector<Event> kEvents = {Event::LimitReached, Event::LimitFreed, Event::Pause,
                                    Event::PauseOver, Event::Removed};

struct Cell {
  const char* name;
  State state;
  Event event;
  State next;
  Action action;
};

// clang-format off
constexpr Cell kCells[] = {
    {"open: the limit is reached", State::Open, Event::LimitReached, State::AtLimit, Action::StopPolling},
    {"open: a freed place is nothing new", State::Open, Event::LimitFreed, State::Open, Action::None},
    {"open: paused", State::Open, Event::Pause, State::Paused, Action::StopPolling},
    {"open: a late timer is nothing", State::Open, Event::PauseOver, State::Open, Action::None},
    {"open: removed", State::Open, Event::Removed, State::Closed, Action::Close},

    {"at limit: reached again", State::AtLimit, Event::LimitReached, State::AtLimit, Action::None},
    {"at limit: a place is free", State::AtLimit, Event::LimitFreed, State::Open, Action::Poll},
    {"at limit: paused too", State::AtLimit, Event::Pause, State::Paused, Action::None},
    {"at limit: a late timer is nothing", State::AtLimit, Event::PauseOver, State::AtLimit, Action::None},
    {"at limit: removed", State::AtLimit, Event::Removed, State::Closed, Action::Close},

    {"paused: the limit can wait", State::Paused, Event::LimitReached, State::Paused, Action::None},
    {"paused: a free place does not end it", State::Paused, Event::LimitFreed, State::Paused, Action::None},
    {"paused: paused again", State::Paused, Event::Pause, State::Paused, Action::None},
    {"paused: over", State::Paused, Event::PauseOver, State::Open, Action::Poll},
    {"paused: removed", State::Paused, Event::Removed, State::Closed, Action::Close},

    {"closed: limit reached", State::Closed, Event::LimitReached, State::Closed, Action::None},
    {"closed: limit freed", State::Closed, Event::LimitFreed, State::Closed, Action::None},
    {"closed: pause", State::Closed, Event::Pause, State::Closed, Action::None},
    {"closed: pause over", State::Closed, Event::PauseOver, State::Closed, Action::None},
    {"closed: removed", State::Closed, Event::Removed, State::Closed, Action::None},
};
// clang-format on

TEST(NowaitGate, DoesWhatEachCellSays) {
  for (const auto& cell : kCells) {
    EXPECT_TRUE(step(cell.state, cell.event) == (NowaitStep{cell.next, cell.action})) << cell.name;
  }
}

TEST(NowaitGate, HasACellForEveryStateAndEvent) {
  std::set<std::pair<State, Event>> seen;
  for (const auto& cell : kCells) seen.emplace(cell.state, cell.event);
  EXPECT_EQ(seen.size(), kStates.size() * kEvents.size());
}

TEST(NowaitGate, PollsOnlyWhenOpen) {
  for (const auto state : kStates) EXPECT_EQ(wants_polling(state), state == State::Open);
}

TEST(NowaitGate, ActionsSayWhatBecomesOfThePolling) {
  for (const auto state : kStates) {
    for (const auto event : kEvents) {
      const auto [next, action] = step(state, event);
      EXPECT_EQ(action == Action::Poll, !wants_polling(state) && wants_polling(next));
      EXPECT_EQ(action == Action::StopPolling,
                wants_polling(state) && !wants_polling(next) && next != State::Closed);
    }
  }
}

TEST(NowaitGate, NeverLeavesClosedAndAlwaysComesBackFromAPause) {
  test::every_sequence<Event>(kEvents, 6, [](const std::vector<Event>& events) {
    auto state = State::Open;
    bool is_removed = false;
    for (const auto event : events) {
      state = step(state, event).next;
      is_removed = is_removed || event == Event::Removed;
      ASSERT_EQ(state == State::Closed, is_removed);
    }
    if (is_removed) return;
    // Whatever happened: a freed place and the end of the pause open it again.
    state = step(step(state, Event::LimitFreed).next, Event::PauseOver).next;
    ASSERT_EQ(state, State::Open);
  });
}

}  // namespace
}  // namespace uvinetd
