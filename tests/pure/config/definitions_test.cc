// SPDX-License-Identifier: ISC
// NetBSD's `service on key = value, ...;`
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/pure/config/conf.h"

namespace uvinetd::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Definitions, EveryKeyIsRead) {
  const auto parsed = parse(R"(ftp on  # a comment
  bind = 127.0.0.1, protocol = tcp, socktype = stream,   # another
  accept_max = 5, acceptfilter = httpready x,
  sndbuf = 4k, recvbuf = 8k, wait = no,
  service_max = 30, ip_max = 10, user = ftp, group = ftpd,
  exec = /usr/sbin/ftpd, args = ftpd "-l a" 'x' \n "\x41\t\"", ipsec = ;
)");
  EXPECT_THAT(texts(parsed.diagnostics), IsEmpty());
  ASSERT_EQ(parsed.services.size(), 1U);
  const auto& spec = parsed.services[0];
  EXPECT_EQ(spec.id, "ftp/tcp@127.0.0.1");
  EXPECT_THAT(sockets(parsed), ElementsAre("tcp 4 127.0.0.1 21"));
  EXPECT_EQ(spec.instances, 5U);
  EXPECT_EQ(spec.more->accept_filter, "httpready");
  EXPECT_EQ(spec.more->send_buffer, 4096);
  EXPECT_EQ(spec.more->receive_buffer, 8192);
  EXPECT_EQ(spec.mode, Mode::Nowait);
  EXPECT_EQ(spec.starts_per_minute, 30U);
  EXPECT_EQ(spec.source_starts_per_minute, 10U);
  EXPECT_EQ(spec.user, "ftp");
  EXPECT_EQ(spec.group, "ftpd");
  EXPECT_EQ(spec.program, "/usr/sbin/ftpd");
  EXPECT_THAT(spec.argv, ElementsAre("ftpd", "-l a", "x", "\\n", "A\t\""));
}

TEST(Definitions, SeveralStandOnALineAndMixWithOrdinaryLines) {
  const auto parsed = parse(
      "echo on protocol=tcp4; echo on protocol=udp4;# x\n"
      "time on protocol = tcp4\n;ftp stream tcp nowait root /bin/x\n  -l\n");
  EXPECT_THAT(texts(parsed.diagnostics), IsEmpty());
  ASSERT_THAT(ids(parsed), ElementsAre("echo/tcp4", "echo/udp4", "time/tcp4", "ftp/tcp"));
  EXPECT_EQ(parsed.services[1].internal, "echo");
  EXPECT_EQ(parsed.services[1].mode, Mode::Wait);
  EXPECT_THAT(parsed.services[3].argv, ElementsAre("-l"));
}

TEST(Definitions, OffIsJudgedButNotServed) {
  const auto parsed = parse("echo off protocol = tcp4;\nftp off protcol = tcp4;\n");
  EXPECT_THAT(parsed.services, IsEmpty());
  EXPECT_EQ(parsed.services_written, 0U);
  EXPECT_THAT(places(parsed.diagnostics), ElementsAre("2:9 key"));
}

TEST(Definitions, UnixSocketsNeedTheirType) {
  EXPECT_THAT(sockets(parse("/run/x on protocol=unix, socktype=dgram, wait=yes, user=a, "
                            "exec=/bin/x;")),
              ElementsAre("unix-dgram /run/x"));
  EXPECT_THAT(places(parse("/run/x on protocol=unix, wait=yes, user=a, exec=/bin/x;").diagnostics),
              ElementsAre("1:7 missing-field"));
}

TEST(Definitions, PlainTcpIsAmbiguousInItsOwnDialectOnly) {
  const std::string text = "ftp on protocol = tcp, wait = no, user = a, exec = /bin/x;";
  EXPECT_THAT(places(parse(text, Dialect::NetBsd).diagnostics), ElementsAre("1:19 protocol"));
  EXPECT_THAT(sockets(parse(text, Dialect::Debian)).size(), 2U);
  EXPECT_THAT(sockets(parse("[::1]:" + text, Dialect::NetBsd)), ElementsAre("tcp 6 ::1 21"));
  EXPECT_THAT(sockets(parse("ftp on bind=127.0.0.1, protocol=tcp, wait=no, user=a, exec=/bin/x;",
                            Dialect::NetBsd)),
              ElementsAre("tcp 4 127.0.0.1 21"));
}

TEST(Definitions, MeaningsThatAreWrongAreToldWhereTheyStand) {
  const std::pair<const char*, const char*> rows[] = {
      {"ftp on wait=no, user=a, exec=/bin/x;", "1:4 missing-field"},
      {"ftp on protocol=tcp4, user=a, exec=/bin/x;", "1:4 missing-field"},
      {"ftp on protocol=tcp4, wait=no, exec=/bin/x;", "1:4 missing-field"},
      {"ftp on protocol=tcp4, wait=no, user=a;", "1:1 internal"},
      {"ftp on protocol=tcp4, wait=maybe, user=a, exec=/bin/x;", "1:28 wait"},
      {"ftp on protocol=tcp4, wait=no, wait=yes, user=a, exec=/bin/x;", "1:32 duplicate-key"},
      {"ftp on protocol=tcp4 udp4, wait=no, user=a, exec=/bin/x;", "1:22 value"},
      {"ftp on protocol=, wait=no, user=a, exec=/bin/x;", "1:8 value"},
      {"ftp on protocol=tcp4, wait=no, user=a:b, group=c, exec=/bin/x;", "1:48 group"},
      {"ftp on protocol=tcp4, wait=no, user=a, exec=x;", "1:45 program"},
      {"ftp on protocol=tcp4, wait=no, user=a, exec=/bin/x, rcvbuf=1;", "1:53 key"},
      {"ftp on protocol=tcp4, wait=no, user=a, exec=/bin/x, ip_max=x;", "1:60 number"},
      {"ftp on protocol=tcp4, wait=no, user=a, exec=/bin/x, sndbuf=x;", "1:60 buffer-size"},
      {"ftp on protocol=tcp4, wait=no, user=a, exec=/bin/x, acceptfilter=;", "1:53 value"},
      {"ftp on protocol=tcp4, wait=no, user=a, exec=/bin/x, ipsec=a b;", "1:53 ipsec-policy"},
      {"1.1.1.1:ftp on bind=2.2.2.2, protocol=tcp4, wait=no, user=a, exec=/bin/x;", "1:16 address"},
  };
  for (const auto& [text, problem] : rows) {
    const auto parsed = parse(text);
    EXPECT_THAT(places(parsed.diagnostics), ElementsAre(problem)) << text;
    EXPECT_THAT(parsed.services, IsEmpty()) << text;
    EXPECT_EQ(parsed.services_written, 1U) << text;
  }
}

TEST(Definitions, ReadingGoesOnAfterASyntaxError) {
  const std::pair<const char*, const char*> rows[] = {
      {"ftp on protocol tcp4;", "1:17 key-value"},
      {"ftp on = tcp4;", "1:8 key-value"},
      {"ftp on protocol = tcp4 wait = no;", "1:29 key-value"},
      {"ftp on protocol = \"tcp4;\n;", "1:19 quote"},
      {"ftp on user = \"\\q\";", "1:16 quote"},
      {"ftp on user = \"\\x00\";", "1:16 quote"},
      {"ftp on protocol = tcp4, wait = no\x01;", "1:34 control-character"},
      {"ftp on protocol = tcp4", "1:23 key-value"},
      {"ftp on protocol = tcp4,\n  wait = no", "2:12 key-value"},
  };
  for (const auto& [text, problem] : rows) {
    const auto parsed = parse(std::string(text) + "\necho stream tcp4 nowait root internal\n");
    EXPECT_THAT(places(parsed.diagnostics), ElementsAre(problem)) << text;
    EXPECT_THAT(ids(parsed), ElementsAre("echo/tcp4")) << text;
    EXPECT_EQ(parsed.services_written, 2U) << text;
  }
}

TEST(Definitions, ADefinitionWithoutEndIsBounded) {
  std::string text = "ftp on args = ";
  for (int i = 0; i < 20000; ++i) text += "word\n";
  const auto parsed = parse(text + ";\necho stream tcp nowait root internal\n");
  EXPECT_THAT(places(parsed.diagnostics), ElementsAre("1:1 line-too-long"));
  EXPECT_THAT(ids(parsed), ElementsAre("echo/tcp"));
}

TEST(Definitions, ATrailingCommaIsAllowed) {
  EXPECT_THAT(ids(parse("echo on protocol = tcp4,;\n")), ElementsAre("echo/tcp4"));
}

TEST(Definitions, AnRpcProgramIsWrittenAsInALine) {
  const auto parsed =
      parse("rstatd/1-3 on protocol = rpc/udp4, wait = yes, user = joe, exec = /bin/x;\n");
  EXPECT_THAT(texts(parsed.diagnostics), IsEmpty());
  ASSERT_THAT(ids(parsed), ElementsAre("rstatd/rpc/udp4"));
  EXPECT_EQ(parsed.services[0].more->rpc, (RpcProgram{"rstatd", 1, 3}));
  EXPECT_EQ(parsed.services[0].mode, Mode::Wait);
  EXPECT_THAT(
      texts(parse("rstatd/1 on protocol=rpc/udp, wait=yes, user=a, exec=/bin/x;", Dialect::NetBsd)
                .diagnostics),
      ElementsAre("f:1:22: error: \"rpc/udp\" does not say which IP version is meant (write "
                  "rpc/udp4 or rpc/udp6) [protocol]"));
}

}  // namespace
}  // namespace uvinetd::testing
