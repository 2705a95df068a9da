// SPDX-License-Identifier: ISC
// Whether a service has a zygote: pure. While it has none its servers are exec'd.
//
//     Cold --Wanted--> Starting --Parked--> Parked --Worn--> Cold
//      ^                  |                    |
//      +---TryMain, Broke at its first I/O     +--Died--> Resting --Rested--> Cold
//          (the next try is at main())         +--Broke--> Off --Changed--> Cold
//                         |
//                         +--Refused, Broke at main()--> Off
//
// ParkedAtMain is Parked, and the next try is at main() too. Off, and trying at main(), last until
// the program's file or the service has changed: what did not work once would not work the next
// time, and each try costs the start of a program.
#pragma once

#include <cstdint>

namespace uvinetd {

enum class ZygotePhase : std::uint8_t { Cold, Starting, Parked, Resting, Off };

struct ZygoteGate {
  ZygotePhase phase = ZygotePhase::Cold;
  bool is_at_io = false;  // where it parks or is to park; else before main()
  bool fails_at_io = false;

  friend bool operator==(const ZygoteGate&, const ZygoteGate&) = default;
};

enum class ZygoteEvent : std::uint8_t {
  Wanted,        // a launch of the service
  Parked,        // it says that it waits
  ParkedAtMain,  // the same, but not at its first I/O where it was to
  TryMain,       // it cannot park at its first I/O
  Refused,       // it cannot park
  Broke,         // it never parked, ended first, or did what no zygote does
  Died,          // a parked one was ended by somebody
  Worn,          // it has made enough servers, is old enough, or a file of it has changed
  Rested,        // the time after its death is over
  Changed,       // the program's file
};

struct ZygoteStep {
  enum class Action : std::uint8_t { None, Start, End };
  ZygoteGate next;
  Action action = Action::None;
};

[[nodiscard]] constexpr ZygoteStep step(ZygoteGate gate, ZygoteEvent event, bool wants_io) {
  using Action = ZygoteStep::Action;
  using Phase = ZygotePhase;
  const auto to = [&](Phase phase, Action action) {
    auto next = gate;
    next.phase = phase;
    return ZygoteStep{next, action};
  };
  const ZygoteStep same{gate, Action::None};
  const bool is_alive = gate.phase == Phase::Starting || gate.phase == Phase::Parked;
  switch (event) {
    case ZygoteEvent::Wanted:
      if (gate.phase != Phase::Cold) return same;
      gate.is_at_io = wants_io && !gate.fails_at_io;
      return to(Phase::Starting, Action::Start);
    case ZygoteEvent::Parked:
      return gate.phase == Phase::Starting ? to(Phase::Parked, Action::None) : same;
    case ZygoteEvent::ParkedAtMain:
      if (gate.phase != Phase::Starting) return same;
      gate.is_at_io = false;
      gate.fails_at_io = true;
      return to(Phase::Parked, Action::None);
    case ZygoteEvent::TryMain:
    case ZygoteEvent::Broke:
      if (!is_alive) return same;
      if (!gate.is_at_io || gate.phase == Phase::Parked) return to(Phase::Off, Action::End);
      gate.fails_at_io = true;
      return to(Phase::Cold, Action::End);
    case ZygoteEvent::Refused:
      return is_alive ? to(Phase::Off, Action::End) : same;
    case ZygoteEvent::Died:
      return is_alive ? to(Phase::Resting, Action::End) : same;
    case ZygoteEvent::Worn:
      return gate.phase == Phase::Parked ? to(Phase::Cold, Action::End) : same;
    case ZygoteEvent::Rested:
      return gate.phase == Phase::Resting ? to(Phase::Cold, Action::None) : same;
    case ZygoteEvent::Changed:
      if (is_alive) return same;
      gate.fails_at_io = false;
      return to(gate.phase == Phase::Off ? Phase::Cold : gate.phase, Action::None);
  }
  return same;
}

}  // namespace uvinetd
