// SPDX-License-Identifier: ISC
#include "core/config/load/wrapping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spawn/settings/relay.h"
#include "tests/pure/config/temporary_directory.h"

namespace uvinetd::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Wrapped : public ::testing::Test {
 protected:
  Wrapped() {
    options_.tcpd_paths = {directory_.path_of("absent"), "/bin/sh"};  // one that can be executed
    spec_.id = "finger/tcp";
    spec_.listen.push_back({});
    spec_.program = "/usr/sbin/in.fingerd";
    spec_.argv = {"in.fingerd", "-w"};
    spec_.at.line = 3;
  }

  // "error libwrap" for each thing that is said; `is_served` tells whether the service is left.
  std::vector<std::string> said() {
    std::vector<ServiceSpec> services{spec_};
    diagnostics_.clear();
    wrap_services(options_, services, diagnostics_);
    is_served_ = !services.empty();
    if (is_served_) wrapped_ = services.front();
    std::vector<std::string> out;
    for (const auto& each : diagnostics_) {
      out.push_back(std::string(severity_name(each.severity)) + " " + each.slug);
    }
    return out;
  }
  void name(const std::string& name) {
    spec_.more.edit().libwrap = name;
    spec_.admission_at.edit().libwrap.line = 7;
  }
  bool is_wrapped() { return said().empty() && is_served_ && wrapped_.program == "/bin/sh"; }
  bool is_untouched() { return said().empty() && is_served_ && wrapped_ == spec_; }
  bool is_left_out(const char* slug = "libwrap") {
    return said() == std::vector<std::string>{std::string("error ") + slug} && !is_served_;
  }

  TemporaryDirectory directory_;
  LoadOptions options_;
  ServiceSpec spec_;
  ServiceSpec wrapped_;
  Diagnostics diagnostics_;
  bool is_served_ = false;
};

TEST_F(Wrapped, IsNobodyWhoDoesNotAsk) {
  EXPECT_TRUE(is_untouched());
}

TEST_F(Wrapped, IsWhoHasAName) {
  name("in.fingerd");
  ASSERT_TRUE(is_wrapped());
  EXPECT_THAT(wrapped_.argv, ElementsAre("/usr/sbin/in.fingerd", "-w"));
}

TEST_F(Wrapped, IsEveryProgramByOption) {
  options_.wraps_programs = true;
  EXPECT_TRUE(is_wrapped());
  spec_.listen.clear();  // reached through the multiplexer
  EXPECT_TRUE(is_wrapped());
  options_.wraps_programs = false;
  options_.wraps_builtins = true;
  EXPECT_TRUE(is_untouched());
}

TEST_F(Wrapped, OneThatIsTcpdAlreadyIsNotWrappedAgain) {
  spec_.program = "/usr/sbin/tcpd";
  spec_.argv = {"/usr/sbin/in.fingerd"};
  options_.wraps_programs = true;
  EXPECT_TRUE(is_untouched());
  name("in.fingerd");
  EXPECT_TRUE(is_untouched());
  name("fingerd");
  EXPECT_TRUE(is_left_out());
}

TEST_F(Wrapped, ABuiltinCannotBe) {
  spec_.program.clear();
  spec_.argv.clear();
  spec_.internal = "echo";
  options_.wraps_programs = true;
  EXPECT_TRUE(is_untouched());
  options_.wraps_builtins = true;
  EXPECT_TRUE(is_left_out());
  EXPECT_THAT(diagnostics_[0].hint, HasSubstr("\"allow\" and \"deny\""));
  EXPECT_EQ(diagnostics_[0].at.line, 3);
  spec_.listen[0].kind = SocketKind::UnixStream;  // nobody there has a host
  EXPECT_TRUE(is_untouched());
  options_.wraps_builtins = false;
  name("echo");
  EXPECT_TRUE(is_left_out());
  EXPECT_EQ(diagnostics_[0].at.line, 7);
}

TEST_F(Wrapped, WhatSaysWhetherAServiceIsHealthySeesNoClientsHost) {
  spec_.internal = kHealth;
  options_.wraps_programs = true;
  EXPECT_TRUE(is_untouched());
  name("in.fingerd");
  EXPECT_TRUE(is_left_out());
}

TEST_F(Wrapped, ASensorServesNobody) {
  spec_.more.edit().is_sensor = true;
  options_.wraps_programs = true;
  options_.wraps_builtins = true;
  EXPECT_TRUE(is_untouched());
  spec_.program.clear();
  spec_.argv.clear();
  EXPECT_TRUE(is_untouched());
}

TEST_F(Wrapped, AUnixSocketHasNoHosts) {
  spec_.listen[0].kind = SocketKind::UnixStream;
  options_.wraps_programs = true;
  EXPECT_TRUE(is_untouched());
  name("in.fingerd");
  EXPECT_TRUE(is_left_out());
}

TEST_F(Wrapped, AServerThatAcceptsCannotBe) {
  spec_.mode = Mode::Wait;
  name("in.fingerd");
  EXPECT_TRUE(is_left_out());
  // By the option, and where xinetd asks of itself, it is as there: nobody is kept out, and told.
  spec_.admission_at = {};
  EXPECT_THAT(said(), ElementsAre("warning libwrap"));
  EXPECT_EQ(wrapped_, spec_);
  spec_.more = {};
  options_.wraps_programs = true;
  EXPECT_THAT(said(), ElementsAre("warning libwrap"));
  EXPECT_EQ(wrapped_, spec_);
}

TEST_F(Wrapped, ADatagramServerIsJudgedByItsFirstClient) {
  spec_.listen[0].kind = SocketKind::Udp;
  spec_.mode = Mode::Wait;
  name("in.fingerd");
  EXPECT_THAT(said(), ElementsAre("note libwrap"));
  EXPECT_EQ(wrapped_.program, "/bin/sh");
  spec_.mode = Mode::Nowait;
  EXPECT_TRUE(is_wrapped());
}

TEST_F(Wrapped, ItsNameIsThatOfItsProgram) {
  name("fingerd");
  EXPECT_TRUE(is_left_out());
  name("in.fingerd");
  spec_.argv[0] = "/usr/sbin/in.fingerd";
  EXPECT_TRUE(is_wrapped());
  spec_.argv[0] = "fingerd";
  EXPECT_TRUE(is_left_out());
  options_.wraps_programs = true;
  spec_.more = {};
  EXPECT_TRUE(is_left_out());
}

TEST_F(Wrapped, WhatTcpdWouldTakeAwayIsNotTakenAway) {
  name("in.fingerd");
  spec_.more.edit().umask = 022;
  EXPECT_TRUE(is_wrapped());
  spec_.more.edit().umask = 077;
  EXPECT_TRUE(is_left_out());
  spec_.more.edit().umask.reset();
  spec_.more.edit().chroot = "/srv";
  EXPECT_TRUE(is_left_out());
  spec_.more.edit().chroot.clear();
  spec_.more.edit().proxy_protocol = true;
  EXPECT_TRUE(is_left_out());
}

TEST_F(Wrapped, WithoutTcpdThereIsNoService) {
  options_.tcpd_paths.pop_back();
  name("in.fingerd");
  EXPECT_TRUE(is_left_out("tcpd"));
  EXPECT_THAT(diagnostics_[0].hint, HasSubstr("package tcpd"));
}

TEST_F(Wrapped, IsNeverStartedWarm) {
  name("in.fingerd");
  options_.start = StartBy::Zygote;
  ASSERT_TRUE(is_wrapped());
  EXPECT_FALSE(wants_warm_start(wrapped_, options_.start));
  spec_.more.edit().start = StartBy::Zygote;
  EXPECT_THAT(said(), ElementsAre("warning no-zygote"));
  EXPECT_FALSE(wants_warm_start(wrapped_, options_.start));
}

}  // namespace
}  // namespace uvinetd::testing
