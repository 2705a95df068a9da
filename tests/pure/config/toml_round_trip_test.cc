// SPDX-License-Identifier: ISC
// What is printed is read back as it was, and whatever is read has its places in the text.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

#include "core/config/toml/keys.h"
#include "core/config/toml/toml_print.h"
#include "tests/pure/config/any_service.h"
#include "tests/pure/config/toml.h"

namespace uvinetd::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

RC_GTEST_PROP(TomlRoundTrip, GivesTheSameServices, ()) {
  std::vector<ServiceSpec> services(*rc::gen::inRange<std::size_t>(0, 4));
  std::uint16_t port = 1000;
  for (auto& spec : services) spec = any_service(port += 20);
  std::vector<std::string> problems;
  const auto printed = print_toml(services, {}, &problems);
  const auto parsed = parse_toml(printed);
  RC_LOG(printed);
  RC_ASSERT(problems.empty());
  RC_ASSERT(texts(parsed.diagnostics) == std::vector<std::string>());
  RC_ASSERT(parsed.services == services);
  RC_ASSERT(print_toml(parsed.services) == printed);
}

TEST(TomlRoundTrip, IsTriedWithEveryKey) {
  std::set<std::string_view> missing;
  for (const auto& key : toml_keys()) missing.insert(key.name);
  missing.erase("enabled");  // no spec has these two: they change what others say
  missing.erase("v6only");
  const auto strike = [&] {
    const auto spec = any_service(1000);
    std::erase_if(missing, [&](std::string_view name) {
      const auto& key = toml_keys()[*find_toml_key(name)];
      return applies(key.applies_to, spec) && !key.print(spec).empty();
    });
  };
  // Many in one check: each check of a run begins with the same seed.
  constexpr int kServicesPerCase = 50;
  rc::check("a service prints keys", [&] {
    for (int i = 0; i < kServicesPerCase && !missing.empty(); ++i) strike();
  });
  EXPECT_THAT(missing, IsEmpty());
}

RC_GTEST_PROP(TomlRoundTrip, KeepsAnyCommentsOut, ()) {
  const std::vector<ServiceSpec> services{any_service(1000)};
  TomlComments comments;
  const auto lines = rc::gen::container<std::vector<std::string>>(
      rc::gen::container<std::string>(rc::gen::arbitrary<char>()));
  comments.head = *lines;
  comments.of_service[services[0].id] = *lines;
  comments.tail = *lines;
  const auto parsed = parse_toml(print_toml(services, comments));
  RC_ASSERT(texts(parsed.diagnostics) == std::vector<std::string>());
  RC_ASSERT(parsed.services == services);
}

rc::Gen<std::string> piece() {
  return rc::gen::weightedOneOf<std::string>(
      {{8, rc::gen::elementOf(std::vector<std::string>{"[services.a]",
                                                       "[services.b]",
                                                       "[defaults]",
                                                       "[daemon]",
                                                       "listen",
                                                       "exec",
                                                       "user",
                                                       "rate",
                                                       "limits",
                                                       "env",
                                                       "\"tcp://:79\"",
                                                       "\"unix:///x\"",
                                                       "[\"/bin/x\", \"-w\"]",
                                                       "\"/bin/x\"",
                                                       "\"10/min\"",
                                                       "{ files = 1 }",
                                                       "true",
                                                       "0o22",
                                                       "1979-05-27",
                                                       "1.5",
                                                       "\xc3\xa4",
                                                       "stderr",
                                                       "\"socket\"",
                                                       "instances",
                                                       "services.c.mode",
                                                       "\"wait\"",
                                                       "'x'",
                                                       "\"\"\"",
                                                       "internal",
                                                       "\"echo\"",
                                                       "enabled"})},
       {8, rc::gen::elementOf(std::vector<std::string>{" = ", "\n", "\n", " ", ", ", ".", "\r\n"})},
       {1, rc::gen::container<std::string>(rc::gen::arbitrary<char>())}});
}

void check(const std::string& text) {
  const auto parsed = parse_toml(text);
  std::vector<std::size_t> sizes{0};
  for (const char c : text) {
    if (c == '\n') {
      sizes.push_back(0);
    } else {
      ++sizes.back();
    }
  }
  for (const auto& said : parsed.diagnostics) {
    RC_LOG(said.text());
    const auto line = static_cast<std::size_t>(said.at.line);
    RC_ASSERT(line >= 1 && line <= sizes.size());
    RC_ASSERT(said.at.column >= 1);
    RC_ASSERT(static_cast<std::size_t>(said.at.column) <= sizes[line - 1] + 1);
    RC_ASSERT(!said.slug.empty() && !said.message.empty());
  }
  RC_ASSERT(parsed.services.size() <= parsed.services_written);
  if (parsed.services.size() < parsed.services_written) RC_ASSERT(has_errors(parsed.diagnostics));
  const auto again = parse_toml(print_toml(parsed.services));
  RC_ASSERT(again.services == parsed.services);
}

RC_GTEST_PROP(TomlProperties, AnyBytesAreReadWithPlacesInsideTheText, ()) {
  check(*rc::gen::container<std::string>(rc::gen::arbitrary<char>()));
}

RC_GTEST_PROP(TomlProperties, AnyWordsAreReadWithPlacesInsideTheText, ()) {
  std::string text;
  for (const auto& one : *rc::gen::container<std::vector<std::string>>(piece())) text += one;
  check(text);
}

ServiceSpec plain_service() {
  ServiceSpec spec;
  spec.id = "finger/tcp";
  spec.listen.push_back({SocketKind::Tcp, IpFamily::V4, "", 79, false, "", {}});
  spec.user = "nobody";
  spec.program = "/usr/sbin/in.fingerd";
  spec.argv = {"in.fingerd", "-w"};
  return spec;
}

TEST(TomlPrint, IsShort) {
  EXPECT_EQ(print_toml({}), "");
  EXPECT_EQ(print_toml({plain_service()}),
            "[defaults]\n"
            "stderr = \"socket\"\n"
            "\n"
            "[services.\"finger/tcp\"]\n"
            "listen = \"tcp4://:79\"\n"
            "exec = [\"/usr/sbin/in.fingerd\", \"-w\"]\n"
            "user = \"nobody\"\n");
}

TEST(TomlPrint, PutsCommentsWhereTheyBelong) {
  TomlComments comments;
  comments.head = {"made from\nf:1", ""};
  comments.of_service["finger/tcp"] = {"f:3: warning: \xff\x01"};
  comments.tail = {"the end"};
  EXPECT_EQ(print_toml({plain_service()}, comments),
            "# made from\n# f:1\n#\n"
            "\n[defaults]\nstderr = \"socket\"\n"
            "\n# f:3: warning: \\xff\\x01\n"
            "[services.\"finger/tcp\"]\n"
            "listen = \"tcp4://:79\"\n"
            "exec = [\"/usr/sbin/in.fingerd\", \"-w\"]\n"
            "user = \"nobody\"\n"
            "\n# the end\n");
}

TEST(TomlPrint, SaysWhatItCannotWrite) {
  auto latin = plain_service();
  latin.argv.push_back("caf\xe9");
  auto nul = plain_service();
  nul.id = "nul";
  nul.listen[0].port = 80;
  nul.user = std::string("a\0b", 3);
  auto half = plain_service();
  half.id = "half";
  half.listen[0].family = IpFamily::V6;
  half.listen[0].is_optional = true;
  auto modes = plain_service();
  modes.id = "modes";
  modes.listen = {ListenSpec{SocketKind::UnixStream, IpFamily::V4, "", 0, false, "/run/x", {}},
                  ListenSpec{SocketKind::UnixStream, IpFamily::V4, "", 0, false, "/run/y", {}}};
  modes.listen[0].node.edit().mode = 0600;
  auto good = plain_service();
  good.id = "good";
  good.listen[0].port = 81;
  std::vector<std::string> problems;
  const auto printed = print_toml({latin, nul, half, modes, good}, {}, &problems);
  EXPECT_THAT(problems,
              ElementsAre(HasSubstr("\"finger/tcp\" cannot be written as TOML: exec is no text"),
                          HasSubstr("\"nul\" cannot be written as TOML: user is no text"),
                          HasSubstr("\"half\" cannot be written as TOML: an optional IPv6"),
                          HasSubstr("\"modes\" cannot be written as TOML: its unix sockets")));
  for (const auto& problem : problems) EXPECT_THAT(printed, HasSubstr("# " + problem + '\n'));
  const auto parsed = parse_toml(printed);
  EXPECT_THAT(ids(parsed), ElementsAre("good"));
  EXPECT_THAT(texts(parsed.diagnostics), IsEmpty());
  EXPECT_EQ(print_toml({latin, nul, half, modes, good}), printed);
}

TEST(TomlPrint, BreaksLongLists) {
  auto spec = plain_service();
  for (int i = 0; i < 9; ++i) spec.argv.push_back("--an-argument-of-some-length");
  const auto printed = print_toml({spec});
  EXPECT_THAT(printed, HasSubstr("exec = [\n  \"/usr/sbin/in.fingerd\",\n  \"-w\",\n"));
  EXPECT_EQ(parse_toml(printed).services, std::vector<ServiceSpec>{spec});
}

// The same services in two languages.
TEST(TomlAndInetdConf, GiveTheSameServices) {
  const auto inetd = parse(
      "finger stream tcp nowait nobody /usr/sbin/in.fingerd in.fingerd -w\n"
      "ftp stream tcp4 nowait.40 root /usr/sbin/in.ftpd\n"
      "127.0.0.1:telnet stream tcp nowait/10/60/3 root /usr/sbin/in.telnetd telnetd\n"
      "[::1]:telnet stream tcp6 nowait root /usr/sbin/in.telnetd\n"
      "7000 stream tcp46,rcvbuf=64k nowait root:sys /bin/x\n"
      "tftp dgram udp wait nobody /usr/sbin/in.tftpd in.tftpd -s /srv\n"
      "talk dgram udp4 nowait root /usr/sbin/in.talkd\n"
      "daytime stream tcp nowait root internal\n"
      "echo dgram udp wait root internal\n"
      "7007 stream tcp6 nowait nobody internal echo\n"
      "/run/x stream unix wait root /bin/x\n"
      ":a:b:0660:/run/y dgram unix wait root /bin/x\n"
      "smtp stream:httpready tcp nowait mail /usr/sbin/exim exim -bs\n"
      "host.name:auth stream tcp nowait 77 /usr/sbin/identd\n");
  ASSERT_THAT(places(inetd.diagnostics), ElementsAre("3:29 dialect"));
  const auto toml = parse_toml(R"(
[defaults]
stderr = "socket"
[services."finger/tcp"]
listen = "tcp://:finger"
exec = ["/usr/sbin/in.fingerd", "-w"]
user = "nobody"
[services."ftp/tcp4"]
listen = "tcp4://:ftp"
exec = "/usr/sbin/in.ftpd"
user = "root"
rate = "40/min"
[services."telnet/tcp@127.0.0.1"]
listen = "tcp://127.0.0.1:telnet"
exec = "/usr/sbin/in.telnetd"
argv0 = "telnetd"
user = "root"
instances = 10
rate_per_source = "60/min"
instances_per_source = 3
[services."telnet/tcp6@::1"]
listen = "tcp6://[::1]:23"
exec = "/usr/sbin/in.telnetd"
user = "root"
[services."7000/tcp46"]
listen = "tcp46://:7000"
exec = "/bin/x"
user = "root"
group = "sys"
receive_buffer = "64k"
[services."tftp/udp"]
listen = "udp://:tftp"
exec = ["/usr/sbin/in.tftpd", "-s", "/srv"]
user = "nobody"
[services."talk/udp4"]
listen = "udp4://:talk"
mode = "nowait"
exec = "/usr/sbin/in.talkd"
user = "root"
[services."daytime/tcp"]
listen = "tcp://:daytime"
internal = "daytime"
user = "root"
[services."echo/udp"]
listen = "udp://:echo"
internal = "echo"
user = "root"
[services."7007/tcp6"]
listen = "tcp6://:7007"
internal = "echo"
user = "nobody"
[services."/run/x"]
listen = "unix:///run/x"
socket_mode = "umask"
mode = "wait"
exec = "/bin/x"
user = "root"
[services."/run/y"]
listen = "unix-dgram:///run/y"
socket_user = "a"
socket_group = "b"
socket_mode = "0660"
exec = "/bin/x"
user = "root"
[services."smtp/tcp"]
listen = "tcp://:smtp"
defer_accept = "httpready"
exec = ["/usr/sbin/exim", "-bs"]
user = "mail"
[services."auth/tcp@host.name"]
listen = "tcp://host.name:auth"
exec = "/usr/sbin/identd"
user = 77
)");
  EXPECT_THAT(texts(toml.diagnostics), IsEmpty());
  ASSERT_EQ(toml.services.size(), inetd.services.size());
  for (std::size_t i = 0; i < toml.services.size(); ++i) {
    EXPECT_EQ(toml.services[i].id, inetd.services[i].id);
    EXPECT_EQ(toml.services[i], inetd.services[i]) << print_toml({inetd.services[i]});
  }
  EXPECT_EQ(parse_toml(print_toml(inetd.services)).services, inetd.services);
}

}  // namespace
}  // namespace uvinetd::testing
