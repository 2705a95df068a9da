// SPDX-License-Identifier: ISC
// The same services in inetd.conf and in xinetd.conf give equal specs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/config/inetd/inetd_conf.h"
#include "tests/pure/config/xinetd.h"

namespace uvinetd::testing {
namespace {

struct Pair {
  const char* inetd;
  const char* name;
  const char* lines;
};

// An inetd gives the groups of the user and a clean environment.
constexpr const char* kAsAnInetd = "groups = yes\npassenv =\n";

const Pair kPairs[] = {
    {"echo stream tcp nowait root internal", "echo",
     "type = INTERNAL\nsocket_type = stream\nprotocol = tcp\nuser = root\nwait = no"},
    {"echo dgram udp wait root internal", "echo",
     "type = INTERNAL\nsocket_type = dgram\nprotocol = udp\nuser = root\nwait = yes"},
    {"time dgram udp wait root internal", "time",
     "type = INTERNAL\nsocket_type = dgram\nuser = root\nwait = yes"},
    {"ftp stream tcp nowait root /usr/sbin/in.ftpd in.ftpd -l -a", "ftp",
     "socket_type = stream\nwait = no\nuser = root\nserver = /usr/sbin/in.ftpd\n"
     "server_args = -l -a"},
    {"telnet stream tcp nowait telnetd /usr/sbin/in.telnetd", "telnet",
     "socket_type = stream\nwait = no\nuser = telnetd\nserver = /usr/sbin/in.telnetd"},
    {"finger stream tcp nowait nobody:nogroup /usr/sbin/tcpd /usr/sbin/in.fingerd", "finger",
     "flags = NAMEINARGS\nsocket_type = stream\nwait = no\nuser = nobody\ngroup = nogroup\n"
     "server = /usr/sbin/tcpd\nserver_args = /usr/sbin/in.fingerd"},
    {"tftp dgram udp wait root /usr/sbin/in.tftpd in.tftpd -s /srv", "tftp",
     "socket_type = dgram\nprotocol = udp\nwait = yes\nuser = root\nserver = /usr/sbin/in.tftpd\n"
     "server_args = -s /srv"},
    {"talk dgram udp wait nobody /usr/sbin/in.talkd in.talkd", "talk",
     "socket_type = dgram\nwait = yes\nuser = nobody\nserver = /usr/sbin/in.talkd"},
    {"127.0.0.1:smtp stream tcp nowait mail /usr/sbin/exim exim -bs", "smtp",
     "bind = 127.0.0.1\nsocket_type = stream\nwait = no\nuser = mail\nserver = /usr/sbin/exim\n"
     "server_args = -bs"},
    {"[::1]:smtp stream tcp nowait mail /usr/sbin/exim exim -bs", "smtp",
     "interface = ::1\nsocket_type = stream\nwait = no\nuser = mail\nserver = /usr/sbin/exim\n"
     "server_args = -bs"},
    {"ftp stream tcp4 nowait root /bin/x", "ftp",
     "flags = IPv4\nsocket_type = stream\nwait = no\nuser = root\nserver = /bin/x"},
    {"ftp stream tcp6 nowait root /bin/x", "ftp",
     "flags = IPv6\nv6only = yes\nsocket_type = stream\nwait = no\nuser = root\nserver = /bin/x"},
    {"ftp stream tcp46 nowait root /bin/x", "ftp",
     "flags = IPv6\nsocket_type = stream\nwait = no\nuser = root\nserver = /bin/x"},
    {"talk dgram udp nowait nobody /bin/x", "talk",
     "socket_type = dgram\nwait = no\nuser = nobody\nserver = /bin/x"},
};

TEST(XinetdEquality, OneServiceInTwoLanguagesIsOneSpec) {
  for (const auto& pair : kPairs) {
    SCOPED_TRACE(pair.inetd);
    const auto inetd = parse(std::string(pair.inetd) + "\n");
    const auto xinetd = parse_xinetd(
        block("service " + std::string(pair.name), std::string(pair.lines) + "\n" + kAsAnInetd));
    ASSERT_EQ(inetd.services.size(), 1U);
    ASSERT_EQ(xinetd.services.size(), 1U) << ::testing::PrintToString(texts(xinetd.diagnostics));
    EXPECT_EQ(describe_xinetd(inetd.services[0]), describe_xinetd(xinetd.services[0]));
    EXPECT_EQ(sockets(inetd), sockets(xinetd));
    EXPECT_EQ(inetd.services[0], xinetd.services[0]);
    EXPECT_FALSE(has_errors(xinetd.diagnostics));
  }
}

TEST(XinetdEquality, ABuiltInOnAnotherPortIsTheSameButForItsName) {
  auto inetd = parse("7007 stream tcp nowait root internal echo\n").services.at(0);
  const auto xinetd =
      parse_xinetd(block("service echo",
                         "type = INTERNAL UNLISTED\nport = 7007\nsocket_type = stream\n"
                         "wait = no\nuser = root\n"));
  EXPECT_EQ(xinetd.services.at(0).id, "echo/tcp");
  inetd.id = "echo/tcp";
  EXPECT_EQ(inetd, xinetd.services.at(0));
}

TEST(XinetdEquality, ALimitOfServersDiffersByWhatHappensAtIt) {
  auto inetd = parse("ftp stream tcp nowait/20 root /bin/x\n").services.at(0);
  const auto xinetd = parse_xinetd(service("instances = 20\ngroups = yes\npassenv =\n"));
  EXPECT_NE(inetd, xinetd.services.at(0));
  inetd.more.edit().at_limit = AtLimit::Refuse;
  EXPECT_EQ(inetd, xinetd.services.at(0));
}

}  // namespace
}  // namespace uvinetd::testing
