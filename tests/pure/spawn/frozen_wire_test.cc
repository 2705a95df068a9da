// SPDX-License-Identifier: ISC
// What two builds say to each other during an upgrade, byte by byte: no release may change it.
#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "spawn/ledger.h"
#include "spawn/wire.h"

namespace uvinetd {
namespace {

using namespace std::string_view_literals;

TEST(FrozenWire, NumbersOfMessages) {
  const auto number = [](MessageType type) { return static_cast<int>(type); };
  EXPECT_EQ(number(MessageType::StopLauncher), 9);
  EXPECT_EQ(number(MessageType::LauncherGone), 13);
  EXPECT_EQ(number(MessageType::AdoptedExit), 16);
  EXPECT_EQ(number(MessageType::Stopped), 20);
  EXPECT_EQ(number(MessageType::EndServer), 30);
  EXPECT_EQ(number(MessageType::ControlTold), 45);
  EXPECT_EQ(number(MessageType::Retire), 50);
  EXPECT_EQ(number(MessageType::ClientBack), 51);
}

TEST(FrozenWire, Bodies) {
  EXPECT_EQ(print(StopLauncher{StopHow::EndWaitServers}), "\0"sv);
  EXPECT_EQ(print(StopLauncher{StopHow::LeaveNow}), "\1"sv);
  EXPECT_EQ(print(StopLauncher{StopHow::TerminateAll}), "\2"sv);
  EXPECT_EQ(print(StopLauncher{StopHow::KillAll}), "\3"sv);
  EXPECT_EQ(print(StopLauncher{StopHow::LeaveWhenDone}), "\4"sv);
  EXPECT_EQ(print(LauncherNumber{7, true}), "\7\0\0\0\1"sv);
  EXPECT_EQ(print(EndServer{7, 9, 15}), "\7\0\0\0\x9\0\0\0\0\0\0\0\xf\0\0\0"sv);
  EXPECT_EQ(print(ControlText{9, true, "{}"}), "\x9\0\0\0\0\0\0\0\1\2\0\0\0{}"sv);
  Report exit;
  exit.kind = ReportKind::Exited;
  exit.id = 1;
  exit.service = 2;
  exit.listener = 3;
  exit.pid = 4;
  exit.status = 5;
  EXPECT_EQ(print(Reports{{exit}}),
            "\1\0\0\0"
            "\2\1\0\0\0\0\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\0\0\0\0\0\0\0\0\5\0\0\0"
            "\0\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
            "\xff\xff\xff\xff\xff\xff\xff\xff"sv);
  EXPECT_EQ(print(ClientBack{"ftp", 7, true, false, true, false, true, true, "n", "p", "l", 9}),
            "\3\0\0\0ftp\7\0\0\0\1\0\1\0\1\1\1\0\0\0n\1\0\0\0p\1\0\0\0l\x9\0\0\0\0\0\0\0"sv);
}

TEST(FrozenWire, Ledger) {
  EXPECT_EQ(kLedgerSlots, 640U);
  EXPECT_EQ(sizeof(LedgerSlot), 72U);
  EXPECT_EQ(offsetof(LedgerSlot, state), 8U);
  EXPECT_EQ(offsetof(LedgerSlot, pid), 12U);
  EXPECT_EQ(offsetof(LedgerSlot, service), 16U);
  EXPECT_EQ(offsetof(LedgerSlot, listener), 20U);
  EXPECT_EQ(offsetof(LedgerSlot, started_ns), 24U);
  EXPECT_EQ(offsetof(LedgerSlot, peer_size), 32U);
  EXPECT_EQ(offsetof(LedgerSlot, status), 36U);
  EXPECT_EQ(offsetof(LedgerSlot, peer), 40U);
  EXPECT_EQ(offsetof(LedgerPage, spawner), 12U);
  EXPECT_EQ(offsetof(LedgerPage, taken), 16U);
  EXPECT_EQ(offsetof(LedgerPage, slots), 24U);
}

}  // namespace
}  // namespace uvinetd
