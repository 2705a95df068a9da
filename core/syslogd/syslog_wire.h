// SPDX-License-Identifier: ISC
// What the monitor and uvinetd-syslogd say to each other, over a Channel that the server finds as
// its standard input. The server may open nothing, so the monitor opens its targets.
//
//     server --Hello--> monitor --Setup, Target..., Use--> server --Used--> monitor
//
// The channel outlives the server: the next one begins with Hello again, and finds at most what was
// said to the one before. A generation that never gets its Use is dropped.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/fields.h"

namespace uvinetd {

inline constexpr std::uint32_t kSyslogWireVersion = 1;

// The numbers are the wire format: after an upgrade a server of the build before talks to the
// monitor of this one.
enum class SyslogMessageType : std::uint16_t {
  Hello = 1,         // server → monitor; SyslogHello
  Setup = 2,         // monitor → server; SyslogGeneration; fds: memory that holds a SyslogSetup
  Target = 3,        // monitor → server; SyslogTarget; fds: one, or none if `code`
  Use = 4,           // monitor → server; SyslogGeneration: all targets are told
  Used = 5,          // server → monitor; SyslogGeneration
  Rotate = 6,        // server → monitor; SyslogTarget: the file is at its size; Target answers
  Reopen = 7,        // server → monitor: it was sent SIGHUP
  AskTerminals = 8,  // server → monitor; SyslogTerminals: whose
  Terminals = 9,     // monitor → server; SyslogTerminals; fds: one per user
  Counts = 10,       // server → monitor; SyslogCounts, at most one a second
};

struct SyslogHello {
  std::uint32_t version = kSyslogWireVersion;
  std::string build_id;
  std::int32_t pid = 0;
};

struct SyslogGeneration {
  std::uint32_t generation = 0;
};

// One action of the rules of a generation, by its index.
struct SyslogTarget {
  std::uint32_t generation = 0;
  std::uint32_t action = 0;
  std::int32_t code = 0;  // errno of opening it; a later Target of the same action may have it
};

struct SyslogTerminals {
  std::uint64_t ticket = 0;
  std::vector<std::string> users;        // asked: names, or "*"; told: whose each descriptor is
  std::vector<std::string> absent = {};  // told: not logged in, or with messages off
};

struct SyslogCounts {
  std::uint64_t received = 0;
  std::uint64_t malformed = 0;  // kept, and marked
  std::uint64_t truncated = 0;
  std::uint64_t limited = 0;  // of senders above their rate
  std::uint64_t written = 0;  // lines, over all targets
  std::uint64_t forwarded = 0;
  std::uint64_t dropped = 0;  // for a target that could not take them
};

UVINETD_BODY_DECLARED(SyslogHello)
UVINETD_BODY_DECLARED(SyslogGeneration)
UVINETD_BODY_DECLARED(SyslogTarget)
UVINETD_BODY_DECLARED(SyslogTerminals)
UVINETD_BODY_DECLARED(SyslogCounts)

}  // namespace uvinetd
