// SPDX-License-Identifier: ISC
#include "spawn/zygote_gate.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

namespace uvinetd {
namespace {

using Event = ZygoteEvent;
using Phase = ZygotePhase;
using Action = ZygoteStep::Action;

constexpr ZygoteGate in(Phase phase, bool is_at_io = false, bool fails_at_io = false) {
  return {phase, is_at_io, fails_at_io};
}

struct Row {
  ZygoteGate from;
  Event event;
  ZygoteGate to;
  Action action;
  bool wants_io = true;
};

const std::vector<Row> kRows = {
    {in(Phase::Cold), Event::Wanted, in(Phase::Starting, true), Action::Start},
    {in(Phase::Cold), Event::Wanted, in(Phase::Starting), Action::Start, false},
    {in(Phase::Cold, true, true), Event::Wanted, in(Phase::Starting, false, true), Action::Start},
    {in(Phase::Starting, true), Event::Parked, in(Phase::Parked, true), Action::None},
    {in(Phase::Starting), Event::Parked, in(Phase::Parked), Action::None},
    {in(Phase::Starting, true), Event::ParkedAtMain, in(Phase::Parked, false, true), Action::None},
    // At its first I/O: main() is tried next.
    {in(Phase::Starting, true), Event::TryMain, in(Phase::Cold, true, true), Action::End},
    {in(Phase::Starting, true), Event::Broke, in(Phase::Cold, true, true), Action::End},
    {in(Phase::Starting, true), Event::Refused, in(Phase::Off, true), Action::End},
    // At main(): there is nothing else to try.
    {in(Phase::Starting), Event::TryMain, in(Phase::Off), Action::End},
    {in(Phase::Starting), Event::Broke, in(Phase::Off), Action::End},
    {in(Phase::Starting), Event::Refused, in(Phase::Off), Action::End},
    {in(Phase::Starting), Event::Died, in(Phase::Resting), Action::End},
    {in(Phase::Parked, true), Event::Broke, in(Phase::Off, true), Action::End},
    {in(Phase::Parked), Event::Broke, in(Phase::Off), Action::End},
    {in(Phase::Parked), Event::TryMain, in(Phase::Off), Action::End},
    {in(Phase::Parked), Event::Refused, in(Phase::Off), Action::End},
    {in(Phase::Parked), Event::Died, in(Phase::Resting), Action::End},
    {in(Phase::Parked), Event::Worn, in(Phase::Cold), Action::End},
    {in(Phase::Resting), Event::Rested, in(Phase::Cold), Action::None},
    {in(Phase::Off, true, true), Event::Changed, in(Phase::Cold, true), Action::None},
    {in(Phase::Cold, true, true), Event::Changed, in(Phase::Cold, true), Action::None},
    {in(Phase::Resting, false, true), Event::Changed, in(Phase::Resting), Action::None},
    {in(Phase::Parked, true, true), Event::Changed, in(Phase::Parked, true, true), Action::None},
};

const std::vector<Phase> kPhases = {Phase::Cold, Phase::Starting, Phase::Parked, Phase::Resting,
                                    Phase::Off};
const std::vector<Event> kEvents = {
    Event::Wanted, Event::Parked, Event::ParkedAtMain, Event::TryMain, Event::Refused,
    Event::Broke,  Event::Died,   Event::Worn,         Event::Rested,  Event::Changed};

TEST(ZygoteGateTest, FollowsTheTable) {
  for (const auto& row : kRows) {
    const auto got = step(row.from, row.event, row.wants_io);
    EXPECT_EQ(got.next, row.to) << &row - kRows.data();
    EXPECT_EQ(got.action, row.action) << &row - kRows.data();
  }
}

TEST(ZygoteGateTest, WhateverTheTableDoesNotNameChangesNothing) {
  for (const auto phase : kPhases) {
    for (const auto event : kEvents) {
      const bool is_named = std::any_of(kRows.begin(), kRows.end(), [&](const Row& row) {
        return row.from.phase == phase && row.event == event;
      });
      if (is_named) continue;
      EXPECT_EQ(step(in(phase), event, true).next, in(phase));
      EXPECT_EQ(step(in(phase), event, true).action, Action::None);
    }
  }
}

// A program is started only where none runs, and one that runs is left only by ending it.
TEST(ZygoteGateTest, NeverHasTwoAndNeverForgetsOne) {
  const auto runs = [](Phase phase) { return phase == Phase::Starting || phase == Phase::Parked; };
  for (const auto phase : kPhases) {
    for (const auto event : kEvents) {
      for (const int flags : {0, 1, 2, 3}) {
        const auto from = in(phase, (flags & 1) != 0, (flags & 2) != 0);
        const auto got = step(from, event, true);
        EXPECT_EQ(got.action == Action::Start, !runs(phase) && runs(got.next.phase));
        EXPECT_EQ(got.action == Action::End, runs(phase) && !runs(got.next.phase));
      }
    }
  }
}

TEST(ZygoteGateTest, WhatFailedIsNotTriedAgainBeforeTheFileHasChanged) {
  for (const auto event : kEvents) {
    const auto next = step(in(Phase::Off), event, true).next;
    EXPECT_EQ(next.phase == Phase::Off, event != Event::Changed);
  }
}

}  // namespace
}  // namespace uvinetd
