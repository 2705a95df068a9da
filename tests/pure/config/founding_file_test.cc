// SPDX-License-Identifier: ISC
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/pure/config/conf.h"

namespace uvinetd::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::string_view kFile = R"(# comments start with #
echo    stream  tcp  nowait  root    internal
echo    dgram  udp  wait   root    internal
chargen stream  tcp  nowait  root    internal
chargen dgram  udp  wait   root    internal
ftp     stream  tcp  nowait  root    /usr/sbin/ftpd ftpd -l
telnet  stream  tcp  nowait  root    /usr/sbin/telnetd telnetd
finger  stream  tcp  nowait  root    /usr/sbin/fingerd fingerd
# Authentication
auth    stream  tcp  nowait  nobody /usr/sbin/in.identd
        in.identd -l -e -o
# TFTP
tftp    dgram   udp  wait   root    /usr/sbin/tftpd tftpd -s
        /tftpboot
)";

ServiceSpec service(const std::string& name, SocketKind kind, std::uint16_t port) {
  ServiceSpec spec;
  spec.id = name + "/" + kind_name(kind);
  spec.mode = is_datagram(kind) ? Mode::Wait : Mode::Nowait;
  spec.user = "root";
  ListenSpec listen;
  listen.kind = kind;
  listen.port = port;
  spec.listen.push_back(listen);
  listen.family = IpFamily::V6;
  listen.is_optional = true;
  spec.listen.push_back(listen);
  return spec;
}

ServiceSpec builtin(const std::string& name, SocketKind kind, std::uint16_t port) {
  auto spec = service(name, kind, port);
  spec.internal = name;
  return spec;
}

ServiceSpec server(ServiceSpec spec, std::string user, std::string program,
                   std::vector<std::string> argv) {
  spec.user = std::move(user);
  spec.program = std::move(program);
  spec.argv = std::move(argv);
  return spec;
}

TEST(FoundingFile, GivesExactlyItsServicesAndNoDiagnostics) {
  using Kind = SocketKind;
  const auto parsed = parse(kFile);
  EXPECT_THAT(texts(parsed.diagnostics), IsEmpty());
  EXPECT_EQ(parsed.services_written, 9U);
  EXPECT_THAT(
      parsed.services,
      ElementsAre(
          builtin("echo", Kind::Tcp, 7), builtin("echo", Kind::Udp, 7),
          builtin("chargen", Kind::Tcp, 19), builtin("chargen", Kind::Udp, 19),
          server(service("ftp", Kind::Tcp, 21), "root", "/usr/sbin/ftpd", {"ftpd", "-l"}),
          server(service("telnet", Kind::Tcp, 23), "root", "/usr/sbin/telnetd", {"telnetd"}),
          server(service("finger", Kind::Tcp, 79), "root", "/usr/sbin/fingerd", {"fingerd"}),
          server(service("auth", Kind::Tcp, 113), "nobody", "/usr/sbin/in.identd",
                 {"in.identd", "-l", "-e", "-o"}),
          server(service("tftp", Kind::Udp, 69), "root", "/usr/sbin/tftpd",
                 {"tftpd", "-s", "/tftpboot"})));
}

TEST(FoundingFile, IsQuietInEveryDialectWithContinuationLines) {
  for (const auto dialect :
       {Dialect::Debian, Dialect::FreeBsd, Dialect::NetBsd, Dialect::OpenBsd}) {
    EXPECT_THAT(texts(parse(kFile, dialect).diagnostics), IsEmpty());
  }
}

TEST(FoundingFile, ReadsTheSameWithCarriageReturnsAndByteOrderMark) {
  std::string text = "\xef\xbb\xbf";
  for (const char c : kFile) text += c == '\n' ? std::string("\r\n") : std::string(1, c);
  EXPECT_EQ(parse(text).services, parse(kFile).services);
  EXPECT_THAT(texts(parse(text).diagnostics), IsEmpty());
}

TEST(FoundingFile, ReadsTheSameWithoutFinalNewline) {
  EXPECT_EQ(parse(kFile.substr(0, kFile.size() - 1)).services, parse(kFile).services);
}

TEST(FoundingFile, PlacesPointAtTheFields) {
  const auto parsed = parse(kFile);
  const auto& auth = parsed.services[7];
  EXPECT_EQ(auth.at.text(), "f:10:1");
  EXPECT_EQ(auth.user_at.text(), "f:10:30");
  EXPECT_EQ(auth.program_at.text(), "f:10:37");
}

}  // namespace
}  // namespace uvinetd::testing
