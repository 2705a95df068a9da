// SPDX-License-Identifier: ISC
#include "core/reactor/dgram_gate.h"

#include <gtest/gtest.h>

#include <set>
#include <utility>
#include <vector>

#include "tests/pure/reactor/sequences.h"

namespace uvinetd {
namespace {

using State = DgramState;
using Event = DgramEvent;
using Action = DgramAction;

const std::vector<State> kStates = {State::Idle, State::Holding, State::Closed};
const std::vector<Event> kEvents = {Event::Readable, Event::Empty,      Event::HeadNew,
                                    Event::HeadSame, Event::HeadUnread, Event::Adopted,
                                    Event::Removed};

struct Cell {
  const char* name;
  State state;
  Event event;
  State next;
  Action action;
};

// clang-format off
constexpr Cell kCells[] = {
    {"idle: a datagram starts a server", State::Idle, Event::Readable, State::Holding, Action::Launch},
    {"idle: somebody else took it", State::Idle, Event::Empty, State::Idle, Action::None},
    {"idle: a head that had no start", State::Idle, Event::HeadNew, State::Holding, Action::Launch},
    {"idle: no head is known", State::Idle, Event::HeadSame, State::Idle, Action::None},
    {"idle: nothing was started for it", State::Idle, Event::HeadUnread, State::Idle, Action::None},
    {"idle: an adopted server may not have read yet", State::Idle, Event::Adopted, State::Holding, Action::LookLater},
    {"idle: removed", State::Idle, Event::Removed, State::Closed, Action::Close},

    {"holding: still readable", State::Holding, Event::Readable, State::Holding, Action::None},
    {"holding: it was read", State::Holding, Event::Empty, State::Idle, Action::Poll},
    {"holding: it was read and the next one is there", State::Holding, Event::HeadNew, State::Holding, Action::Launch},
    {"holding: not read yet", State::Holding, Event::HeadSame, State::Holding, Action::LookLater},
    {"holding: its server ended without reading it", State::Holding, Event::HeadUnread, State::Holding, Action::Discard},
    {"holding: an adopted server too", State::Holding, Event::Adopted, State::Holding, Action::LookLater},
    {"holding: removed", State::Holding, Event::Removed, State::Closed, Action::Close},

    {"closed: readable", State::Closed, Event::Readable, State::Closed, Action::None},
    {"closed: empty", State::Closed, Event::Empty, State::Closed, Action::None},
    {"closed: head new", State::Closed, Event::HeadNew, State::Closed, Action::None},
    {"closed: head same", State::Closed, Event::HeadSame, State::Closed, Action::None},
    {"closed: head unread", State::Closed, Event::HeadUnread, State::Closed, Action::None},
    {"closed: adopted", State::Closed, Event::Adopted, State::Closed, Action::None},
    {"closed: removed", State::Closed, Event::Removed, State::Closed, Action::None},
};
// clang-format on

TEST(DgramGate, DoesWhatEachCellSays) {
  for (const auto& cell : kCells) {
    EXPECT_TRUE(step(cell.state, cell.event) == (DgramStep{cell.next, cell.action})) << cell.name;
  }
}

TEST(DgramGate, HasACellForEveryStateAndEvent) {
  std::set<std::pair<State, Event>> seen;
  for (const auto& cell : kCells) seen.emplace(cell.state, cell.event);
  EXPECT_EQ(seen.size(), kStates.size() * kEvents.size());
}

TEST(DgramGate, PollsOnlyWhenIdle) {
  for (const auto state : kStates) EXPECT_EQ(wants_polling(state), state == State::Idle);
}

TEST(DgramGate, NeverStartsASecondServerForTheSameDatagram) {
  test::every_sequence<Event>(kEvents, 6, [](const std::vector<Event>& events) {
    auto state = State::Idle;
    bool head_has_server = false;
    for (const auto event : events) {
      if (event == Event::Empty || event == Event::HeadNew) head_has_server = false;
      const auto [next, action] = step(state, event);
      if (action == Action::Launch) {
        ASSERT_FALSE(head_has_server);
        head_has_server = true;
      }
      if (action == Action::Discard) head_has_server = false;
      ASSERT_FALSE(head_has_server && wants_polling(next));
      state = next;
    }
  });
}

TEST(DgramGate, NeverLeavesClosed) {
  for (const auto event : kEvents) {
    EXPECT_TRUE(step(State::Closed, event) == (DgramStep{State::Closed, Action::None}));
  }
}

TEST(DgramGate, WhileHoldingThereIsAlwaysAReasonToLookAgain) {
  // Holding is left by a look only: each look that stays in it asks for the next one.
  for (const auto event : {Event::HeadNew, Event::HeadSame, Event::HeadUnread, Event::Adopted}) {
    const auto [next, action] = step(State::Holding, event);
    EXPECT_EQ(next, State::Holding);
    EXPECT_NE(action, Action::None);
  }
}

}  // namespace
}  // namespace uvinetd
