// SPDX-License-Identifier: ISC
// Three languages, one table: the same services written in each, and files that name one another.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/config/load/resolve.h"
#include "tests/pure/config/conf.h"
#include "tests/pure/config/fake_name_service.h"
#include "tests/pure/config/temporary_directory.h"

namespace uvinetd::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kInetd = R"(
ftp            stream tcp      nowait           root      /usr/sbin/ftpd    ftpd -l
127.0.0.1:79   stream tcp      nowait/10/0/3    ann:staff /usr/sbin/fingerd in.fingerd
[::1]:7979     stream tcp6     nowait           ann       /usr/sbin/fingerd fingerd
tftp           dgram  udp      wait             root      /usr/sbin/tftpd   tftpd -s /tftpboot
echo           stream tcp      nowait           root      internal
echo           dgram  udp      wait             root      internal
10.0.0.1:7     dgram  udp4     wait             root      internal
)";

constexpr const char* kXinetd = R"(
defaults
{
	groups  = yes
	passenv =
}
service ftp
{
	socket_type = stream
	wait        = no
	user        = root
	server      = /usr/sbin/ftpd
	server_args = -l
}
service 79
{
	type        = UNLISTED
	flags       = NAMEINARGS
	bind        = 127.0.0.1
	port        = 79
	socket_type = stream
	wait        = no
	user        = ann
	group       = staff
	server      = /usr/sbin/fingerd
	server_args = in.fingerd
	instances   = 10
	per_source  = 3
}
service 7979
{
	type        = UNLISTED
	id          = 7979/tcp6@::1
	bind        = ::1
	port        = 7979
	socket_type = stream
	wait        = no
	user        = ann
	server      = /usr/sbin/fingerd
}
service tftp
{
	socket_type = dgram
	wait        = yes
	user        = root
	server      = /usr/sbin/tftpd
	server_args = -s /tftpboot
}
service echo
{
	type        = INTERNAL
	id          = echo/tcp
	socket_type = stream
	wait        = no
	user        = root
}
service echo
{
	type        = INTERNAL
	id          = echo/udp
	socket_type = dgram
	wait        = yes
	user        = root
}
service echo
{
	type        = INTERNAL UNLISTED
	id          = 7/udp4@10.0.0.1
	bind        = 10.0.0.1
	port        = 7
	socket_type = dgram
	wait        = yes
	user        = root
}
)";

constexpr const char* kToml = R"(
[defaults]
user = "root"
stderr = "socket"
[services."ftp/tcp"]
listen = "tcp://:ftp"
exec = ["/usr/sbin/ftpd", "-l"]
[services."79/tcp@127.0.0.1"]
listen = "tcp://127.0.0.1:79"
user = "ann"
group = "staff"
exec = "/usr/sbin/fingerd"
argv0 = "in.fingerd"
instances = 10
instances_per_source = 3
[services."7979/tcp6@::1"]
listen = "tcp://[::1]:7979"
user = "ann"
exec = "/usr/sbin/fingerd"
[services."tftp/udp"]
listen = "udp://:69"
mode = "wait"
exec = ["/usr/sbin/tftpd", "-s", "/tftpboot"]
[services."echo/tcp"]
listen = "tcp://:echo"
internal = "echo"
[services."echo/udp"]
listen = "udp://:echo"
internal = "echo"
[services."7/udp4@10.0.0.1"]
listen = "udp4://10.0.0.1:7"
internal = "echo"
)";

class Languages : public ::testing::Test {
 protected:
  LoadedConfig load(const std::string& name, const std::string& text) {
    return load_config_with({directory_.write(name, text)}, LoadOptions(), FixedNames(), service_);
  }
  // What is left of them when places and what the languages say differently are put aside: in
  // xinetd a limit refuses, in the others clients wait; `nowait/10/0/3` says that there is no limit
  // of starts, which the other files leave unsaid; a line of inetd.conf names a user for a
  // built-in, which runs as nobody's.
  static std::vector<LoadedService> comparable(LoadedConfig config) {
    for (auto& service : config.services) {
      if (service.spec.more->at_limit != AtLimit::Queue) {
        service.spec.more.edit().at_limit = AtLimit::Queue;
      }
      if (!service.spec.internal.empty()) service.spec.user.clear();
      if (service.spec.source_starts_per_minute == 0U)
        service.spec.source_starts_per_minute.reset();
    }
    return std::move(config.services);
  }
  TemporaryDirectory directory_;
  FakeNameService service_;
};

TEST_F(Languages, TheSameServicesGiveEqualTables) {
  const auto inetd = load("inetd.conf", kInetd);
  const auto xinetd = load("xinetd.conf", kXinetd);
  const auto toml = load("uvinetd.toml", kToml);
  EXPECT_FALSE(has_errors(inetd.diagnostics)) << texts(inetd.diagnostics).front();
  EXPECT_FALSE(has_errors(xinetd.diagnostics)) << texts(xinetd.diagnostics).front();
  EXPECT_THAT(texts(toml.diagnostics), IsEmpty());
  const auto expected = comparable(inetd);
  const auto second = comparable(xinetd);
  const auto third = comparable(toml);
  ASSERT_EQ(expected.size(), 7U);
  ASSERT_EQ(second.size(), 7U);
  ASSERT_EQ(third.size(), 7U);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(second[i].spec.id, expected[i].spec.id);
    EXPECT_EQ(third[i].spec.id, expected[i].spec.id);
    EXPECT_TRUE(second[i] == expected[i]) << "xinetd: " << expected[i].spec.id;
    EXPECT_TRUE(third[i] == expected[i]) << "TOML: " << expected[i].spec.id;
  }
}

TEST_F(Languages, ANativeFileNamesTheOthersRelativeToItself) {
  directory_.write("a.conf", "7001 stream tcp4 nowait ann /bin/x\n");
  directory_.write("x.conf",
                   "service 7002\n{\n type = UNLISTED\n port = 7002\n flags = IPv4\n"
                   " socket_type = stream\n wait = no\n user = ann\n server = /bin/x\n}\n");
  const auto loaded = load("uvinetd.toml",
                           "include = [\"a.conf\", \"-absent\", \"x.conf\", \"gone\", "
                           "\"uvinetd.toml\"]\n[services.own]\nlisten = \"tcp4://:7003\"\n"
                           "internal = \"echo\"\n");
  std::vector<std::string> ids;
  for (const auto& service : loaded.services) ids.push_back(service.spec.id);
  EXPECT_THAT(ids, ElementsAre("own", "7001/tcp4", "7002/tcp4"));
  EXPECT_EQ(loaded.services_written, 5U);
  ASSERT_EQ(loaded.diagnostics.size(), 2U);
  EXPECT_THAT(loaded.diagnostics[0].text(), HasSubstr("/uvinetd.toml:1:43: error: "));
  EXPECT_THAT(loaded.diagnostics[0].message, HasSubstr("/gone: cannot open: No such file"));
  EXPECT_THAT(loaded.diagnostics[1].message, HasSubstr("/uvinetd.toml includes itself"));
}

TEST_F(Languages, RulesOfHostsAccessAreToldForXinetdServicesOnly) {
  LoadOptions options;
  options.hosts_access_files = {directory_.path_of("absent"),
                                directory_.write("hosts.deny", "# none\n\n  # at all\n")};
  const auto slugs = [&](const char* name, const char* text) {
    std::vector<std::string> out;
    const auto path = directory_.write(name, text);
    for (const auto& each : load_config_with({path}, options, FixedNames(), service_).diagnostics) {
      if (each.slug == "hosts-access") out.push_back(each.at.text());
    }
    return out;
  };
  EXPECT_THAT(slugs("xinetd.conf", kXinetd), IsEmpty());
  directory_.write("hosts.deny", "# but\nALL: ALL\n");
  EXPECT_THAT(slugs("xinetd.conf", kXinetd), ElementsAre(directory_.path_of("xinetd.conf")));
  EXPECT_THAT(slugs("inetd.conf", kInetd), IsEmpty());
  EXPECT_THAT(slugs("xinetd.conf", "defaults\n{\n}\n"), IsEmpty());
}

TEST_F(Languages, OneSocketInTwoLanguagesIsTold) {
  directory_.write("a.conf", "7001 stream tcp4 nowait ann /bin/x\n");
  const auto loaded = load("uvinetd.toml",
                           "include = [\"a.conf\"]\n[services.own]\nlisten = \"tcp4://:7001\"\n"
                           "internal = \"echo\"\n");
  ASSERT_EQ(loaded.services.size(), 1U);
  EXPECT_EQ(loaded.services[0].spec.id, "own");
  ASSERT_EQ(loaded.diagnostics.size(), 1U);
  EXPECT_THAT(loaded.diagnostics[0].text(), HasSubstr("a.conf:1:1: error: tcp port 7001"));
}

}  // namespace
}  // namespace uvinetd::testing
