// SPDX-License-Identifier: ISC
#include "core/config/load/loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "core/config/load/resolve.h"
#include "tests/pure/config/conf.h"
#include "tests/pure/config/fake_name_service.h"
#include "tests/pure/config/temporary_directory.h"

namespace uvinetd::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Loader : public ::testing::Test {
 protected:
  LoadedConfig load(const std::string& text) {
    return load_paths({directory_.write("inetd.conf", text)});
  }
  LoadedConfig load_paths(const std::vector<std::string>& paths) {
    return load_config_with(paths, options_, FixedNames(), service_);
  }
  static std::string line(const std::string& user, const std::string& service = "ftp") {
    return service + " stream tcp nowait " + user + " /bin/x\n";
  }
  // The identity of the only service of a file with `user`.
  Identity identity(const std::string& user) {
    const auto loaded = load(line(user));
    EXPECT_THAT(texts(loaded.diagnostics), IsEmpty()) << user;
    return loaded.services.size() == 1 ? loaded.services[0].identity : Identity{};
  }
  std::vector<std::string> problems(const std::string& text) {
    return places(load(text).diagnostics);
  }

  TemporaryDirectory directory_;
  FakeNameService service_;
  LoadOptions options_;
};

TEST_F(Loader, AnEmptyConfigurationIsGood) {
  const auto loaded = load("# nothing\n");
  EXPECT_THAT(loaded.diagnostics, IsEmpty());
  EXPECT_EQ(loaded.services_written, 0U);
  EXPECT_FALSE(loaded.is_unreadable);
}

TEST_F(Loader, AMultiplexerMayStandInAnotherFile) {
  const auto services = directory_.write("a.conf", line("ann", "tcpmux/x"));
  const auto alone = load_paths({services});
  EXPECT_THAT(places(alone.diagnostics), ElementsAre("1:1 tcpmux"));
  ASSERT_EQ(alone.services.size(), 1U);
  EXPECT_EQ(alone.services[0].identity.uid, 1001U);
  options_.inetd.dialect = Dialect::Gnu;
  const auto added = load_paths({services});
  EXPECT_THAT(added.diagnostics, IsEmpty());
  EXPECT_EQ(added.services.size(), 2U);
  const auto both = load_paths(
      {services, directory_.write("b.conf", "tcpmux stream tcp nowait root internal\n")});
  EXPECT_THAT(both.diagnostics, IsEmpty());
  EXPECT_EQ(both.services.size(), 2U);
}

TEST_F(Loader, AnAddedMultiplexerTakesNobodysSocket) {
  options_.inetd.dialect = Dialect::Gnu;
  const auto loaded = load(line("ann", "tcpmux/x") + line("ann", "1"));
  EXPECT_THAT(places(loaded.diagnostics), ElementsAre("1:1 duplicate"));
  EXPECT_EQ(loaded.services.size(), 2U);
}

TEST_F(Loader, AnRpcProgramBecomesItsNumber) {
#ifdef UVINETD_RPC
  const auto loaded = load(
      "rusersd/2-3 dgram rpc/udp4 wait ann /bin/x\n"
      "100001 dgram rpc/udp4 wait ann /bin/x\n"
      "no-such-program/1 dgram rpc/udp4 wait ann /bin/x\n"
      "rusersq/1 dgram rpc/udp4 wait ann /bin/x\n"
      "rstatd/1-101 dgram rpc/tcp4 wait ann /bin/x\n"
      "rstat/1 dgram rpc/udp4 wait ann /bin/x\n");
  EXPECT_THAT(places(loaded.diagnostics),
              ElementsAre("3:1 rpc", "4:1 rpc", "5:20 protocol", "6:1 duplicate"));
  EXPECT_THAT(texts(loaded.diagnostics)[1], HasSubstr("(did you mean \"rusers\"?)"));
  ASSERT_EQ(loaded.services.size(), 2U);
  EXPECT_EQ(loaded.services[0].spec.more->rpc, (RpcProgram{"100002", 2, 3}));
  EXPECT_EQ(loaded.services[1].spec.more->rpc, (RpcProgram{"100001", 1, 1}));
  EXPECT_THAT(problems("rstatd/1-101 dgram rpc/udp4 wait ann /bin/x\n"), ElementsAre("1:1 rpc"));
  EXPECT_THAT(problems("rstatd/1-100 dgram rpc/udp4 wait ann /bin/x\n"), IsEmpty());
#else
  const auto loaded = load("rusersd/2-3 dgram rpc/udp4 wait ann /bin/x\n");
  EXPECT_THAT(texts(loaded.diagnostics), Contains(HasSubstr("libtirpc")));
  EXPECT_THAT(loaded.services, IsEmpty());
#endif
}

TEST_F(Loader, AUserBringsItsGroupAndMemberships) {
  const Identity ann{1001, 1001, {27, 100, 1001}, "ann", "/home/ann", "/bin/ash"};
  EXPECT_EQ(identity("ann"), ann);
}

TEST_F(Loader, AWrittenGroupComesInPlaceOfTheUsersOwn) {
  EXPECT_EQ(identity("ann:staff").gid, 50U);
  EXPECT_THAT(identity("ann:staff").groups, ElementsAre(27, 50, 100));
  EXPECT_EQ(identity("root:staff").uid, 0U);
  EXPECT_EQ(identity("root:staff").gid, 50U);
  EXPECT_EQ(identity("ann:4711").gid, 4711U);
}

TEST_F(Loader, ANameIsTriedWholeBeforeItIsSplitAtItsLastDot) {
  EXPECT_EQ(identity("a.b").uid, 1002U);
  EXPECT_EQ(identity("a.b").home, "/");
  EXPECT_EQ(identity("a.b.c").uid, 1002U);
  EXPECT_EQ(identity("a.b.c").gid, 61U);
  EXPECT_EQ(identity("a.c").uid, 1003U);
  EXPECT_EQ(identity("a.c").gid, 61U);
  EXPECT_EQ(identity("root.staff").gid, 50U);
  const auto loaded = load(line("a.c"));
  EXPECT_EQ(loaded.services[0].spec.user, "a");
  EXPECT_EQ(loaded.services[0].spec.group, "c");
  EXPECT_EQ(loaded.services[0].spec.group_at.column, 25);
}

TEST_F(Loader, FreeBsdKnowsNoDotBetweenUserAndGroup) {
  options_.inetd.dialect = Dialect::FreeBsd;
  EXPECT_EQ(identity("a.b").uid, 1002U);
  EXPECT_THAT(problems(line("a.c")), ElementsAre("1:23 unknown-user"));
}

TEST_F(Loader, UnknownNamesAreErrorsAtTheirField) {
  EXPECT_THAT(texts(load(line("ghost")).diagnostics),
              ElementsAre(HasSubstr(":1:23: error: unknown user \"ghost\" [unknown-user]")));
  EXPECT_THAT(problems(line("ann:ghosts")), ElementsAre("1:27 unknown-group"));
  EXPECT_THAT(problems(line("a.ghosts")), ElementsAre("1:25 unknown-group"));
  EXPECT_THAT(problems(line("ghost.staff")), ElementsAre("1:23 unknown-user"));
}

TEST_F(Loader, NumbersNeedNoNameService) {
  const Identity plain{4711, 4712, {4712}, "4711", "/", "/bin/sh"};
  EXPECT_EQ(identity("4711:4712"), plain);
  EXPECT_EQ(identity("1001").user_name, "ann");
  EXPECT_THAT(problems(line("4711")), ElementsAre("1:23 unknown-user"));
  EXPECT_THAT(problems(line("4294967295:1")), ElementsAre("1:23 unknown-user"));
}

TEST_F(Loader, RootIsKnownWithoutAPasswordFile) {
  service_.users.clear();
  service_.groups.clear();
  EXPECT_EQ(identity("root").home, "/root");
  EXPECT_EQ(identity("root:root").gid, 0U);
}

TEST_F(Loader, AFailedLookUpIsTriedAgainLater) {
  const auto loaded = load(line("fail") + line("ann:failgroup", "smtp") + line("ann", "finger"));
  EXPECT_THAT(places(loaded.diagnostics), ElementsAre("1:23 lookup-failed", "2:28 lookup-failed"));
  EXPECT_FALSE(has_errors(loaded.diagnostics));
  EXPECT_EQ(loaded.services.size(), 1U);
  ASSERT_EQ(loaded.unresolved.size(), 2U);
  EXPECT_EQ(loaded.unresolved[0].id, "ftp/tcp");
  EXPECT_EQ(loaded.services_written, 3U);
}

TEST_F(Loader, AHungLookUpDoesNotHangTheLoader) {
  options_.lookup_deadline = std::chrono::milliseconds(300);
  const auto loaded = load(line("ann") + line("ann", "hang.example:smtp"));
  EXPECT_THAT(places(loaded.diagnostics), ElementsAre("2:1 lookup-timeout"));
  EXPECT_EQ(loaded.services.size(), 1U);
  EXPECT_EQ(loaded.unresolved.size(), 1U);
}

TEST_F(Loader, NotRootServesOnlyAsOneself) {
  options_.uid = 1001;
  const auto loaded = load(line("ann") + line("root", "smtp") + line("1001", "finger") +
                           "echo stream tcp nowait root internal\n");
  EXPECT_THAT(places(loaded.diagnostics), ElementsAre("2:24 other-user"));
  ASSERT_EQ(loaded.services.size(), 3U);
  EXPECT_EQ(loaded.services[0].identity.uid, 1001U);
  EXPECT_EQ(loaded.services[0].identity.gid, getegid());
  EXPECT_THAT(loaded.services[0].identity.groups, Contains(getegid()));
  EXPECT_EQ(loaded.services[2].identity, Identity());
  EXPECT_THAT(problems(line("ann:4242")), ElementsAre("1:27 other-user"));
  EXPECT_THAT(problems(line("ann:" + std::to_string(getegid()))), IsEmpty());
}

TEST_F(Loader, NotRootMayBeANumberWithoutAName) {
  options_.uid = 4711;
  EXPECT_EQ(identity("4711").gid, getegid());
}

TEST_F(Loader, ABuiltInNeedsNoUser) {
  const auto loaded = load("echo stream tcp nowait ghost internal\n");
  EXPECT_THAT(loaded.diagnostics, IsEmpty());
  EXPECT_EQ(loaded.services[0].identity, Identity());
}

std::vector<std::string> sockets_of(const LoadedConfig& loaded) {
  std::vector<std::string> out;
  for (const auto& service : loaded.services) {
    for (const auto& listen : service.spec.listen) out.push_back(describe(listen));
  }
  return out;
}

TEST_F(Loader, AHostNameBecomesOneSocketPerAddress) {
  const auto sockets = [&](const std::string& host, const std::string& protocol) {
    return sockets_of(load(host + ":ftp stream " + protocol + " nowait ann /bin/x\n"));
  };
  EXPECT_THAT(sockets("both.example", "tcp"),
              ElementsAre("tcp 4 10.0.0.1 21", "tcp 4 10.0.0.2 21", "tcp 6? 2001:db8::1 21"));
  EXPECT_THAT(sockets("both.example", "tcp6"), ElementsAre("tcp 6 2001:db8::1 21"));
  EXPECT_THAT(sockets("both.example", "tcp46"),
              ElementsAre("tcp 4 10.0.0.1 21", "tcp 4 10.0.0.2 21", "tcp 6 2001:db8::1 21"));
  EXPECT_THAT(sockets("six.example", "tcp"), ElementsAre("tcp 6 2001:db8::1 21"));
  EXPECT_THAT(sockets("four.example", "tcp"), ElementsAre("tcp 4 10.0.0.1 21"));
  EXPECT_THAT(problems("four.example:ftp stream tcp6 nowait ann /bin/x\n"),
              ElementsAre("1:1 unknown-host"));
  EXPECT_THAT(problems("nowhere.example:ftp stream tcp nowait ann /bin/x\n"),
              ElementsAre("1:1 unknown-host"));
}

TEST_F(Loader, TheIdKeepsTheHostNameAsWritten) {
  EXPECT_EQ(load(line("ann", "four.example:ftp")).services[0].spec.id, "ftp/tcp@four.example");
}

TEST_F(Loader, TwoNamesOfOneAddressAreADuplicate) {
  EXPECT_THAT(problems(line("ann", "four.example:ftp") + line("ann", "10.0.0.1:ftp")),
              ElementsAre("2:1 duplicate"));
}

TEST_F(Loader, OwnersOfUnixSocketsBecomeNumbers) {
  const auto loaded = load(
      ":ann:staff:0660:/run/x stream unix nowait ann /bin/x\n"
      ":root::0600:/run/y stream unix nowait ann /bin/x\n"
      ":ghost::0600:/run/z stream unix nowait ann /bin/x\n");
  EXPECT_THAT(places(loaded.diagnostics), ElementsAre("3:1 unknown-user"));
  ASSERT_EQ(loaded.services.size(), 2U);
  EXPECT_EQ(loaded.services[0].spec.listen[0].node->user, "1001");
  EXPECT_EQ(loaded.services[0].spec.listen[0].node->group, "50");
  EXPECT_EQ(loaded.services[1].spec.listen[0].node->user, "0");
  EXPECT_EQ(loaded.services[1].spec.listen[0].node->group, "");
}

TEST_F(Loader, FilesOfADirectoryMakeOneTable) {
  directory_.write("b", line("ann") + line("ann", "smtp"));
  directory_.write("a", line("ann") + line("ghost", "finger"));
  directory_.write("c~", "garbage\n");
  const auto loaded = load_paths({directory_.path()});
  EXPECT_EQ(loaded.services.size(), 2U);
  EXPECT_EQ(loaded.services_written, 4U);
  ASSERT_EQ(loaded.diagnostics.size(), 3U);
  EXPECT_EQ(loaded.diagnostics[0].slug, "skipped");
  EXPECT_THAT(loaded.diagnostics[1].text(), HasSubstr("/a:2:26: error: unknown user"));
  EXPECT_THAT(loaded.diagnostics[2].text(), HasSubstr("/b:1:1: error: tcp port 21 is already used "
                                                      "by " +
                                                      directory_.path_of("a") + ":1"));
}

TEST_F(Loader, NothingIsLoadedWhenAFileIsMissing) {
  const auto good = directory_.write("good", line("ann") + "bad\n");
  const auto loaded = load_paths({good, directory_.path_of("missing")});
  EXPECT_TRUE(loaded.is_unreadable);
  EXPECT_THAT(loaded.services, IsEmpty());
  EXPECT_THAT(places(loaded.diagnostics), ElementsAre("0:0 file", "2:4 missing-field"));
}

TEST_F(Loader, TheRealNameServiceFindsRoot) {
  LoadOptions options;
  const auto loaded = load_config({directory_.write("inetd.conf", line("root"))}, options);
  ASSERT_EQ(loaded.services.size(), 1U);
  EXPECT_EQ(loaded.services[0].identity.uid, 0U);
  EXPECT_THAT(loaded.services[0].identity.groups, Contains(0U));
}

}  // namespace
}  // namespace uvinetd::testing
