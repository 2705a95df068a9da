// SPDX-License-Identifier: ISC
// `include`, `includedir`, and what the defaults give to services.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/pure/config/xinetd.h"

namespace uvinetd::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(XinetdIncludes, FilesStandWhereTheyAreNamed) {
  const auto config = parse_xinetd(service() + "include /a\n" + service("", "telnet"),
                                   {{"/a", service("", "finger")}});
  EXPECT_THAT(ids(config), ElementsAre("ftp/tcp", "finger/tcp", "telnet/tcp"));
  EXPECT_THAT(config.diagnostics, IsEmpty());
  EXPECT_THAT(config.files, ElementsAre("f", "/a"));
  EXPECT_EQ(config.services[1].at.text(), "/a:1:1");
}

TEST(XinetdIncludes, ARelativePathBeginsAtItsFile) {
  const auto config =
      parse_xinetd("include /etc/a\n", {{"/etc/a", "include b\n"}, {"/etc/b", service()}});
  EXPECT_THAT(ids(config), ElementsAre("ftp/tcp"));
}

TEST(XinetdIncludes, ADirectoryIsReadWithoutNamesThatHaveADotOrEndInATilde) {
  Files files{{"/d/b", service()},     {"/d/Z", service("", "telnet")},
              {"/d/b~", "x"},          {"/d/a.bak", "x"},
              {"/d/.x", "x"},          {"/d/my.service", "x"},
              {"/d/deeper/x", "x y z"}};
  for (const char* line : {"includedir /d\n", "includedir /d/\n"}) {
    const auto config = parse_xinetd(line, files);
    EXPECT_THAT(ids(config), ElementsAre("telnet/tcp", "ftp/tcp"));
    EXPECT_THAT(judgements(config.diagnostics),
                ElementsAre("note 1:12 skipped", "note 1:12 skipped", "note 1:12 skipped",
                            "note 1:12 skipped"));
  }
}

TEST(XinetdIncludes, WhatIsMissingIsToldAtTheDirective) {
  for (const char* line : {"include /a\n", "includedir /a\n"}) {
    const auto config = parse_xinetd(line + service());
    EXPECT_THAT(config.diagnostics.at(0).at.line, 1);
    EXPECT_THAT(config.diagnostics.at(0).slug, "file");
    EXPECT_THAT(ids(config), ElementsAre("ftp/tcp"));
  }
  EXPECT_THAT(judgements(parse_xinetd("include\n").diagnostics), ElementsAre("error 1:8 include"));
  EXPECT_THAT(judgements(parse_xinetd("include /a b\n", {{"/a", ""}}).diagnostics),
              ElementsAre("error 1:12 block"));
}

TEST(XinetdIncludes, ACircleEndsAtOnce) {
  const auto own = parse_xinetd("include f\n" + service());
  EXPECT_THAT(judgements(own.diagnostics), ElementsAre("error 1:9 include"));
  EXPECT_THAT(ids(own), ElementsAre("ftp/tcp"));
  FakeIncludes includes({{"/a", "include /b\n"}, {"/b", "include /a\n"}});
  const auto circle = parse_xinetd_conf("include /a\n", "f", {}, FixedNames(), includes);
  EXPECT_THAT(texts(circle.diagnostics),
              ElementsAre("/b:1:9: error: /a includes itself [include]"));
  EXPECT_EQ(includes.reads, 2);
}

TEST(XinetdIncludes, FilesAreReadOnceAndNotTooDeep) {
  Files files;
  for (int i = 0; i < 30; ++i) {  // each asks for the next twice: 2^30 readings
    const auto next = "include /" + std::to_string(i + 1) + "\n";
    files["/" + std::to_string(i)] = next + next;
  }
  FakeIncludes includes(files);
  const auto config = parse_xinetd_conf("include /0\n", "f", {}, FixedNames(), includes);
  EXPECT_EQ(static_cast<std::size_t>(includes.reads), kDeepestInclude);
  EXPECT_TRUE(has_errors(config.diagnostics));
  const auto twice = parse_xinetd("includedir /d\nincludedir /d\n", {{"/d/a", service()}});
  EXPECT_THAT(judgements(twice.diagnostics), ElementsAre("warning 2:12 include"));
  EXPECT_THAT(ids(twice), ElementsAre("ftp/tcp"));
}

TEST(XinetdIncludes, ABlockDoesNotGoOnInAnotherFile) {
  const auto config =
      parse_xinetd("service ftp\n{\ninclude /a\n", {{"/a", "socket_type = stream\n}\n"}});
  EXPECT_THAT(texts(config.diagnostics),
              ElementsAre("f:3:1: error: the block that begins at f:1 has no \"}\" before here "
                          "[block]",
                          "/a:1:1: error: \"socket_type\" stands outside of a block: xinetd passes "
                          "over it, and over the entry after it [outside-block]",
                          "/a:2:1: warning: there is no block that this \"}\" would close "
                          "[block]"));
  EXPECT_THAT(config.services, IsEmpty());
}

std::string defaults(const std::string& lines) {
  return block("defaults", lines);
}

TEST(XinetdDefaults, HoldWhereAServiceSaysNothing) {
  const auto config = parse_xinetd(
      defaults("umask = 077\ninstances = 60\nbind = 127.0.0.1\npassenv = TZ\ngroups = yes\n") +
      service() +
      service("umask = 022\ninstances = UNLIMITED\nbind = 10.0.0.1\npassenv =\n"
              "groups = no\n",
              "telnet"));
  ASSERT_EQ(config.services.size(), 2U);
  EXPECT_EQ(describe_xinetd(config.services[0]),
            "ftp/tcp@127.0.0.1 nowait user=root program=/bin/x [x] instances=60 pass=TZ umask=63 "
            "refuse");
  EXPECT_EQ(describe_xinetd(config.services[1]),
            "telnet/tcp@10.0.0.1 nowait user=root program=/bin/x [x] instances=0 groups=none "
            "umask=18");
  EXPECT_THAT(judgements(config.diagnostics), IsEmpty());
}

TEST(XinetdDefaults, ListsAreAddedToAndTakenFrom) {
  const auto config = parse_xinetd(
      defaults("log_on_success = PID HOST\nlog_on_success = EXIT\n") + service() +
      service("log_on_success += DURATION\nlog_on_success -= PID HOST\n", "telnet") +
      service("log_on_success = HOST\n", "finger") + service("log_on_success =\n", "auth"));
  ASSERT_EQ(config.services.size(), 4U);
  EXPECT_THAT(config.services[0].more->log_on_success, ElementsAre("EXIT", "HOST", "PID"));
  EXPECT_THAT(config.services[1].more->log_on_success, ElementsAre("DURATION", "EXIT"));
  EXPECT_THAT(config.services[2].more->log_on_success, ElementsAre("HOST"));
  EXPECT_THAT(config.services[3].more->log_on_success, IsEmpty());
}

TEST(XinetdDefaults, ARestrictionHoldsForTheHeirsThatHaveNoneOfTheirOwn) {
  const auto config =
      parse_xinetd(defaults("only_from = 10.0.0.0\nno_access = 10.1.2.3\n") + service() +
                   service("only_from = 0.0.0.0\nno_access =\n", "telnet") + service("", "finger"));
  EXPECT_THAT(config.diagnostics, IsEmpty());
  ASSERT_EQ(config.services.size(), 3U);
  EXPECT_THAT(*config.services[0].more->allow, ElementsAre("10.0.0.0/8"));
  EXPECT_THAT(config.services[0].more->deny, ElementsAre("10.1.2.3"));
  EXPECT_EQ(config.services[0].admission_at->deny.line, 4);
  EXPECT_FALSE(config.services[1].more->allow);
  EXPECT_THAT(config.services[1].more->deny, IsEmpty());
  EXPECT_THAT(*config.services[2].more->allow, ElementsAre("10.0.0.0/8"));
  const auto open =
      parse_xinetd(defaults("only_from = 10.0.0.0\n") + service("only_from = 0.0.0.0\n"));
  EXPECT_THAT(open.diagnostics, IsEmpty());
}

TEST(XinetdDefaults, ABadOneThatRestrictsLeavesItsHeirsOut) {
  struct Row {
    const char* line;
    bool is_served;
    const char* judgement;
  };
  for (const auto& [line, is_served, judgement] :
       {Row{"only_from = 10.0.0.0/40\n", false, "error 3:13 access"},
        Row{"instances = x\n", false, "error 3:13 number"},
        Row{"umask = 9\n", false, "error 3:9 number"},
        Row{"only_form = 10.0.0.0\n", false, "error 3:1 attribute"},
        Row{"umask 077\n", false, "error 3:7 operator"},
        Row{"log_type = PIPE x\n", true, "error 3:12 log"},
        Row{"banner = a b\n", true, "warning 3:12 value"},
        Row{"socket_type = dgram\n", true, "warning 3:1 defaults"},
        Row{"nonsense = 1\n", true, "warning 3:1 attribute"}}) {
    const auto config = parse_xinetd(defaults(line) + service());
    EXPECT_EQ(config.services.size(), is_served ? 1U : 0U) << line;
    EXPECT_THAT(judgements(config.diagnostics), ElementsAre(judgement)) << line;
  }
  const auto own = parse_xinetd(defaults("umask = 9\n") + service("umask = 022\n"));
  EXPECT_EQ(own.services.size(), 1U);
  const auto added =
      parse_xinetd(defaults("only_from = 1.2\n") + service("only_from -= 0.0.0.0\n"));
  EXPECT_THAT(added.services, IsEmpty());
}

TEST(XinetdDefaults, WhatXinetdPassesOverThereHoldsHere) {
  const auto config =
      parse_xinetd(defaults("nice = 5\nuser = ftp\nflags = NODELAY\nv6only = yes\nenv = A=1\n") +
                   block("service ftp", "socket_type = stream\nwait = no\nserver = /bin/x\n"));
  ASSERT_EQ(config.services.size(), 1U);
  EXPECT_EQ(describe_xinetd(config.services[0]),
            "ftp/tcp6 nowait user=ftp program=/bin/x [x] groups=none env=all env:A=1 nice=5 "
            "nodelay");
  EXPECT_THAT(judgements(config.diagnostics),
              ElementsAre("warning 3:1 defaults", "warning 4:1 defaults", "warning 5:1 defaults",
                          "warning 6:1 xinetd-differs", "warning 7:1 defaults"));
  const auto times = parse_xinetd(defaults("access_times = 8:00-9:00\n") + service());
  ASSERT_EQ(times.services.size(), 1U);
  EXPECT_THAT(times.services[0].more->access_times, ElementsAre("8:00-9:00"));
  EXPECT_EQ(times.services[0].admission_at->access_times.text(), "f:3:1");
}

TEST(XinetdDefaults, ListsHoldForTheServicesAboveToo) {
  const auto config = parse_xinetd(service() + defaults("passenv = TZ\numask = 077\n"));
  EXPECT_THAT(judgements(config.diagnostics), ElementsAre("warning 10:1 xinetd-differs"));
  EXPECT_THAT(config.services.at(0).more->pass_env, ElementsAre("TZ"));
  EXPECT_EQ(config.services.at(0).more->umask, 077U);
}

TEST(XinetdDefaults, OnlyTheFirstCount) {
  const auto config = parse_xinetd(defaults("umask = 077\n") + defaults("umask = 0\n") + service());
  EXPECT_THAT(judgements(config.diagnostics), ElementsAre("warning 5:1 defaults"));
  EXPECT_EQ(config.services.at(0).more->umask, 077U);
}

TEST(XinetdDisabled, ServicesAreNotWrittenAndTheirErrorsAreWarnings) {
  const auto config = parse_xinetd(service("disable = yes\nonly_from = 10.0.0.0\nnice = x\n") +
                                   service("", "telnet"));
  EXPECT_THAT(ids(config), ElementsAre("telnet/tcp"));
  EXPECT_EQ(config.services_written, 1U);
  EXPECT_THAT(judgements(config.diagnostics), ElementsAre("warning 9:8 number"));
  const auto broken = parse_xinetd("service ftp\n{\ndisable = yes\numask 077\n");
  EXPECT_THAT(judgements(broken.diagnostics),
              ElementsAre("warning 4:7 operator", "warning 4:10 block"));
  EXPECT_EQ(broken.services_written, 0U);
}

TEST(XinetdDisabled, ListsNameIds) {
  const auto three = service() + service("id = shell\n", "telnet") + service("", "finger");
  EXPECT_THAT(ids(parse_xinetd(defaults("disabled = shell ftp\n") + three)),
              ElementsAre("finger/tcp"));
  EXPECT_THAT(ids(parse_xinetd(defaults("enabled = shell\nenabled = ftp\n") + three)),
              ElementsAre("ftp/tcp", "shell"));
  EXPECT_THAT(ids(parse_xinetd(defaults("enabled =\n") + three)), IsEmpty());
  EXPECT_THAT(ids(parse_xinetd(defaults("enabled = ftp\n") + service("disable = yes\n"))),
              IsEmpty());
  const auto slip = parse_xinetd(defaults("disabled = telnet fingr\n") + three);
  EXPECT_THAT(judgements(slip.diagnostics),
              ElementsAre("warning 3:12 defaults", "warning 3:19 defaults"));
  EXPECT_EQ(slip.diagnostics[1].hint, "did you mean \"finger\"?");
}

}  // namespace
}  // namespace uvinetd::testing
