// SPDX-License-Identifier: ISC
#include "core/config/load/services_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/config/load/loader.h"

namespace uvinetd {
namespace {

using ::testing::Contains;
using ::testing::Not;
using namespace std::string_literals;

TEST(ServicesFile, ReadsNamesAliasesAndProtocols) {
  const ServicesFile names(
      "# comment\nfoo\t4000/tcp\tbar baz # tail qux\nfoo 4001/udp\r\nlast 4002/tcp");
  EXPECT_EQ(names.port_of("foo", "tcp"), 4000);
  EXPECT_EQ(names.port_of("foo", "udp"), 4001);
  EXPECT_EQ(names.port_of("baz", "tcp"), 4000);
  EXPECT_EQ(names.port_of("baz", "udp"), std::nullopt);
  EXPECT_EQ(names.port_of("qux", "tcp"), std::nullopt);
  EXPECT_EQ(names.port_of("last", "tcp"), 4002);
  EXPECT_THAT(names.all(), Contains("bar"));
  EXPECT_THAT(names.all(), Not(Contains("qux")));
}

TEST(ServicesFile, TheFirstEntryOfANameWins) {
  const ServicesFile names("foo 1/tcp\nfoo 2/tcp\necho 4007/tcp\n");
  EXPECT_EQ(names.port_of("foo", "tcp"), 1);
  EXPECT_EQ(names.port_of("echo", "tcp"), 4007);
  EXPECT_EQ(names.port_of("echo", "udp"), 7);
}

TEST(ServicesFile, PassesOverWhatIsNoEntry) {
  const ServicesFile names(
      "foo\nfoo 1\nfoo x/tcp\nfoo 0/tcp\nfoo 65536/tcp\nfoo 1/sctp\n/ /\n\0\n"s);
  EXPECT_EQ(names.port_of("foo", "tcp"), std::nullopt);
}

TEST(ServicesFile, KnowsTheUsualNamesWithoutAFile) {
  const ServicesFile names("");
  const std::tuple<const char*, const char*, int> rows[] = {
      {"echo", "tcp", 7},     {"echo", "udp", 7},      {"discard", "tcp", 9},
      {"daytime", "udp", 13}, {"chargen", "tcp", 19},  {"time", "udp", 37},
      {"ftp", "tcp", 21},     {"ssh", "tcp", 22},      {"telnet", "tcp", 23},
      {"smtp", "tcp", 25},    {"tftp", "udp", 69},     {"finger", "tcp", 79},
      {"http", "tcp", 80},    {"auth", "tcp", 113},    {"ident", "tcp", 113},
      {"ntalk", "udp", 518},  {"talk", "udp", 517},    {"shell", "tcp", 514},
      {"login", "tcp", 513},  {"exec", "tcp", 512},    {"rsync", "tcp", 873},
      {"git", "tcp", 9418},   {"imap2", "tcp", 143},   {"pop3", "tcp", 110},
      {"swat", "tcp", 901},   {"printer", "tcp", 515}, {"sink", "udp", 9}};
  for (const auto& [name, protocol, port] : rows) {
    EXPECT_EQ(names.port_of(name, protocol), port) << name;
  }
  EXPECT_EQ(names.port_of("tftp", "tcp"), std::nullopt);
}

TEST(ServicesFile, TheSystemsListHasTheBuiltIns) {
  EXPECT_EQ(system_service_names().port_of("echo", "tcp"), 7);
  EXPECT_EQ(&system_service_names(), &system_service_names());
}

}  // namespace
}  // namespace uvinetd
