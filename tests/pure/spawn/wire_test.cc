// SPDX-License-Identifier: ISC
#include "spawn/wire.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <tuple>

namespace uvinetd {
namespace {

// One example of each body, with no field at its default.
Report an_exit() {
  Report report;
  report.kind = ReportKind::Exited;
  report.id = make_launch_id(7, 9);
  report.service = 1;
  report.listener = 2;
  report.pid = 3;
  report.code = 4;
  report.step = "execve";
  report.status = 0x0f00;
  report.user_usec = 5'000'000'000;
  report.system_usec = 6;
  report.max_rss_kib = 7;
  return report;
}

const auto kExamples = std::tuple{
    Hello{"launcher", 77, "build"},
    LauncherStart{1, 2, true, 3, true, 1ULL << 40, 1ULL << 41, SpawnerKind::Clone},
    LauncherStarted{-13, "setgroups"},
    Generation{0xfffffffe},
    Epoch{12},
    StopLauncher{StopHow::TerminateAll},
    ReactorStart{1, true, 2, 3, true, true, 4, 5, 6, 7, std::string(16, '\1'),
                 std::string("a\0b", 3), 8},
    ListenerKeys{{1, 0xffffffff, 3}},
    LauncherJoined{1, 2},
    LauncherNumber{3, true},
    LauncherFailed{1, 2, "exec"},
    NeedLauncher{9, 2},
    ListenerNumber{8},
    EndServer{7, make_launch_id(1, 2), SIGKILL},
    ControlSocket{7, true, 8, true},
    ControlText{9, true, "{}"},
    Happened{"reload", "", "{}"},
    Hold{"finger/tcp", HoldHow::Refuse},
    Bans{true, {{1, 2, 128, -1}, {~0ULL, 3, 0, INT64_MAX}}},
    Pong{true},
    RoleFacts{{{"monitor", 1, 0, 40}, {"launcher", 3, ~0ULL, -1}}},
    LogTargetForm{2, true, "/var/log/x"},
    LogTrouble{28},
    Launch{make_launch_id(0xfffff, 1), 2, 3, {4, 5}, "peer", "local"},
    Reports{{an_exit(), Report(), an_exit()}},
    RunningChild{1, 2, 3, 4, -5, "peer"},
    AccessListForm{7, std::string("a\0b", 3)},
    ResolverStart{true, 2, 3, true},
    FindName{"192.0.2.1"},
    NameFound{"192.0.2.1", "host.example", true},
    ClientBack{"ftp/tcp", 7, true, false, true, false, true, true, "h.example", "p", "l", 99},
};

template <typename F>
void for_each_example(F visit) {
  std::apply([&](const auto&... body) { (visit(body), ...); }, kExamples);
}

template <typename T>
std::optional<T> parse_like(const T&, std::string_view bytes) {
  return parse_as<T>(bytes);
}

TEST(Wire, EveryBodyComesBackAsItWasSent) {
  for_each_example([](const auto& body) {
    const auto bytes = print(body);
    const auto again = parse_like(body, bytes);
    ASSERT_TRUE(again);
    EXPECT_EQ(print(*again), bytes);
  });
}

TEST(Wire, FieldsStandWhereTheirNamesSay) {
  const auto report = parse_as<Reports>(print(Reports{{an_exit()}}))->list.at(0);
  EXPECT_EQ(report.kind, ReportKind::Exited);
  EXPECT_EQ(report.id, make_launch_id(7, 9));
  EXPECT_EQ(report.listener, 2U);
  EXPECT_EQ(report.pid, 3);
  EXPECT_EQ(report.step, "execve");
  EXPECT_EQ(report.status, 0x0f00);
  EXPECT_EQ(report.user_usec, 5'000'000'000);
  EXPECT_EQ(report.max_rss_kib, 7);
  const auto start = *parse_as<LauncherStart>(
      print(LauncherStart{1, 2, true, 3, false, 4, 5, SpawnerKind::Clone}));
  EXPECT_EQ(start.identity, 2U);
  EXPECT_TRUE(start.becomes_identity);
  EXPECT_EQ(start.guard_gid, 3U);
  EXPECT_FALSE(start.is_dumpable);
  EXPECT_EQ(start.hard_descriptor_limit, 5U);
  EXPECT_EQ(start.spawner, SpawnerKind::Clone);
}

TEST(Wire, ABodyCutAnywhereIsRefused) {
  for_each_example([](const auto& body) {
    const auto bytes = print(body);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_FALSE(parse_like(body, std::string_view(bytes).substr(0, size))) << size;
    }
  });
}

TEST(Wire, ABodyWithMoreBehindItIsRefused) {
  for_each_example([](const auto& body) {
    EXPECT_FALSE(parse_like(body, print(body) + '\0'));
    EXPECT_FALSE(parse_like(body, print(body) + print(body)));
  });
}

TEST(Wire, EnumeratorsOutOfRangeAreRefused) {
  EXPECT_FALSE(parse_as<StopLauncher>("\x05"));
  EXPECT_FALSE(parse_as<StopLauncher>("\xff"));
  auto bytes = print(Reports{{Report()}});
  bytes[4] = '\x04';  // the kind, after the count
  EXPECT_FALSE(parse_as<Reports>(bytes));
  for (const int signal : {-1, 0, 65}) {
    EXPECT_FALSE(parse_as<EndServer>(print(EndServer{1, 2, signal})));
  }
  EXPECT_FALSE(parse_as<Bans>(print(Bans{false, {{0, 0, 129, 0}}})));
}

TEST(Wire, ACountThatTheBodyCannotHoldIsRefusedAtOnce) {
  EXPECT_FALSE(parse_as<ListenerKeys>("\xff\xff\xff\xff"));
  EXPECT_FALSE(parse_as<Reports>("\xff\xff\xff\xff"));
  EXPECT_FALSE(parse_as<Hello>("\xff\xff\xff\xffxx"));
  EXPECT_TRUE(parse_as<Bans>(print(Bans{false, std::vector<WireBan>(kMostBansInMessage)})));
  EXPECT_FALSE(parse_as<Bans>(print(Bans{false, std::vector<WireBan>(kMostBansInMessage + 1)})));
}

TEST(Wire, EveryFlippedBitGivesABodyOrNone) {
  for_each_example([](const auto& body) {
    const auto good = print(body);
    for (std::size_t at = 0; at < good.size(); ++at) {
      for (const unsigned bit : {0x01U, 0x80U, 0xffU}) {
        auto bytes = good;
        bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ bit);
        if (const auto again = parse_like(body, bytes)) (void)print(*again);
      }
    }
  });
}

TEST(Wire, RandomBytesGiveABodyOrNone) {
  std::minstd_rand random(1);
  for (int turn = 0; turn < 2'000; ++turn) {
    std::string bytes(random() % 120, '\0');
    for (auto& byte : bytes) byte = static_cast<char>(random() % (turn % 2 == 0 ? 256 : 4));
    for_each_example([&](const auto& body) {
      if (const auto again = parse_like(body, bytes)) (void)print(*again);
    });
  }
}

TEST(Wire, LaunchIdsOfTwoReactorsNeverMeet) {
  EXPECT_NE(make_launch_id(1, 5), make_launch_id(2, 5));
  EXPECT_NE(make_launch_id(1, 1), 0U);
  EXPECT_EQ(make_launch_id(1, (std::uint64_t{1} << 44) + 5), make_launch_id(1, 5));
  EXPECT_EQ(make_launch_id(0xfffff, 0) >> 44, 0xfffffU);
}

TEST(Wire, TheBuildHasAName) {
  EXPECT_FALSE(build_id().empty());
}

}  // namespace
}  // namespace uvinetd
