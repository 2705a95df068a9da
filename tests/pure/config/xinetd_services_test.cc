// SPDX-License-Identifier: ISC
// Whole services: their sockets, what answers, and the traps of xinetd's own reading.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/config/xinetd/access.h"
#include "tests/pure/config/xinetd.h"

namespace uvinetd::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct SocketRow {
  const char* lines;
  std::vector<std::string> sockets;
  std::vector<std::string> judgements;
  std::string id;
};

TEST(XinetdSockets, FollowFromFlagsAddressAndPort) {
  const std::string differs = "xinetd-differs";
  const SocketRow rows[] = {
      {"", {"tcp 4 * 21", "tcp 6? * 21"}, {}, "ftp/tcp"},
      {"protocol = TCP", {"tcp 4 * 21", "tcp 6? * 21"}, {}, "ftp/tcp"},
      {"flags = IPv4", {"tcp 4 * 21"}, {}, "ftp/tcp4"},
      {"flags = IPv6", {"tcp 46 * 21"}, {}, "ftp/tcp46"},
      {"flags = IPv6\nv6only = yes", {"tcp 6 * 21"}, {}, "ftp/tcp6"},
      {"flags = IPv4 IPv6", {"tcp 4 * 21", "tcp 6? * 21"}, {}, "ftp/tcp"},
      {"v6only = yes", {"tcp 6 * 21"}, {}, "ftp/tcp6"},
      {"v6only = no", {"tcp 4 * 21", "tcp 6? * 21"}, {"warning 7:1 " + differs}, "ftp/tcp"},
      {"bind = 127.0.0.1", {"tcp 4 127.0.0.1 21"}, {}, "ftp/tcp@127.0.0.1"},
      {"bind = 127.0.0.1\nv6only = yes", {"tcp 4 127.0.0.1 21"}, {}, "ftp/tcp@127.0.0.1"},
      {"interface = ::1", {"tcp 6 ::1 21"}, {}, "ftp/tcp@::1"},
      {"interface = ::1\nflags = IPv6", {"tcp 6 ::1 21"}, {}, "ftp/tcp6@::1"},
      {"bind = ::", {"tcp 46 * 21"}, {}, "ftp/tcp46"},
      {"bind = ::\nv6only = yes", {"tcp 6 * 21"}, {}, "ftp/tcp6"},
      {"bind = 0.0.0.0", {"tcp 4 * 21"}, {}, "ftp/tcp"},
      {"bind = host.name", {"tcp 4 host.name 21", "tcp 6? host.name 21"}, {}, "ftp/tcp@host.name"},
      {"bind = ::1\nflags = IPv4", {}, {"error 7:8 address-family"}, ""},
      {"bind = 127.0.0.1\ninterface = ::1",
       {"tcp 4 127.0.0.1 21"},
       {"warning 8:1 duplicate-key"},
       "ftp/tcp@127.0.0.1"},
      {"port = 2121", {"tcp 4 * 2121", "tcp 6? * 2121"}, {"warning 7:8 " + differs}, "ftp/tcp"},
      {"port = 2121\ntype = UNLISTED", {"tcp 4 * 2121", "tcp 6? * 2121"}, {}, "ftp/tcp"},
      {"protocol = tcp6", {"tcp 6 * 21"}, {"warning 7:12 " + differs}, "ftp/tcp6"},
      {"protocol = udp", {}, {"error 7:12 protocol"}, ""},
      {"protocol = unix", {}, {"error 7:12 protocol"}, ""},
      {"protocol = sctp", {}, {"error 7:12 protocol"}, ""},
      {"protocol = tcp,sndbuf=4k", {}, {"error 7:12 protocol"}, ""},
      {"id = my-ftp", {"tcp 4 * 21", "tcp 6? * 21"}, {}, "my-ftp"},
      {"id = my ftp", {}, {"error 7:9 value"}, ""},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.lines);
    const auto config = parse_xinetd(service(std::string(row.lines) + "\n"));
    EXPECT_THAT(sockets(config), ElementsAreArray(row.sockets));
    EXPECT_THAT(judgements(config.diagnostics), ElementsAreArray(row.judgements))
        << ::testing::PrintToString(texts(config.diagnostics));
    if (row.id.empty()) {
      EXPECT_THAT(config.services, IsEmpty());
    } else {
      EXPECT_THAT(ids(config), ElementsAre(row.id));
    }
  }
}

TEST(XinetdSockets, SocketTypesThatAreNotServedAreErrors) {
  for (const char* type : {"raw", "seqpacket", "strem"}) {
    const auto config = parse_xinetd(block("service ftp", std::string("socket_type = ") + type +
                                                              "\nwait = no\nuser = root\n"
                                                              "server = /bin/x\n"));
    EXPECT_THAT(judgements(config.diagnostics), ElementsAre("error 3:15 socket-type")) << type;
  }
}

TEST(XinetdSockets, ANameOutsideOfServicesNeedsItsPort) {
  const auto without = parse_xinetd(service("", "fingr"));
  EXPECT_THAT(judgements(without.diagnostics), ElementsAre("error 1:9 service"));
  EXPECT_EQ(without.diagnostics[0].hint, "did you mean \"finger\"?");
  const auto with = parse_xinetd(service("port = 5666\n", "nrpe"));
  EXPECT_THAT(sockets(with), ElementsAre("tcp 4 * 5666", "tcp 6? * 5666"));
  EXPECT_THAT(judgements(with.diagnostics), ElementsAre("warning 7:8 xinetd-differs"));
  EXPECT_THAT(ids(with), ElementsAre("nrpe/tcp"));
}

TEST(XinetdSockets, TheDefaultAddressOfTheCommandLineHoldsWithoutBind) {
  const auto config =
      parse_xinetd(service() + service("bind = 10.0.0.1\n", "telnet"), {}, "127.0.0.1");
  EXPECT_THAT(sockets(config), ElementsAre("tcp 4 127.0.0.1 21", "tcp 4 10.0.0.1 23"));
  const auto bad = parse_xinetd(service() + service("bind = 10.0.0.1\n", "telnet"), {}, "1.2.3");
  EXPECT_THAT(sockets(bad), ElementsAre("tcp 4 10.0.0.1 23"));
  EXPECT_TRUE(has_errors(bad.diagnostics));
}

TEST(XinetdSockets, TwoForOneAddressAreDuplicates) {
  const auto config = parse_xinetd(service() + service());
  EXPECT_THAT(ids(config), ElementsAre("ftp/tcp"));
  EXPECT_THAT(judgements(config.diagnostics),
              ElementsAre("warning 8:1 xinetd-differs", "error 8:1 duplicate"));
}

TEST(XinetdServices, OneIdForTwoIsATrapOfXinetd) {
  const auto config = parse_xinetd(service("bind = 10.0.0.1\n") + service("bind = 10.0.0.2\n"));
  EXPECT_THAT(ids(config), ElementsAre("ftp/tcp@10.0.0.1", "ftp/tcp@10.0.0.2"));
  EXPECT_THAT(judgements(config.diagnostics), ElementsAre("warning 9:1 xinetd-differs"));
  const auto same = parse_xinetd(service("id = a\n") + service("id = a\n", "telnet"));
  EXPECT_THAT(ids(same), ElementsAre("a", "a#2"));
}

std::string internal(const std::string& name, const std::string& type, const std::string& wait,
                     const std::string& more = "") {
  return block("service " + name,
               "type = INTERNAL\nsocket_type = " + type + "\nwait = " + wait + "\n" + more);
}

TEST(XinetdServices, BuiltInsNeedNoUser) {
  const auto config = parse_xinetd(internal("echo", "stream", "no") +
                                   internal("echo", "dgram", "yes", "user = root\n"));
  ASSERT_EQ(config.services.size(), 2U);
  EXPECT_EQ(describe_xinetd(config.services[0]), "echo/tcp nowait internal=echo");
  EXPECT_EQ(describe_xinetd(config.services[1]), "echo/udp wait user=root internal=echo");
  EXPECT_TRUE(config.services[0].more.is_default());
}

TEST(XinetdServices, BuiltInsThatDoNotExistAreErrors) {
  for (const char* name : {"services", "servers", "xadmin", "time6"}) {
    const auto config =
        parse_xinetd(internal(name, "stream", "no", "type = UNLISTED\nport = 9098\n"));
    EXPECT_TRUE(has_errors(config.diagnostics)) << name;
    EXPECT_THAT(config.services, IsEmpty());
  }
  const auto removed = parse_xinetd(
      block("service servers",
            "type = INTERNAL UNLISTED\nport = 9099\nsocket_type = stream\nwait = no\n"));
  EXPECT_THAT(texts(removed.diagnostics),
              ElementsAre("f:1:9: error: there is no built-in service \"servers\" (xinetd removed "
                          "it in 2003) [internal]"));
}

TEST(XinetdServices, ABuiltInHasItsOwnMode) {
  const auto config = parse_xinetd(internal("echo", "dgram", "no"));
  EXPECT_THAT(judgements(config.diagnostics), ElementsAre("warning 5:8 internal-wait"));
  EXPECT_EQ(config.services.at(0).mode, Mode::Wait);
  EXPECT_THAT(
      judgements(parse_xinetd(internal("echo", "stream", "no", "server = /x\n")).diagnostics),
      ElementsAre("warning 6:1 internal"));
}

TEST(XinetdServices, ABuiltInWithoutWaitIsLeftOut) {
  for (const char* wait : {"", "wait =\n", "wait = x\n"}) {
    const auto config = parse_xinetd(
        block("service echo", std::string("type = INTERNAL\nprotocol = udp\n") + wait));
    EXPECT_TRUE(has_errors(config.diagnostics)) << wait;
    EXPECT_THAT(config.services, IsEmpty()) << wait;
  }
}

TEST(XinetdServices, ADatagramServiceWithoutWaitRunsAsWithAnInetd) {
  const auto config = parse_xinetd(
      block("service talk", "socket_type = dgram\nwait = no\nuser = root\nserver = /bin/x\n"));
  EXPECT_THAT(judgements(config.diagnostics), ElementsAre("warning 4:8 xinetd-differs"));
  EXPECT_EQ(config.services.at(0).mode, Mode::Nowait);
}

TEST(XinetdServices, AWaitServiceHasNoLimitsOfServers) {
  const auto wait = [](const std::string& lines) {
    return block("service tftp",
                 "socket_type = dgram\nwait = yes\nuser = root\nserver = /bin/x\n" + lines);
  };
  const auto own = parse_xinetd(wait("instances = 5\nper_source = 1\n"));
  EXPECT_THAT(judgements(own.diagnostics),
              ElementsAre("warning 7:1 wait-limit", "warning 8:1 wait-limit"));
  EXPECT_EQ(own.services.at(0).instances, std::nullopt);
  EXPECT_EQ(own.services.at(0).more->at_limit, AtLimit::Queue);
  const auto inherited = parse_xinetd(block("defaults", "instances = 60\n") + wait(""));
  EXPECT_THAT(judgements(inherited.diagnostics), IsEmpty());
  EXPECT_EQ(inherited.services.at(0).instances, std::nullopt);
}

TEST(XinetdServices, ASensorNeedsNoServerAndBansForItsTime) {
  const auto sensor = [](const char* type, const std::string& lines) {
    return parse_xinetd(block("service smtp", std::string("socket_type = ") + type +
                                                  "\nwait = no\nflags = SENSOR\n" + lines));
  };
  const auto plain = sensor("stream", "");
  EXPECT_THAT(judgements(plain.diagnostics), IsEmpty());
  EXPECT_TRUE(plain.services.at(0).more->is_sensor);
  EXPECT_EQ(plain.services.at(0).more->deny_time, std::nullopt);
  EXPECT_EQ(plain.services.at(0).program, "");
  EXPECT_EQ(sensor("stream", "deny_time = 5\n").services.at(0).more->deny_time,
            std::chrono::minutes(5));
  EXPECT_EQ(sensor("stream", "deny_time = FOREVER\n").services.at(0).more->deny_time,
            std::chrono::minutes::max());
  const auto forgeable =
      parse_xinetd(block("service tftp", "socket_type = dgram\nwait = no\nflags = SENSOR\n"));
  EXPECT_THAT(judgements(forgeable.diagnostics),
              ElementsAre("warning 4:8 xinetd-differs", "error 5:1 sensor"));
  EXPECT_THAT(forgeable.services, IsEmpty());
  const auto waiting = parse_xinetd(
      block("service smtp", "socket_type = stream\nwait = yes\nuser = root\nflags = SENSOR\n"));
  EXPECT_THAT(judgements(waiting.diagnostics), ElementsAre("error 6:1 sensor"));
  EXPECT_THAT(waiting.services, IsEmpty());
  // The defaults may stand in another file: what is told here has its place here.
  const auto inherited =
      parse_xinetd(block("defaults", "\n\n\n\n\n\nflags = SENSOR\n") + "include /a\n",
                   {{"/a", block("service tftp", "socket_type = dgram\nwait = no\n")}});
  std::vector<std::string> places;
  for (const auto& d : inherited.diagnostics) places.push_back(d.at.text() + ' ' + d.slug);
  EXPECT_THAT(places, ElementsAre("f:9:1 defaults", "/a:1:9 sensor", "/a:4:8 xinetd-differs"));
  EXPECT_THAT(inherited.services, IsEmpty());
}

TEST(XinetdServices, ArgumentsFollowTheNameOrBeginWithIt) {
  const auto argv = [](const std::string& lines) {
    return parse_xinetd(service(lines)).services.at(0).argv;
  };
  EXPECT_THAT(argv(""), ElementsAre("x"));
  EXPECT_THAT(argv("server_args = -l  -a \"b\n"), ElementsAre("x", "-l", "-a", "\"b"));
  EXPECT_THAT(argv("flags = NAMEINARGS\nserver_args = name -l\n"), ElementsAre("name", "-l"));
  EXPECT_THAT(argv("flags = NAMEINARGS\nserver_args =\n"), ElementsAre("x"));
  EXPECT_THAT(argv("flags = NAMEINARGS\n"), ElementsAre("x"));
  const auto late = parse_xinetd(service("server_args = name -l\nflags = NAMEINARGS\n"));
  EXPECT_THAT(late.services.at(0).argv, ElementsAre("name", "-l"));
  EXPECT_THAT(judgements(late.diagnostics), ElementsAre("warning 8:1 xinetd-differs"));
}

TEST(XinetdServices, MultiplexedOnesHaveNoSocket) {
  const auto config = parse_xinetd(service("type = TCPMUX UNLISTED\n", "one") +
                                   service("type = TCPMUXPLUS\n", "two"));
  ASSERT_EQ(config.services.size(), 2U);
  EXPECT_THAT(sockets(config), IsEmpty());
  EXPECT_EQ(describe_xinetd(config.services[0]),
            "tcpmux/one nowait user=root program=/bin/x [x] groups=none env=all mux=one");
  EXPECT_EQ(describe_xinetd(config.services[1]),
            "tcpmux/two nowait user=root program=/bin/x [x] groups=none env=all mux=+two");
  const auto bad = parse_xinetd(block("service x",
                                      "type = TCPMUX\nsocket_type = stream\nwait = yes\n"
                                      "user = root\nserver = /bin/x\n"));
  EXPECT_THAT(judgements(bad.diagnostics), ElementsAre("error 5:8 wait"));
  const auto datagram = parse_xinetd(block("service x",
                                           "type = TCPMUX\nprotocol = udp\nwait = no\n"
                                           "user = root\nserver = /bin/x\n"));
  EXPECT_THAT(judgements(datagram.diagnostics),
              ElementsAre("error 3:1 tcpmux", "warning 5:8 xinetd-differs"));
}

TEST(XinetdServices, TheMultiplexerKeepsTheNameHelpForItself) {
  const auto config = parse_xinetd(service("type = TCPMUX\n", "help"));
  EXPECT_THAT(judgements(config.diagnostics), ElementsAre("error 1:9 tcpmux"));
  const auto twice =
      parse_xinetd(service("type = TCPMUX\n", "a") + service("type = TCPMUX\n", "A"));
  EXPECT_THAT(ids(twice), ElementsAre("tcpmux/a"));
  EXPECT_TRUE(has_errors(twice.diagnostics));
}

TEST(XinetdServices, TheMultiplexerItselfIsABuiltIn) {
  const auto config = parse_xinetd(
      block("service tcpmux", "type = INTERNAL\nport = 1\nsocket_type = stream\nwait = no\n"));
  EXPECT_EQ(config.services.at(0).internal, "tcpmux");
}

TEST(XinetdServices, WhatTellsOfTheDaemonIsABuiltInOfStreams) {
  const std::string lines = "type = INTERNAL UNLISTED\nport = 9099\n";
  for (const std::string name : {"metrics", "status"}) {
    const auto config = parse_xinetd(
        block("service " + name, lines + "socket_type = stream\nprotocol = tcp\nwait = no\n"));
    EXPECT_EQ(config.services.at(0).internal, name);
    const auto datagrams = parse_xinetd(
        block("service " + name, lines + "socket_type = dgram\nprotocol = udp\nwait = yes\n"));
    EXPECT_TRUE(has_errors(datagrams.diagnostics));
  }
}

std::string rpc(const std::string& lines) {
  return block("service rusersd",
               "type = RPC\nsocket_type = dgram\nwait = yes\nuser = root\n"
               "server = /bin/x\n" +
                   lines);
}

TEST(XinetdServices, RpcProgramsHaveVersionsAndAnyPort) {
  const auto config = parse_xinetd(rpc("rpc_version = 1-3\n"));
  EXPECT_THAT(sockets(config), ElementsAre("udp 4 * 0", "udp 6? * 0"));
  EXPECT_EQ(describe_xinetd(config.services.at(0)),
            "rusersd/rpc/udp wait user=root program=/bin/x [x] groups=none env=all "
            "rpc=rusersd/1-3");
  const auto unlisted =
      parse_xinetd(block("service mine",
                         "type = RPC UNLISTED\nsocket_type = stream\nwait = yes\nuser = root\n"
                         "server = /bin/x\nrpc_version = 2\nrpc_number = 400000\n"));
  EXPECT_EQ(unlisted.services.at(0).id, "400000/rpc/tcp");
  EXPECT_EQ(unlisted.services.at(0).more->rpc, (RpcProgram{"400000", 2, 2}));
}

TEST(XinetdServices, BadRpcProgramsAreErrors) {
  const std::pair<const char*, const char*> rows[] = {
      {"", "error 3:1 missing-field"},
      {"rpc_version = 3-1\n", "error 8:15 number"},
      {"rpc_version = x\n", "error 8:15 number"},
      {"rpc_version = 1-\n", "error 8:15 number"},
      {"rpc_version = 1-200\n", "error 8:15 number"},
      {"rpc_version = 1 2\n", "error 8:17 value"},
      {"rpc_version = 1\nrpc_number = x\n", "error 9:14 number"}};
  for (const auto& [lines, judgement] : rows) {
    const auto config = parse_xinetd(rpc(lines));
    EXPECT_THAT(judgements(config.diagnostics), ElementsAre(judgement)) << lines;
    EXPECT_THAT(config.services, IsEmpty());
  }
}

TEST(XinetdServices, ARedirectIsAHostAndAPortOrTheNameOfOne) {
  for (const char* port : {"23", "telnet"}) {
    const auto config = parse_xinetd(
        block("service ftp",
              std::string("socket_type = stream\nwait = no\nredirect = h.example ") + port + "\n"));
    EXPECT_THAT(config.diagnostics, IsEmpty()) << port;
    ASSERT_EQ(config.services.size(), 1U);
    const Redirect expected{"h.example", 23};
    EXPECT_EQ(config.services[0].more->redirect, expected) << port;
  }
}

TEST(XinetdServices, ARedirectNeedsAStreamWithoutWait) {
  const auto dgram = parse_xinetd(
      block("service tftp", "socket_type = dgram\nwait = no\nredirect = 10.0.0.1 69\n"));
  EXPECT_THAT(judgements(dgram.diagnostics),
              ElementsAre("warning 4:8 xinetd-differs", "error 5:1 redirect"));
  const auto wait = parse_xinetd(
      block("service ftp", "socket_type = stream\nwait = yes\nredirect = 10.0.0.1 69\n"));
  EXPECT_THAT(judgements(wait.diagnostics), ElementsAre("error 4:8 wait"));
}

TEST(XinetdServices, VeryLongNamesAreErrors) {
  const std::string name(300, 'n');
  EXPECT_THAT(judgements(parse_xinetd(service("port = 1\n", name)).diagnostics),
              ElementsAre("error 1:9 service", "warning 7:8 xinetd-differs"));
  EXPECT_THAT(judgements(parse_xinetd(service("id = " + name + "\n")).diagnostics),
              ElementsAre("error 7:6 service"));
}

TEST(XinetdTraps, ACommentBehindValuesIsTakenOff) {
  struct Row {
    const char* line;
    const char* judgement;
  };
  for (const auto& [line, at] :
       {Row{"per_source = 10 # ten", "7:17"}, Row{"umask = 077 #secret", "7:13"},
        Row{"passenv = TZ # zone", "7:14"}}) {
    const auto config = parse_xinetd(service(std::string(line) + "\n"));
    EXPECT_THAT(judgements(config.diagnostics),
                ::testing::Contains(std::string("warning ") + at + " trailing-comment"));
    EXPECT_FALSE(has_errors(config.diagnostics)) << line;
  }
  EXPECT_EQ(parse_xinetd(service("per_source = 10 # ten\n")).services.at(0).instances_per_source,
            10U);
  EXPECT_THAT(parse_xinetd(service("passenv = TZ # zone\n")).services.at(0).more->pass_env,
              ElementsAre("TZ"));
  const auto kept = parse_xinetd(service("server_args = -l # log\n"));
  EXPECT_THAT(judgements(kept.diagnostics), ElementsAre("warning 7:18 trailing-comment"));
  EXPECT_THAT(kept.services.at(0).argv, ElementsAre("x", "-l", "#", "log"));
  const auto header = parse_xinetd(
      "service ftp # x\n{ # y\nsocket_type = stream\nwait = no\n"
      "user = root\nserver = /bin/x\n} # z\n");
  EXPECT_THAT(judgements(header.diagnostics),
              ElementsAre("warning 1:13 trailing-comment", "warning 2:3 trailing-comment",
                          "warning 7:3 trailing-comment"));
  EXPECT_EQ(header.services.size(), 1U);
  const auto off = parse_xinetd(service("disable = yes # for now\n"));
  EXPECT_THAT(off.services, IsEmpty());
  EXPECT_THAT(judgements(off.diagnostics), ElementsAre("warning 7:15 trailing-comment"));
}

std::vector<std::string> clients(const std::string& word,
                                 std::vector<std::string>* said = nullptr) {
  Diagnostics diagnostics;
  Reporter report(std::make_shared<const std::string>("f"), diagnostics);
  Field field;
  field.text = word;
  field.at = {1, 1};
  auto out = xinetd::read_clients(field, report);
  if (said != nullptr) *said = judgements(diagnostics);
  return out;
}

TEST(XinetdClients, AreReadAsXinetdDoes) {
  EXPECT_THAT(clients("10.1.2.3"), ElementsAre("10.1.2.3"));
  EXPECT_THAT(clients("10.1.2.0"), ElementsAre("10.1.2.0/24"));
  EXPECT_THAT(clients("10.0.0.0"), ElementsAre("10.0.0.0/8"));
  EXPECT_THAT(clients("10.0.2.0"), ElementsAre("10.0.2.0/24"));
  EXPECT_THAT(clients("0.0.0.0"), ElementsAre("0.0.0.0/0", "::/0"));
  EXPECT_THAT(clients("10.1.2.3/8"), ElementsAre("10.0.0.0/8"));
  EXPECT_THAT(clients("10.1.2.3/32"), ElementsAre("10.1.2.3"));
  EXPECT_THAT(clients("10.1.{2,3}"), ElementsAre("10.1.2.0/24", "10.1.3.0/24"));
  EXPECT_THAT(clients("10.1.2.{7,9}"), ElementsAre("10.1.2.7", "10.1.2.9"));
  EXPECT_THAT(clients("{10}"), ElementsAre("10.0.0.0/8"));
  EXPECT_THAT(clients("2001:DB8::1/32"), ElementsAre("2001:db8::/32"));
  EXPECT_THAT(clients("2001:db8::1"), ElementsAre("2001:db8::1"));
  EXPECT_THAT(clients("Host.Example.org"), ElementsAre("host.example.org"));
  EXPECT_THAT(clients(".example.org"), ElementsAre(".example.org"));
}

TEST(XinetdClients, ThatXinetdNeverFindsAreFoundWithAWarning) {
  std::vector<std::string> said;
  EXPECT_THAT(clients("2001:db8::1/128", &said), ElementsAre("2001:db8::1"));
  EXPECT_THAT(said, ElementsAre("warning 1:1 xinetd-differs"));
  EXPECT_THAT(clients("::", &said), ElementsAre("::/0"));
  EXPECT_THAT(said, ElementsAre("warning 1:1 xinetd-differs"));
}

TEST(XinetdClients, ThatAreNoneAreErrors) {
  for (const char* word : {"10.1.2",  "10.1.2.256", "1.2.3.4.5",   "10.0.0.0/33",  "10.0.0.0/",
                           "/8",      "::/129",     "10/8",        "10.1.{2,300}", "10.1.{2",
                           "10.1.{}", "10.1.{2,}",  "1.2.3.4.{5}", "{2,3}x",       "a{1}",
                           "a b",     "*",          "-!",          "host.name/24", "1.2.3.4{5}"}) {
    std::vector<std::string> said;
    EXPECT_THAT(clients(word, &said), IsEmpty()) << word;
    EXPECT_THAT(said, ElementsAre("error 1:1 access")) << word;
  }
}

TEST(XinetdServices, AWarmStartHasNoEffectOnOtherKindsAndThatIsTold) {
  const std::string warm = "start = zygote\npark = io\nspares = 4\npark_uses = 5\npark_age = 6\n";
  const std::string wait = "socket_type = stream\nwait = yes\nuser = root\nserver = /bin/x\n";
  const std::string dgram =
      "socket_type = dgram\nprotocol = udp\nwait = yes\nuser = root\n"
      "server = /bin/x\n";
  const std::string builtin = "type = INTERNAL\nsocket_type = stream\nwait = no\n";
  for (const auto& [name, lines] :
       {std::pair{"ftp", wait}, std::pair{"tftp", dgram}, std::pair{"echo", builtin}}) {
    const auto header = std::string("service ") + name;
    const auto plain = parse_xinetd(block(header, lines));
    const auto own = parse_xinetd(block(header, lines + warm));
    EXPECT_EQ(own.services, plain.services) << name;
    ASSERT_EQ(own.diagnostics.size(), plain.diagnostics.size() + 5) << name;
    for (const auto& said : own.diagnostics) EXPECT_EQ(said.severity, Severity::Warning);
    EXPECT_EQ(own.diagnostics.back().text(),
              "f:" + std::to_string(std::count(lines.begin(), lines.end(), '\n') + 7) +
                  ":1: warning: \"park_age\" has no effect here: it is for nowait programs of "
                  "stream sockets [no-effect]");
    const auto inherited = parse_xinetd("defaults\n{\n" + warm + "}\n" + block(header, lines));
    EXPECT_EQ(inherited.services, plain.services) << name;
    EXPECT_EQ(inherited.diagnostics.size(), plain.diagnostics.size()) << name;
  }
}

TEST(XinetdServices, TheyKnowWhereTheirStartIsWritten) {
  const auto own = parse_xinetd(service("start = zygote\n"));
  ASSERT_EQ(own.services.size(), 1U);
  EXPECT_EQ(own.services[0].start_at->text(), "f:7:9");
  EXPECT_EQ(parse_xinetd(service()).services.at(0).start_at->line, 0);
}

}  // namespace
}  // namespace uvinetd::testing
