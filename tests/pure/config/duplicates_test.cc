// SPDX-License-Identifier: ISC
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/config/socket_index.h"
#include "tests/pure/config/conf.h"

namespace uvinetd::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Duplicates, TheSecondLineOfASocketIsAnError) {
  const auto parsed = parse(
      "ftp stream tcp nowait root /bin/x\n"
      "echo stream tcp nowait root internal\n"
      "21 stream tcp nowait root /bin/y\n");
  EXPECT_THAT(ids(parsed), ElementsAre("ftp/tcp", "echo/tcp"));
  EXPECT_THAT(texts(parsed.diagnostics),
              ElementsAre("f:3:1: error: tcp port 21 is already used by f:1 [duplicate]"));
  EXPECT_EQ(parsed.services_written, 3U);
}

TEST(Duplicates, KindFamilyAddressAndPortMakeTheDifference) {
  const auto parsed = parse(
      "echo stream tcp4 nowait root internal\n"
      "echo dgram udp4 wait root internal\n"
      "echo stream tcp6 nowait root internal\n"
      "127.0.0.1:echo stream tcp nowait root internal\n"
      "127.0.0.2:echo stream tcp nowait root internal\n");
  EXPECT_THAT(parsed.diagnostics, IsEmpty());
  EXPECT_THAT(ids(parsed), ElementsAre("echo/tcp4", "echo/udp4", "echo/tcp6", "echo/tcp@127.0.0.1",
                                       "echo/tcp@127.0.0.2"));
}

TEST(Duplicates, ADualSocketTakesBothFamilies) {
  const auto parsed = parse(
      "ftp stream tcp46 nowait root /bin/x\n"
      "ftp stream tcp4 nowait root /bin/x\n"
      "ftp stream tcp6 nowait root /bin/x\n");
  EXPECT_THAT(ids(parsed), ElementsAre("ftp/tcp46"));
  EXPECT_THAT(places(parsed.diagnostics), ElementsAre("2:1 duplicate", "3:1 duplicate"));
}

TEST(Duplicates, APathIsOneSocketWhateverItsType) {
  const auto parsed = parse(
      "/run/x stream unix nowait root /bin/x\n"
      "/run/x dgram unix wait root /bin/x\n");
  EXPECT_THAT(
      texts(parsed.diagnostics),
      ElementsAre("f:2:1: error: the socket \"/run/x\" is already used by f:1 [duplicate]"));
}

TEST(Duplicates, TheSixHalfOfAPlainLineYieldsToALineThatNamesIt) {
  for (const bool plain_first : {true, false}) {
    const std::string plain = "ftp stream tcp nowait root /bin/x\n";
    const std::string six = "ftp stream tcp6 nowait root /bin/y\n";
    const auto parsed = parse(plain_first ? plain + six : six + plain);
    ASSERT_EQ(parsed.services.size(), 2U);
    const auto& first = parsed.services[plain_first ? 0 : 1];
    const auto& second = parsed.services[plain_first ? 1 : 0];
    ASSERT_EQ(first.listen.size(), 1U);
    EXPECT_EQ(describe(first.listen[0]), "tcp 4 * 21");
    EXPECT_EQ(describe(second.listen[0]), "tcp 6 * 21");
    EXPECT_THAT(places(parsed.diagnostics),
                ElementsAre(plain_first ? "1:1 duplicate" : "2:1 duplicate"));
    EXPECT_FALSE(has_errors(parsed.diagnostics));
  }
}

TEST(Duplicates, IdsAreMadeUnique) {
  std::vector<ServiceSpec> specs(3);
  std::vector<ServiceSpec*> pointers;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    specs[i].id = "x/tcp";
    specs[i].listen.emplace_back();
    specs[i].listen[0].port = static_cast<std::uint16_t>(i + 1);
    pointers.push_back(&specs[i]);
  }
  Diagnostics diagnostics;
  EXPECT_THAT(claim_sockets(pointers, diagnostics), ElementsAre(true, true, true));
  EXPECT_EQ(specs[0].id, "x/tcp");
  EXPECT_EQ(specs[1].id, "x/tcp#2");
  EXPECT_EQ(specs[2].id, "x/tcp#3");
}

TEST(Duplicates, AVersionOfAnRpcProgramHasOnePlace) {
  const auto parsed = parse(
      "rstatd/1-3 dgram rpc/udp4 wait root /bin/x\n"
      "rstatd/4 dgram rpc/udp4 wait root /bin/x\n"
      "rstatd/1-3 stream rpc/tcp4 wait root /bin/x\n"
      "rstatd/1-3 dgram rpc/udp6 wait root /bin/x\n"
      "rusersd/1-3 dgram rpc/udp4 wait root /bin/x\n"
      "127.0.0.1:rstatd/3 dgram rpc/udp wait root /bin/x\n"
      "rusersd/0-4294967295 dgram rpc/udp4 wait root /bin/x\n");
  EXPECT_THAT(ids(parsed), ElementsAre("rstatd/rpc/udp4", "rstatd/rpc/udp4#2", "rstatd/rpc/tcp4",
                                       "rstatd/rpc/udp6", "rusersd/rpc/udp4"));
  EXPECT_THAT(
      texts(parsed.diagnostics),
      ElementsAre(
          "f:6:1: error: RPC program \"rstatd\" over udp is already used by f:1 [duplicate]",
          "f:7:1: error: RPC program \"rusersd\" over udp is already used by f:5 "
          "[duplicate]"));
}

TEST(Duplicates, ThePlainHalfOfAnRpcProgramYields) {
  const auto parsed = parse(
      "rstatd/1-3 dgram rpc/udp wait root /bin/x\n"
      "rstatd/1-3 dgram rpc/udp6 wait root /bin/y\n");
  EXPECT_THAT(sockets(parsed), ElementsAre("udp 4 * 0", "udp 6 * 0"));
  EXPECT_THAT(ids(parsed), ElementsAre("rstatd/rpc/udp", "rstatd/rpc/udp6"));
  EXPECT_THAT(places(parsed.diagnostics), ElementsAre("1:1 duplicate"));
}

}  // namespace
}  // namespace uvinetd::testing
