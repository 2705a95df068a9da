// SPDX-License-Identifier: ISC
// One table row per text: what a field gives, or the place and slug of what is wrong with it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/pure/config/conf.h"

namespace uvinetd::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

std::string line(std::string_view service, std::string_view type, std::string_view protocol,
                 std::string_view wait = "nowait", std::string_view user = "root",
                 std::string_view server = "/bin/x") {
  std::string out;
  for (const auto field : {service, type, protocol, wait, user}) out += std::string(field) + ' ';
  return out + std::string(server) + '\n';
}

struct SocketRow {
  const char* service;
  const char* type;
  const char* protocol;
  std::vector<std::string> sockets;  // debian
  std::vector<std::string> problems;
  std::string id;
};

TEST(Fields, ServiceTypeAndProtocolGiveTheSockets) {
  const SocketRow rows[] = {
      {"ftp", "stream", "tcp", {"tcp 4 * 21", "tcp 6? * 21"}, {}, "ftp/tcp"},
      {"tftp", "dgram", "udp", {"udp 4 * 69", "udp 6? * 69"}, {}, "tftp/udp"},
      {"ftp", "stream", "tcp4", {"tcp 4 * 21"}, {}, "ftp/tcp4"},
      {"ftp", "stream", "tcp6", {"tcp 6 * 21"}, {}, "ftp/tcp6"},
      {"ftp", "stream", "tcp6only", {"tcp 6 * 21"}, {}, "ftp/tcp6"},
      {"ftp", "stream", "tcp46", {"tcp 46 * 21"}, {}, "ftp/tcp46"},
      {"tftp", "dgram", "udp4", {"udp 4 * 69"}, {}, "tftp/udp4"},
      {"tftp", "dgram", "udp6", {"udp 6 * 69"}, {}, "tftp/udp6"},
      {"tftp", "dgram", "udp46", {"udp 46 * 69"}, {}, "tftp/udp46"},
      {"1", "stream", "tcp4", {"tcp 4 * 1"}, {}, "1/tcp4"},
      {"65535", "stream", "tcp4", {"tcp 4 * 65535"}, {}, "65535/tcp4"},
      {"0", "stream", "tcp4", {}, {"1:1 port"}, ""},
      {"65536", "stream", "tcp4", {}, {"1:1 port"}, ""},
      {"99999999999", "stream", "tcp4", {}, {"1:1 port"}, ""},
      {"-1", "stream", "tcp4", {}, {"1:1 service"}, ""},
      {"fingr", "stream", "tcp", {}, {"1:1 service"}, ""},
      {"tftp", "stream", "tcp", {}, {"1:1 service"}, ""},
      {"127.0.0.1:ftp", "stream", "tcp", {"tcp 4 127.0.0.1 21"}, {}, "ftp/tcp@127.0.0.1"},
      {"[::1]:ftp", "stream", "tcp", {"tcp 6 ::1 21"}, {}, "ftp/tcp@::1"},
      {"::1:80", "stream", "tcp", {"tcp 6 ::1 80"}, {}, "80/tcp@::1"},
      {":::80", "stream", "tcp", {"tcp 6 * 80"}, {}, "80/tcp"},
      {"[::]:80", "stream", "tcp46", {"tcp 46 * 80"}, {}, "80/tcp46"},
      {"0.0.0.0:80", "stream", "tcp", {"tcp 4 * 80"}, {}, "80/tcp"},
      {"*:ftp", "stream", "tcp", {"tcp 4 * 21", "tcp 6? * 21"}, {}, "ftp/tcp"},
      {":ftp", "stream", "tcp4", {"tcp 4 * 21"}, {}, "ftp/tcp4"},
      {"10.0.0.1,[2001:DB8:0::1]:ftp",
       "stream",
       "tcp",
       {"tcp 4 10.0.0.1 21", "tcp 6 2001:db8::1 21"},
       {},
       "ftp/tcp@10.0.0.1,2001:db8::1"},
      {"10.0.0.1,10.0.0.1:ftp",
       "stream",
       "tcp",
       {"tcp 4 10.0.0.1 21"},
       {},
       "ftp/tcp@10.0.0.1,10.0.0.1"},
      {"fe80::1%eth0:ftp",
       "stream",
       "tcp6",
       {"tcp 6 fe80::1%eth0 21"},
       {},
       "ftp/tcp6@fe80::1%eth0"},
      {"::ffff:10.0.0.1:80", "stream", "tcp", {"tcp 4 10.0.0.1 80"}, {}, "80/tcp@10.0.0.1"},
      {"host.example:ftp",
       "stream",
       "tcp",
       {"tcp 4 host.example 21", "tcp 6? host.example 21"},
       {},
       "ftp/tcp@host.example"},
      {"127.0.0.1:ftp", "stream", "tcp6", {}, {"1:11 address-family"}, ""},
      {"[::1]:ftp", "stream", "tcp4", {}, {"1:7 address-family"}, ""},
      {"10.0.0:ftp", "stream", "tcp", {}, {"1:1 address"}, ""},
      {"10.0.0.1,256.1.1.1:ftp", "stream", "tcp", {}, {"1:10 address"}, ""},
      {"[10.0.0.1]:ftp", "stream", "tcp", {}, {"1:1 address"}, ""},
      {"ho/st:ftp", "stream", "tcp", {}, {"1:1 address"}, ""},
      {"/run/x", "stream", "unix", {"unix /run/x"}, {}, "/run/x"},
      {"/run/x", "dgram", "unix", {"unix-dgram /run/x"}, {}, "/run/x"},
      {"/run/x", "seqpacket", "unix", {"unix-seqpacket /run/x"}, {}, "/run/x"},
      {"@x", "stream", "unix", {"unix @x"}, {}, "@x"},
      {"run/x", "stream", "unix", {}, {"1:1 socket-path"}, ""},
      {"/run/", "stream", "unix", {}, {"1:1 socket-path"}, ""},
      {"@", "stream", "unix", {}, {"1:1 socket-path"}, ""},
      {"/run/x", "stream", "tcp", {}, {"1:1 protocol"}, ""},
      {":a:b:0660:/run/x", "stream", "unix", {"unix /run/x"}, {}, "/run/x"},
      {":a:b:0888:/run/x", "stream", "unix", {}, {"1:6 socket-mode"}, ""},
      {":a:b:7777:/run/x", "stream", "unix", {}, {"1:6 socket-mode"}, ""},
      {":a:b:/run/x", "stream", "unix", {}, {"1:1 socket-owner"}, ""},
      {":a:b:0660:run/x", "stream", "unix", {}, {"1:11 socket-path"}, ""},
      {"ftp", "strem", "tcp", {}, {"1:5 socket-type"}, ""},
      {"ftp", "raw", "tcp", {}, {"1:5 socket-type"}, ""},
      {"ftp", "rdm", "tcp", {}, {"1:5 socket-type"}, ""},
      {"ftp", "dgram", "tcp", {}, {"1:11 protocol"}, ""},
      {"tftp", "stream", "udp", {}, {"1:13 protocol"}, ""},
      {"ftp", "seqpacket", "tcp", {}, {"1:15 protocol"}, ""},
      {"ftp", "stream", "tpc", {}, {"1:12 protocol"}, ""},
      {"ftp", "stream", "tcp/ttcp", {"tcp 4 * 21", "tcp 6? * 21"}, {"1:16 protocol"}, "ftp/tcp"},
      {"ftp", "stream", "faith/tcp6", {}, {"1:12 faith"}, ""},
      {"ftp", "stream", "tcp6/faith", {}, {"1:12 faith"}, ""},
      {"ftp", "stream", "rpc/tcp4", {"tcp 4 * 0"}, {}, "ftp/rpc/tcp4"},
      {"rstatd/1-3", "dgram", "rpc/udp", {"udp 4 * 0", "udp 6? * 0"}, {}, "rstatd/rpc/udp"},
      {"100001/2", "dgram", "rpc/udp6", {"udp 6 * 0"}, {}, "100001/rpc/udp6"},
      {"127.0.0.1:rstatd/2",
       "dgram",
       "rpc/udp",
       {"udp 4 127.0.0.1 0"},
       {},
       "rstatd/rpc/udp@127.0.0.1"},
      {"rstatd/x", "dgram", "rpc/udp", {}, {"1:8 rpc"}, ""},
      {"rstatd/", "dgram", "rpc/udp", {}, {"1:8 rpc"}, ""},
      {"rstatd/1-", "dgram", "rpc/udp", {}, {"1:10 rpc"}, ""},
      {"rstatd/3-1", "dgram", "rpc/udp", {}, {"1:8 rpc"}, ""},
      {"rstatd/4294967296", "dgram", "rpc/udp", {}, {"1:8 rpc"}, ""},
      {"/1", "dgram", "rpc/udp", {}, {"1:1 protocol"}, ""},
      {"x:/1", "dgram", "rpc/udp", {}, {"1:1 protocol"}, ""},
      {"rstatd/1", "stream", "rpc/unix", {}, {"1:21 protocol"}, ""},
      {"rstatd/1", "stream", "rpc/", {}, {"1:21 protocol"}, ""},
      {"rstatd/1", "stream", "rpc/udp", {}, {"1:17 protocol"}, ""},
      {"tcpmux/x", "stream", "rpc/tcp", {}, {"1:17 tcpmux"}, ""},
      {"tcpmux/+x", "stream", "tcp", {}, {}, "tcpmux/x"},
      {"tcpmux/+x", "stream", "tcp4", {}, {"1:18 tcpmux"}, ""},
      {"127.0.0.1:tcpmux/x", "stream", "tcp", {}, {"1:1 tcpmux"}, ""},
      {".include", "stream", "tcp", {}, {"1:1 include"}, ""},
      {".inculde", "stream", "tcp", {}, {"1:1 directive"}, ""},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(line(row.service, row.type, row.protocol));
    const auto parsed = parse(line(row.service, row.type, row.protocol));
    EXPECT_THAT(sockets(parsed), ElementsAreArray(row.sockets));
    EXPECT_THAT(places(parsed.diagnostics), ElementsAreArray(row.problems));
    if (!row.id.empty()) {
      EXPECT_THAT(ids(parsed), ElementsAre(row.id));
    }
    EXPECT_EQ(parsed.services_written, 1U);
  }
}

TEST(Fields, PlainTcpAndTcp6MeanWhatTheDialectSays) {
  struct Row {
    Dialect dialect;
    std::vector<std::string> plain;
    std::string six;
  };
  const Row rows[] = {
      {Dialect::Debian, {"tcp 4 * 21", "tcp 6? * 21"}, "tcp 6 * 21"},
      {Dialect::FreeBsd, {"tcp 4 * 21"}, "tcp 6 * 21"},
      {Dialect::NetBsd, {"tcp 4 * 21"}, "tcp 6 * 21"},
      {Dialect::OpenBsd, {"tcp 4 * 21"}, "tcp 6 * 21"},
      {Dialect::Gnu, {"tcp 4 * 21"}, "tcp 46 * 21"},
      {Dialect::Busybox, {"tcp 4 * 21"}, "tcp 46 * 21"},
  };
  for (const auto& row : rows) {
    EXPECT_THAT(sockets(parse(line("ftp", "stream", "tcp"), row.dialect)),
                ElementsAreArray(row.plain));
    EXPECT_THAT(sockets(parse(line("ftp", "stream", "tcp6"), row.dialect)), ElementsAre(row.six));
    EXPECT_THAT(sockets(parse(line("[::1]:ftp", "stream", "tcp"), row.dialect)),
                ElementsAre("tcp 6 ::1 21"));
  }
}

TEST(Fields, Tcp46IsToldWhereTheSystemReadsItDifferently) {
  for (const auto dialect : kAllDialects) {
    const auto parsed = parse(line("ftp", "stream", "tcp46"), dialect);
    const bool is_ours = dialect == Dialect::Debian || dialect == Dialect::FreeBsd;
    EXPECT_THAT(sockets(parsed), ElementsAre("tcp 46 * 21"));
    EXPECT_EQ(parsed.diagnostics.empty(), is_ours);
  }
}

TEST(Fields, OwnerAndModeOfAUnixSocketAreKept) {
  const auto parsed = parse(line(":www:adm:0660:/run/a:b", "stream", "unix"));
  ASSERT_EQ(parsed.services.size(), 1U);
  const auto& listen = parsed.services[0].listen[0];
  EXPECT_EQ(listen.path, "/run/a:b");
  EXPECT_EQ(listen.node->user, "www");
  EXPECT_EQ(listen.node->group, "adm");
  EXPECT_EQ(listen.node->mode, 0660U);
}

TEST(Fields, FreeBsdsUnixSocketsAreForTheirOwnerUnlessWrittenOtherwise) {
  const auto text = line("/run/x", "stream", "unix");
  EXPECT_EQ(parse(text, Dialect::FreeBsd).services[0].listen[0].node->mode, 0200U);
  EXPECT_EQ(parse(text, Dialect::Debian).services[0].listen[0].node->mode, std::nullopt);
}

TEST(Fields, PathsOfUnixSocketsAreBounded) {
  EXPECT_THAT(sockets(parse(line("/" + std::string(102, 'x'), "stream", "unix"))).size(), 1U);
  EXPECT_THAT(places(parse(line("/" + std::string(103, 'x'), "stream", "unix")).diagnostics),
              ElementsAre("1:1 socket-path"));
}

TEST(Fields, AddressesPerServiceAreBounded) {
  std::string list = "10.0.0.1";
  for (int i = 0; i < 64; ++i) list += ",10.0.0.2";
  EXPECT_THAT(places(parse(line(list + ":ftp", "stream", "tcp")).diagnostics),
              ElementsAre("1:577 address"));
}

TEST(Fields, DefaultAddressLinesHoldUntilTheNext) {
  const auto parsed =
      parse("127.0.0.1:\n" + line("ftp", "stream", "tcp") + line("*:smtp", "stream", "tcp4") +
            "[::1]:\n" + line("telnet", "stream", "tcp") + line("/run/x", "stream", "unix") +
            "*:\n" + line("finger", "stream", "tcp4"));
  EXPECT_THAT(sockets(parsed), ElementsAre("tcp 4 127.0.0.1 21", "tcp 4 * 25", "tcp 6 ::1 23",
                                           "unix /run/x", "tcp 4 * 79"));
  EXPECT_EQ(parsed.services_written, 5U);
}

TEST(Fields, NothingIsBoundByABadDefaultAddress) {
  const auto parsed =
      parse("127.0.0:\n" + line("ftp", "stream", "tcp") + line("10.0.0.1:smtp", "stream", "tcp"));
  EXPECT_THAT(sockets(parsed), ElementsAre("tcp 4 10.0.0.1 25"));
  EXPECT_THAT(places(parsed.diagnostics), ElementsAre("1:1 address", "2:1 address"));
}

TEST(Fields, TheCommandLinesAddressIsTheFirstDefault) {
  EXPECT_THAT(sockets(parse(line("ftp", "stream", "tcp"), Dialect::Debian, "10.0.0.1")),
              ElementsAre("tcp 4 10.0.0.1 21"));
  const auto parsed = parse(line("ftp", "stream", "tcp"), Dialect::Debian, "10.0.0");
  EXPECT_THAT(sockets(parsed), IsEmpty());
  EXPECT_EQ(parsed.diagnostics[0].text(), "command line: error: bad address \"10.0.0\" [address]");
}

TEST(Fields, SuffixesOfTypeAndProtocolAreKept) {
  const auto parsed = parse(line("ftp", "stream,5:httpready,x", "tcp,sndbuf=4k,rcvbuf=1M"));
  ASSERT_EQ(parsed.services.size(), 1U);
  EXPECT_EQ(parsed.services[0].instances, 5U);
  EXPECT_EQ(parsed.services[0].more->accept_filter, "httpready");
  EXPECT_EQ(parsed.services[0].more->send_buffer, 4096);
  EXPECT_EQ(parsed.services[0].more->receive_buffer, 1048576);
  EXPECT_THAT(parsed.diagnostics, IsEmpty());
}

TEST(Fields, BadSuffixesAreErrorsWhereTheyStand) {
  const std::pair<std::string, const char*> rows[] = {
      {line("ftp", "stream,", "tcp"), "1:12 number"},
      {line("ftp", "stream,x", "tcp"), "1:12 number"},
      {line("ftp", "stream,-1", "tcp"), "1:12 number"},
      {line("ftp", "stream,4294967296", "tcp"), "1:12 number"},
      {line("ftp", "stream:httpredy", "tcp"), "1:12 accept-filter"},
      {line("tftp", "dgram:httpready", "udp"), "1:12 accept-filter"},
      {line("ftp", "stream", "tcp,"), "1:16 protocol-option"},
      {line("ftp", "stream", "tcp,sndbuff=1"), "1:16 protocol-option"},
      {line("ftp", "stream", "tcp,sndbuf=1,sndbuf=2"), "1:25 protocol-option"},
      {line("ftp", "stream", "tcp,sndbuf"), "1:16 buffer-size"},
      {line("ftp", "stream", "tcp,sndbuf="), "1:23 buffer-size"},
      {line("ftp", "stream", "tcp,sndbuf=0"), "1:23 buffer-size"},
      {line("ftp", "stream", "tcp,sndbuf=4g"), "1:23 buffer-size"},
      {line("ftp", "stream", "tcp,sndbuf=4096m"), "1:23 buffer-size"},
  };
  for (const auto& [text, problem] : rows) {
    EXPECT_THAT(places(parse(text).diagnostics), ElementsAre(problem)) << text;
  }
}

TEST(Fields, EveryMissingFieldIsNamed) {
  const std::pair<const char*, const char*> rows[] = {
      {"ftp", "f:1:4: error: the socket type is missing"},
      {"ftp stream", "f:1:11: error: the protocol is missing"},
      {"ftp stream tcp", "f:1:15: error: the wait field is missing"},
      {"ftp stream tcp nowait", "f:1:22: error: the user is missing"},
      {"ftp stream tcp nowait root", "f:1:27: error: the program is missing"},
  };
  for (const auto& [text, message] : rows) {
    EXPECT_THAT(texts(parse(text).diagnostics),
                ElementsAre(std::string(message) +
                            " (service type protocol wait user program) [missing-field]"));
  }
}

TEST(Fields, EveryBadFieldOfALineIsTold) {
  EXPECT_THAT(places(parse("ftp stream tcp nowiat :x ftpd\n").diagnostics),
              ElementsAre("1:16 wait", "1:23 user", "1:26 program"));
}

}  // namespace
}  // namespace uvinetd::testing
