// SPDX-License-Identifier: ISC
#include "core/config/load/access_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "tests/pure/config/temporary_directory.h"

namespace uvinetd {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Texts = std::vector<std::string>;

class AccessCheckTest : public ::testing::Test {
 protected:
  LoadedService& service(std::optional<Texts> allow, Texts deny = {},
                         SocketKind kind = SocketKind::Tcp) {
    auto& out = config.services.emplace_back();
    out.spec.id = "service" + std::to_string(config.services.size());
    out.spec.listen = {{}};
    out.spec.listen.front().kind = kind;
    out.spec.program = "/bin/true";
    out.spec.more.edit().allow = std::move(allow);
    out.spec.more.edit().deny = std::move(deny);
    return out;
  }
  Texts served() {
    check_access(options, config);
    Texts out;
    for (const auto& each : config.services) out.push_back(each.spec.id);
    return out;
  }
  std::string write(const std::string& text) {
    const auto path = directory.path() + "/rules";
    std::ofstream(path) << text;
    chmod(path.c_str(), 0644);
    return path;
  }

  uvinetd::testing::TemporaryDirectory directory;
  LoadOptions options;
  LoadedConfig config;
};

TEST_F(AccessCheckTest, GoodRulesAreNotSpokenOf) {
  service(Texts{"10.0.0.0/8", ".example.org"}, {"10.1.0.0/16", "host.example"});
  service(Texts{"user:0"}, {"group:4"}, SocketKind::UnixStream);
  service(Texts{});
  service(std::nullopt);
  EXPECT_THAT(served(), SizeIs(4));
  EXPECT_THAT(config.diagnostics, IsEmpty());
}

TEST_F(AccessCheckTest, RulesThatAreNeverTrueAreTold) {
  service(Texts{"user:0"});
  service(Texts{"10.0.0.0/8"}, {}, SocketKind::UnixStream);
  EXPECT_THAT(served(), SizeIs(2));
  ASSERT_THAT(config.diagnostics, SizeIs(2));
  for (const auto& said : config.diagnostics) {
    EXPECT_THAT(said.message, HasSubstr("is never true"));
    EXPECT_EQ(said.severity, Severity::Warning);
  }
}

TEST_F(AccessCheckTest, AContradictionIsToldAndDenied) {
  service(Texts{"10.0.0.5/8"}, {"10.0.0.0/8"});
  EXPECT_THAT(served(), SizeIs(1));
  ASSERT_THAT(config.diagnostics, SizeIs(1));
  EXPECT_THAT(config.diagnostics[0].message, HasSubstr("it is denied"));
}

TEST_F(AccessCheckTest, AnInterfaceHasToBeThere) {
  service(std::nullopt, {"interface:none-of-ours"});
  EXPECT_THAT(served(), IsEmpty());
  EXPECT_THAT(config.diagnostics, SizeIs(1));
}

TEST_F(AccessCheckTest, AFileThatSeveralServicesNameIsReadOnce) {
  const auto path = write("10.0.0.0/40\n");
  service(std::nullopt, {"file:" + path});
  service(Texts{"file:" + path});
  service(std::nullopt);
  EXPECT_THAT(served(), ElementsAre("service3"));
  ASSERT_THAT(config.diagnostics, SizeIs(3));
  EXPECT_EQ(config.diagnostics[0].at.text(), path + ":1:1");
}

TEST_F(AccessCheckTest, AFileThatIsMissingOrNoneLeavesItsServiceOut) {
  service(std::nullopt, {"file:" + directory.path() + "/gone"});
  service(std::nullopt, {"file:" + directory.path()});
  EXPECT_THAT(served(), IsEmpty());
  EXPECT_THAT(config.diagnostics, SizeIs(4));
}

TEST_F(AccessCheckTest, IdentIsForClientsThatWeAcceptOverTcp) {
  service(std::nullopt).spec.more.edit().identify = true;
  service(std::nullopt, {}, SocketKind::UnixStream).spec.more.edit().identify = true;
  service(std::nullopt, {}, SocketKind::Udp).spec.more.edit().identify = true;
  auto& waiting = service(std::nullopt).spec;
  waiting.more.edit().identify = true;
  waiting.mode = Mode::Wait;
  EXPECT_THAT(served(), ElementsAre("service1"));
}

}  // namespace
}  // namespace uvinetd
