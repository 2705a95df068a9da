// SPDX-License-Identifier: ISC
// Where a service listens: every form of an address, and how it is printed again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/config/toml/toml_print.h"
#include "tests/pure/config/toml.h"

namespace uvinetd::testing {
namespace {

ParsedConfig listening(const std::string& listen, const std::string& more = "") {
  return parse_toml("[services.x]\nexec = \"/bin/x\"\nuser = \"root\"\nlisten = " + listen + '\n' +
                    more);
}

struct Form {
  const char* listen;
  std::vector<std::string> sockets;
  const char* printed;  // null: as it was written
};

const std::vector<Form>& forms() {
  static const std::vector<Form> kForms{
      {"\"tcp://:79\"", {"tcp 4 * 79", "tcp 6? * 79"}, nullptr},
      {"\"tcp4://:79\"", {"tcp 4 * 79"}, nullptr},
      {"\"tcp6://:79\"", {"tcp 6 * 79"}, nullptr},
      {"\"tcp46://:79\"", {"tcp 46 * 79"}, nullptr},
      {"[\"tcp4://:79\", \"tcp6://:79\"]", {"tcp 4 * 79", "tcp 6 * 79"}, nullptr},
      {"\"tcp://*:79\"", {"tcp 4 * 79", "tcp 6? * 79"}, "\"tcp://:79\""},
      {"\"tcp://127.0.0.1:79\"", {"tcp 4 127.0.0.1 79"}, nullptr},
      {"\"tcp4://127.0.0.1:79\"", {"tcp 4 127.0.0.1 79"}, "\"tcp://127.0.0.1:79\""},
      {"\"tcp://0.0.0.0:79\"", {"tcp 4 * 79"}, "\"tcp4://:79\""},
      {"\"tcp://[::]:79\"", {"tcp 6 * 79"}, "\"tcp6://:79\""},
      {"\"tcp46://[::]:79\"", {"tcp 46 * 79"}, "\"tcp46://:79\""},
      {"\"tcp://[::1]:7979\"", {"tcp 6 ::1 7979"}, nullptr},
      {"\"tcp://[fe80::1%eth0]:79\"", {"tcp 6 fe80::1%eth0 79"}, nullptr},
      {"\"tcp://[0:0::1]:79\"", {"tcp 6 ::1 79"}, "\"tcp://[::1]:79\""},
      {"\"tcp://host.name:79\"", {"tcp 4 host.name 79", "tcp 6? host.name 79"}, nullptr},
      {"\"tcp6://host.name:79\"", {"tcp 6 host.name 79"}, nullptr},
      {"\"tcp46://host.name:79\"", {"tcp 46 host.name 79"}, nullptr},
      {"\"tcp://:finger\"", {"tcp 4 * 79", "tcp 6? * 79"}, "\"tcp://:79\""},
      {"\"udp4://:tftp\"", {"udp 4 * 69"}, "\"udp4://:69\""},
      {"\"udp://[::1]:69\"", {"udp 6 ::1 69"}, nullptr},
      {"\"udp46://:69\"", {"udp 46 * 69"}, nullptr},
      {"\"tcp4://:7000-7002\"", {"tcp 4 * 7000", "tcp 4 * 7001", "tcp 4 * 7002"}, nullptr},
      {"\"tcp://:7000-7001\"",
       {"tcp 4 * 7000", "tcp 6? * 7000", "tcp 4 * 7001", "tcp 6? * 7001"},
       nullptr},
      {"\"tcp4://:7000-7000\"", {"tcp 4 * 7000"}, "\"tcp4://:7000\""},
      {"[\"tcp4://:7000\", \"tcp4://:7001\"]",
       {"tcp 4 * 7000", "tcp 4 * 7001"},
       "\"tcp4://:7000-7001\""},
      {"[\"tcp4://:7001\", \"tcp4://:7000\"]", {"tcp 4 * 7001", "tcp 4 * 7000"}, nullptr},
      {"\"tcp4://:65534-65535\"", {"tcp 4 * 65534", "tcp 4 * 65535"}, nullptr},
      {"\"unix:///run/x\"", {"unix /run/x"}, nullptr},
      {"\"unix-dgram:///run/x\"", {"unix-dgram /run/x"}, nullptr},
      {"\"unix-seqpacket:///run/x\"", {"unix-seqpacket /run/x"}, nullptr},
      {"\"unix://@abstract\"", {"unix @abstract"}, nullptr},
      {"[\"unix:///run/x\", \"unix://@x\"]", {"unix /run/x", "unix @x"}, nullptr},
      // Each socket once, and the firm half rather than the optional one.
      {"[\"tcp4://:79\", \"tcp://:79\"]", {"tcp 4 * 79", "tcp 6? * 79"}, "\"tcp://:79\""},
      {"[\"tcp://:79\", \"tcp6://:79\"]",
       {"tcp 4 * 79", "tcp 6 * 79"},
       "[\"tcp4://:79\", \"tcp6://:79\"]"},
      {"[\"tcp4://:79\", \"tcp46://:79\"]", {"tcp 46 * 79"}, "\"tcp46://:79\""},
      {"[\"unix:///run/x\", \"unix:///run/x\"]", {"unix /run/x"}, "\"unix:///run/x\""},
  };
  return kForms;
}

TEST(TomlListen, MakesTheSocketsOfEveryForm) {
  for (const auto& form : forms()) {
    const auto parsed = listening(form.listen);
    EXPECT_EQ(sockets(parsed), form.sockets) << form.listen;
    EXPECT_EQ(texts(parsed.diagnostics), std::vector<std::string>()) << form.listen;
  }
}

TEST(TomlListen, IsPrintedInItsShortestForm) {
  for (const auto& form : forms()) {
    const auto parsed = listening(form.listen);
    const auto printed = print_toml(parsed.services);
    const std::string expected = form.printed != nullptr ? form.printed : form.listen;
    EXPECT_NE(printed.find("\nlisten = " + expected + '\n'), std::string::npos) << printed;
    EXPECT_EQ(parse_toml(printed).services, parsed.services) << printed;
  }
}

TEST(TomlListen, RefusesWhatIsNoAddress) {
  struct Case {
    const char* url;
    const char* slug;
  };
  const Case cases[] = {
      {"79", "listen"},
      {":79", "listen"},
      {"tcp:79", "listen"},
      {"tcp://79", "listen"},
      {"tcp://", "listen"},
      {"tcp://:79/", "listen"},
      {"tpc://:79", "protocol"},
      {"://:79", "protocol"},
      {"rpc/tcp://:79", "protocol"},
      {"tcp,sndbuf=4k://:79", "protocol"},
      {"tcp://:", "service"},
      {"tcp://:nosuch", "service"},
      {"tcp://:tftp", "service"},
      {"tcp://:65536", "port"},
      {"tcp://:0", "port"},
      {"tcp://:00", "port"},
      {"tcp://:9-8", "port"},
      {"tcp://:0-8", "port"},
      {"tcp://:8-65536", "port"},
      {"tcp://:8-99999999999999999999", "port"},
      {"tcp://:-8", "service"},
      {"tcp://::1:79", "address"},
      {"tcp://[::1:79", "address"},
      {"tcp://[127.0.0.1]:79", "address"},
      {"tcp://300.1.1.1:79", "address"},
      {"tcp://a b:79", "address"},
      {"tcp://127.0.0.1,::1:79", "address"},
      {"tcp://a,b:79", "address"},
      {"tcp6://127.0.0.1:79", "address-family"},
      {"tcp4://[::1]:79", "address-family"},
      {"unix://run/x", "socket-path"},
      {"unix://", "socket-path"},
      {"unix:///", "socket-path"},
      {"unix://@", "socket-path"},
      {"unix://:a:b:0660:/run/x", "socket-path"},
  };
  for (const auto& [url, slug] : cases) {
    const auto parsed = listening('"' + std::string(url) + '"');
    EXPECT_TRUE(parsed.services.empty()) << url;
    EXPECT_EQ(places(parsed.diagnostics), std::vector<std::string>{"4:10 " + std::string(slug)})
        << url;
  }
}

TEST(TomlListen, TellsEveryMistakeOfAList) {
  const auto parsed = listening("[\"tpc://:79\", 5, \"tcp://:nosuch\"]");
  EXPECT_EQ(places(parsed.diagnostics),
            (std::vector<std::string>{"4:11 protocol", "4:24 type", "4:27 service"}));
}

TEST(TomlListen, KnowsWhatWasMeant) {
  EXPECT_THAT(texts(listening("\"tpc://:79\"").diagnostics)[0],
              ::testing::HasSubstr("did you mean \"tcp\"?"));
  EXPECT_THAT(texts(listening("\"tcp://:fingre\"").diagnostics)[0],
              ::testing::HasSubstr("did you mean \"finger\"?"));
}

TEST(TomlListen, IsOfOneKind) {
  const auto parsed = listening("[\"tcp://:79\", \"udp://:79\"]");
  EXPECT_EQ(places(parsed.diagnostics), std::vector<std::string>{"4:10 listen"});
}

TEST(TomlListen, LetsAnRpcServiceHaveAnyPort) {
  const auto parsed = listening("\"udp4://:0\"", "rpc = \"rusersd/1-3\"\n");
  EXPECT_EQ(texts(parsed.diagnostics), std::vector<std::string>());
  EXPECT_EQ(sockets(parsed), std::vector<std::string>{"udp 4 * 0"});
}

TEST(TomlListen, OfIpv6MayReceiveIpv4Too) {
  const auto dual = listening("\"tcp6://:79\"", "v6only = false\n");
  EXPECT_EQ(sockets(dual), std::vector<std::string>{"tcp 46 * 79"});
  const auto apart = listening("\"tcp46://:79\"", "v6only = true\n");
  EXPECT_EQ(sockets(apart), std::vector<std::string>{"tcp 6 * 79"});
  const auto both = listening("[\"tcp4://:79\", \"tcp6://:79\"]", "v6only = false\n");
  EXPECT_EQ(sockets(both), std::vector<std::string>{"tcp 46 * 79"});
  const auto pair = listening("\"tcp://:79\"", "v6only = false\n");
  EXPECT_EQ(sockets(pair), (std::vector<std::string>{"tcp 4 * 79", "tcp 6? * 79"}));
}

TEST(TomlListen, BoundsTheRangesOfAFile) {
  const auto parsed = listening("[\"tcp4://:1-65535\", \"tcp6://:1-65535\"]");
  EXPECT_EQ(places(parsed.diagnostics), std::vector<std::string>{"4:30 port"});
  EXPECT_EQ(sockets(listening("\"tcp4://:1-65535\"")).size(), 65535U);
}

TEST(TomlListen, GivesUnixSocketsTheirOwnersAndMode) {
  const auto plain = listening("[\"unix:///run/x\", \"unix://@x\"]").services;
  ASSERT_EQ(plain.size(), 1U);
  EXPECT_EQ(plain[0].listen[0].node->mode, 0666U);
  EXPECT_EQ(plain[0].listen[1].node->mode, std::nullopt);
  const auto owned = listening("\"unix:///run/x\"",
                               "socket_user = \"a\"\nsocket_group = \"b\"\nsocket_mode = 0o600\n");
  ASSERT_EQ(owned.services.size(), 1U);
  EXPECT_EQ(*owned.services[0].listen[0].node, (SocketNode{"a", "b", 0600}));
  const auto by_umask = listening("\"unix:///run/x\"", "socket_mode = \"umask\"\n");
  EXPECT_EQ(by_umask.services[0].listen[0].node->mode, std::nullopt);
}

}  // namespace
}  // namespace uvinetd::testing
