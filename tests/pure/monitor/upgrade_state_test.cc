// SPDX-License-Identifier: ISC
#include "core/monitor/upgrade/upgrade_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "core/monitor/reload_diff.h"
#include "core/monitor/upgrade/program_swap.h"

namespace uvinetd {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kMark[] = "uvinetd upgrade state\n";

std::string with(const nlohmann::json& object) {
  std::string out = kMark;
  nlohmann::json::to_cbor(object, out);
  return out;
}

UpgradeState an_example() {
  UpgradeState state;
  state.from = "0.1.0";
  state.argv = {"inetd", "-e", "bytes \xff\xfe"};
  state.own_binary = 3;
  state.sockets = {{7, 11, 1, 2, "::", 69, "", "tftp/udp", true, true, 5, 6, true, "uvinetd-1"}};
  state.service_keys = {{"tftp/udp", 4}};
  state.reactor = {100, 12};
  state.launchers = {{1, 2, "root", {101, 13}, 14, 15}};
  state.adopted = {{9, 4, 7, 102, -1, std::string("a\0b", 3), true, true}};
  state.orphaned = {{1, 2, 16}};
  state.bans = {{1, 2, 64, INT64_MAX}};
  state.tickets = {5, 6};
  return state;
}

TEST(UpgradeState, ComesBackAsItWas) {
  const auto read = parse_upgrade_state(print(an_example()));
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(print(*read), print(an_example()));
  EXPECT_EQ(read->argv.back(), "bytes \xff\xfe");
  EXPECT_EQ(read->adopted.at(0).peer, std::string("a\0b", 3));
  EXPECT_THAT(descriptors_of(*read), ElementsAre(3, 11, 12, 13, 14, 15, 16));
}

// What version 1 calls its things: a later program has to find them there.
TEST(UpgradeState, VersionOneIsReadByItsNames) {
  const auto read = parse_upgrade_state(with(nlohmann::json::parse(R"({
    "version": 1, "from": "0.1.0", "argv": ["inetd"], "directory": "/", "soft_limit": 1024,
    "hard_limit": 4096, "is_daemon": true, "began_ms": 5, "upgrades": 2, "epoch": 3,
    "generation": 4, "last_socket": 8, "last_launcher": 9, "last_identity": 1,
    "sockets": [{"key": 7, "fd": 11, "kind": 0, "family": 0, "host": "127.0.0.1", "port": 21,
                 "path": "", "service": "ftp/tcp", "is_rpc": false, "is_filtered": true}],
    "service_keys": {"ftp/tcp": 6},
    "reactor": {"pid": 100, "channel": 12},
    "launchers": [{"id": 9, "identity": 1, "name": "root", "role": {"pid": 101, "channel": 13},
                   "ledger": 14, "errors": 15}],
    "adopted": [{"id": 1, "service": 6, "listener": 7, "pid": 102, "started_ns": 5}],
    "holds": {"ftp/tcp": 1}, "known_errors": [{"file": "f", "slug": "s", "message": "m"}],
    "of a later program": [1, 2, 3]})")));
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->sockets.at(0).port, 21);
  EXPECT_TRUE(read->sockets.at(0).is_filtered);
  EXPECT_EQ(read->launchers.at(0).role.pid, 101);
  EXPECT_EQ(read->launchers.at(0).ledger, 14);
  EXPECT_EQ(read->service_keys.at("ftp/tcp"), 6U);
  EXPECT_EQ(read->adopted.at(0).pid, 102);
  EXPECT_EQ(read->holds.at("ftp/tcp"), 1);
  EXPECT_EQ(known_errors(read->known_errors).at(0).message, "m");
  EXPECT_EQ(read->pid_file_fd, -1);
  EXPECT_EQ(read->epoch, 3U);
}

TEST(UpgradeState, WhatCannotBeUsedIsToldWhy) {
  const auto why = [](const std::string& bytes) {
    const auto read = parse_upgrade_state(bytes);
    return read ? std::string("it can") : read.error();
  };
  EXPECT_THAT(why(""), HasSubstr("no state"));
  EXPECT_THAT(why("anything"), HasSubstr("no state"));
  EXPECT_THAT(why(kMark), HasSubstr("damaged"));
  EXPECT_THAT(why(with({1, 2})), HasSubstr("damaged"));
  EXPECT_THAT(why(with({{"from", "x"}})), HasSubstr("no version"));
  EXPECT_THAT(why(with({{"version", 0}})), HasSubstr("of version 0"));
  EXPECT_THAT(why(with({{"version", kStateVersion + 1}})), HasSubstr("can be used"));
  EXPECT_THAT(why(with({{"version", 1}, {"sockets", "none"}})), HasSubstr("damaged"));
  EXPECT_THAT(why(with({{"version", 1}, {"reactor", {{"pid", "x"}}}})), HasSubstr("damaged"));
  EXPECT_THAT(why(with({{"version", 1}, {"sockets", {{{"kind", 99}}}}})), HasSubstr("other kinds"));
  EXPECT_THAT(why(with({{"version", 1}, {"sockets", {{{"kind", 3e180}}}}})), HasSubstr("damaged"));
  const auto whole = print(an_example());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_NE(why(whole.substr(0, size)), "it can") << size;
  }
}

TEST(ResumeOrder, IsTakenOutOfTheEnvironment) {
  const auto order = [](const char* value) {
    ::setenv("UVINETD_RESUME", value, 1);
    auto taken = take_resume_order();
    EXPECT_EQ(::getenv("UVINETD_RESUME"), nullptr);
    return taken;
  };
  ASSERT_TRUE(order("7,8"));
  EXPECT_EQ(order("7,8")->state, 7);
  EXPECT_EQ(order("7,8")->binary, 8);
  EXPECT_EQ(order("7,8")->failed, "");
  EXPECT_EQ(order("7,8,not, so")->failed, "not, so");
  for (const char* bad : {"", "7", "7,", ",8", "a,8", "7,b", "-1,8", "7,8x"}) {
    EXPECT_FALSE(order(bad)) << bad;
  }
  EXPECT_FALSE(take_resume_order());
}

}  // namespace
}  // namespace uvinetd
