// SPDX-License-Identifier: ISC
// Services behind the TCP port multiplexer, and the multiplexer itself.
#include "core/config/multiplexer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/pure/config/conf.h"

namespace uvinetd::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kListener = "tcpmux stream tcp4 nowait root internal\n";

TEST(Multiplexer, IsABuiltInOnItsOwnPortOrAnother) {
  for (const std::string service : {"tcpmux", "1", "4000"}) {
    const auto parsed = parse(service + " stream tcp4 nowait root internal" +
                              (service == "4000" ? " tcpmux\n" : "\n"));
    EXPECT_THAT(texts(parsed.diagnostics), IsEmpty());
    ASSERT_EQ(parsed.services.size(), 1U);
    EXPECT_EQ(parsed.services[0].internal, "tcpmux");
    EXPECT_EQ(parsed.services[0].mode, Mode::Nowait);
  }
  EXPECT_THAT(places(parse("4000 dgram udp4 wait root internal tcpmux\n").diagnostics),
              ElementsAre("1:36 internal"));
}

TEST(Multiplexer, AServiceBehindItHasANameAndNoSocket) {
  const auto parsed = parse(
      "tcpmux/Ftp stream tcp nowait/5 nobody:tty /bin/x x -l\n"
      "tcpmux/+zip stream tcp nowait root /bin/y\n"
      "tcpmux/echo stream tcp nowait root internal\n"
      "tcpmux/clock stream tcp nowait root internal daytime\n"
      "tcpmux/k on protocol = tcp, user = joe, group = staff, wait = no, exec = /bin/z,\n"
      "  accept_max = 3;\n"
      "tcpmux/+time on protocol = tcp;\n");
  EXPECT_THAT(places(parsed.diagnostics), ElementsAre("1:23 dialect"));
  ASSERT_THAT(ids(parsed), ElementsAre("tcpmux/Ftp", "tcpmux/zip", "tcpmux/echo", "tcpmux/clock",
                                       "tcpmux/k", "tcpmux/time"));
  EXPECT_THAT(sockets(parsed), IsEmpty());
  const auto& ftp = parsed.services[0];
  EXPECT_EQ(ftp.more->tcpmux, "Ftp");
  EXPECT_FALSE(ftp.more->tcpmux_greets);
  EXPECT_EQ(ftp.user, "nobody");
  EXPECT_EQ(ftp.group, "tty");
  EXPECT_EQ(ftp.instances, 5U);
  EXPECT_THAT(ftp.argv, ElementsAre("x", "-l"));
  EXPECT_EQ(parsed.services[1].more->tcpmux, "zip");
  EXPECT_TRUE(parsed.services[1].more->tcpmux_greets);
  EXPECT_EQ(parsed.services[2].internal, "echo");
  EXPECT_EQ(parsed.services[3].internal, "daytime");
  EXPECT_EQ(parsed.services[4].more->tcpmux, "k");
  EXPECT_EQ(parsed.services[4].user, "joe");
  EXPECT_EQ(parsed.services[4].instances, 3U);
  EXPECT_EQ(parsed.services[5].internal, "time");
  EXPECT_EQ(parsed.services[5].mode, Mode::Nowait);
}

TEST(Multiplexer, BothFormsGiveTheSameServiceInEveryDialect) {
  for (const auto dialect : kAllDialects) {
    auto positional = parse("tcpmux/+a stream tcp nowait joe /bin/x x\n", dialect);
    auto definition =
        parse("tcpmux/+a on protocol=tcp, wait=no, user=joe, exec=/bin/x, args=x;\n", dialect);
    ASSERT_EQ(positional.services.size(), 1U);
    ASSERT_EQ(definition.services.size(), 1U);
    for (auto* spec : {&positional.services[0], &definition.services[0]}) {
      spec->at = spec->user_at = spec->group_at = spec->program_at = {};
    }
    EXPECT_EQ(positional.services[0], definition.services[0]);
  }
}

TEST(Multiplexer, WhatCannotBeBehindItIsAnErrorAtItsPlace) {
  const struct {
    std::string line;
    const char* place;
  } rows[] = {
      {"tcpmux/ stream tcp nowait root /bin/x", "1:8 tcpmux"},
      {"tcpmux/+ stream tcp nowait root /bin/x", "1:9 tcpmux"},
      {"tcpmux/Help stream tcp nowait root /bin/x", "1:8 tcpmux"},
      {"tcpmux/\xc3\xa9 stream tcp nowait root /bin/x", "1:8 tcpmux"},
      {"tcpmux/" + std::string(257, 'x') + " stream tcp nowait root /bin/x", "1:8 tcpmux"},
      {"127.0.0.1:tcpmux/x stream tcp nowait root /bin/x", "1:1 tcpmux"},
      {"tcpmux/x stream tcp6 nowait root /bin/x", "1:17 tcpmux"},
      {"tcpmux/x stream tcp4 nowait root /bin/x", "1:17 tcpmux"},
      {"tcpmux/x dgram udp wait root /bin/x", "1:16 tcpmux"},
      {"tcpmux/x stream tcp wait root /bin/x", "1:21 tcpmux"},
      {"tcpmux/x stream tcp nowait root internal", "1:33 internal"},
      {"tcpmux/x stream tcp nowait root internal tcpmux", "1:42 tcpmux"},
      {"tcpmux/x stream tcp nowait root bin/x", "1:33 program"},
      {"tcpmux/x on protocol=tcp, wait=yes, user=a, exec=/bin/x;", "1:32 tcpmux"},
      {"tcpmux/x on protocol=tcp, bind=127.0.0.1, wait=no, user=a, exec=/bin/x;", "1:27 tcpmux"},
      {"tcpmux/x on protocol=tcp, wait=no, exec=/bin/x;", "1:9 missing-field"},
      {"tcpmux/x on protocol=udp, wait=no, user=a, exec=/bin/x;", "1:22 tcpmux"},
  };
  for (const auto& row : rows) {
    const auto parsed = parse(row.line + "\n");
    EXPECT_THAT(places(parsed.diagnostics), ElementsAre(row.place)) << row.line;
    EXPECT_THAT(parsed.services, IsEmpty()) << row.line;
    EXPECT_EQ(parsed.services_written, 1U);
  }
}

TEST(Multiplexer, WhatIsSetOnASocketHasNoEffectBehindIt) {
  const std::pair<const char*, const char*> rows[] = {
      {"tcpmux/x stream tcp,sndbuf=4k nowait root /bin/x\n", "1:17 tcpmux"},
      {"tcpmux/x stream:httpready tcp nowait root /bin/x\n", "1:27 tcpmux"},
      {"tcpmux/x on protocol=tcp, recvbuf=4k, wait=no, user=a, exec=/bin/x;\n", "1:1 tcpmux"},
      {"tcpmux/x on protocol=tcp, acceptfilter=dataready, wait=no, user=a, exec=/bin/x;\n",
       "1:1 tcpmux"},
  };
  for (const auto& [line, place] : rows) {
    const auto parsed = parse(line);
    EXPECT_THAT(places(parsed.diagnostics), ElementsAre(place)) << line;
    ASSERT_EQ(parsed.services.size(), 1U);
    EXPECT_FALSE(parsed.services[0].more->send_buffer);
    EXPECT_FALSE(parsed.services[0].more->receive_buffer);
    EXPECT_EQ(parsed.services[0].more->accept_filter, "");
  }
}

TEST(Multiplexer, ANameIsThereOnce) {
  const auto parsed = parse(
      "tcpmux/ftp stream tcp nowait root /bin/x\n"
      "tcpmux/+FTP stream tcp nowait root /bin/y\n"
      "ftp stream tcp4 nowait root /bin/z\n");
  EXPECT_THAT(ids(parsed), ElementsAre("tcpmux/ftp", "ftp/tcp4"));
  EXPECT_THAT(texts(parsed.diagnostics),
              ElementsAre("f:2:1: error: the tcpmux service \"FTP\" is already defined by f:1 "
                          "[duplicate]"));
}

// ---- over all files --------------------------------------------------------------------------

class SettleMultiplexer : public ::testing::Test {
 protected:
  bool settle(const std::string& text, Dialect dialect = Dialect::Debian) {
    services = parse(text, dialect).services;
    InetdConfOptions options;
    options.dialect = dialect;
    options.default_host = host;
    return settle_multiplexer(services, options, FixedNames(), diagnostics);
  }
  std::string host;
  std::vector<ServiceSpec> services;
  Diagnostics diagnostics;
};

constexpr const char* kTwo =
    "ftp stream tcp4 nowait root /bin/x\n"
    "tcpmux/a stream tcp nowait root /bin/x\ntcpmux/b stream tcp nowait root /bin/x\n";

TEST_F(SettleMultiplexer, WithoutOneItsServicesAreToldOf) {
  EXPECT_FALSE(settle(kTwo));
  EXPECT_THAT(places(diagnostics), ElementsAre("2:1 tcpmux", "3:1 tcpmux"));
  EXPECT_EQ(diagnostics[0].severity, Severity::Warning);
  EXPECT_THAT(texts(diagnostics)[0], HasSubstr("\"a\" cannot be reached"));
  EXPECT_EQ(services.size(), 3U);
}

TEST_F(SettleMultiplexer, WithOneAllIsWell) {
  for (const auto dialect : kAllDialects) {
    EXPECT_FALSE(settle(std::string(kListener) + kTwo, dialect));
    EXPECT_FALSE(
        settle(std::string(kTwo) + "4000 stream tcp4 nowait root internal tcpmux\n", dialect));
    EXPECT_FALSE(settle(kListener, dialect));
    EXPECT_FALSE(settle("ftp stream tcp4 nowait root /bin/x\n", dialect));
    EXPECT_EQ(services.size(), 1U);
  }
  EXPECT_THAT(diagnostics, IsEmpty());
}

TEST_F(SettleMultiplexer, InTheDialectGnuItIsAdded) {
  host = "127.0.0.1";
  EXPECT_TRUE(settle(kTwo, Dialect::Gnu));
  EXPECT_THAT(diagnostics, IsEmpty());
  ASSERT_EQ(services.size(), 4U);
  EXPECT_EQ(services[3].id, "tcpmux/tcp@127.0.0.1");
  EXPECT_EQ(services[3].internal, "tcpmux");
  EXPECT_EQ(services[3].at.line, 2);
  ASSERT_EQ(services[3].listen.size(), 1U);
  EXPECT_EQ(describe(services[3].listen[0]), "tcp 4 127.0.0.1 1");
}

}  // namespace
}  // namespace uvinetd::testing
