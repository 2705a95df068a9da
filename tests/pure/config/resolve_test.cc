// SPDX-License-Identifier: ISC
// What a specification asks for beyond an inetd.conf, looked up.
#include "core/config/load/resolve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/connection_activity.h"
#include "tests/pure/config/conf.h"
#include "tests/pure/config/fake_name_service.h"

namespace uvinetd::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

ServiceSpec spec_of_ann() {
  return parse("ftp stream tcp4 nowait ann /bin/x\n").services.at(0);
}

LoadedConfig resolve(ServiceSpec spec) {
  const FakeNameService service;
  LookupHelper helper(service);
  LoadedConfig out;
  (void)resolve_services({std::move(spec)}, LoadOptions(), helper, out);
  return out;
}

TEST(Groups, AreTheUsersOwnByDefault) {
  EXPECT_THAT(resolve(spec_of_ann()).services.at(0).identity.groups, ElementsAre(27, 100, 1001));
}

TEST(Groups, NoneLeavesTheGroupOfTheProcess) {
  auto spec = spec_of_ann();
  spec.more.edit().groups_from = GroupsFrom::None;
  EXPECT_THAT(resolve(spec).services.at(0).identity.groups, ElementsAre(1001));
}

TEST(Groups, AListTakesThePlaceOfTheUsersOwn) {
  auto spec = spec_of_ann();
  spec.more.edit().groups_from = GroupsFrom::List;
  spec.more.edit().groups = {"staff", "4711"};
  EXPECT_THAT(resolve(spec).services.at(0).identity.groups, ElementsAre(50, 1001, 4711));
}

TEST(Groups, OneThatDoesNotExistLeavesTheServiceOut) {
  auto spec = spec_of_ann();
  spec.more.edit().groups_from = GroupsFrom::List;
  spec.more.edit().groups = {"ghosts"};
  const auto loaded = resolve(spec);
  EXPECT_THAT(loaded.services, IsEmpty());
  ASSERT_EQ(loaded.diagnostics.size(), 1U);
  EXPECT_EQ(loaded.diagnostics[0].slug, "unknown-group");
}

TEST(Limits, OfClientsThatNobodySeesLeaveTheServiceOut) {
  const auto sees = [](const char* type, auto&& edit) {
    auto spec = parse(std::string("2121 ") + type + " ann /bin/x\n").services.at(0);
    edit(spec);
    const auto loaded = resolve(spec);
    EXPECT_EQ(loaded.services.empty(), !loaded.diagnostics.empty());
    for (const auto& said : loaded.diagnostics) EXPECT_EQ(said.slug, "limit");
    return !loaded.services.empty();
  };
  const auto at_once = [](ServiceSpec& spec) { spec.instances_per_source = 1; };
  const auto per_minute = [](ServiceSpec& spec) { spec.source_starts_per_minute = 1; };
  const auto bucket = [](ServiceSpec& spec) {
    spec.more.edit().rate_per_source = Rate{1, std::chrono::seconds(1), 1};
  };
  EXPECT_TRUE(sees("stream tcp4 nowait", at_once));
  EXPECT_TRUE(sees("stream tcp4 nowait", per_minute));
  EXPECT_TRUE(sees("stream tcp4 nowait", bucket));
  EXPECT_FALSE(sees("stream tcp4 wait", at_once));
  EXPECT_FALSE(sees("stream tcp4 wait", per_minute));
  EXPECT_FALSE(sees("stream tcp4 wait", bucket));
  EXPECT_FALSE(sees("dgram udp4 nowait", bucket));
  EXPECT_TRUE(sees("dgram udp4 nowait", [](ServiceSpec& spec) { spec.instances_per_source = 0; }));
}

TEST(Limits, OfSilenceAreForConnectionsOfServersWhereTheSystemTells) {
  for (const bool is_start : {true, false}) {
    const auto judged = [&](const char* line, std::chrono::seconds time) {
      auto spec = parse(line).services.at(0);
      auto& more = spec.more.edit();
      (is_start ? more.start_timeout : more.idle_timeout) = time;
      return !resolve(spec).services.empty();
    };
    const std::chrono::seconds one(1);
    EXPECT_EQ(judged("2121 stream tcp4 nowait ann /bin/x\n", one), kSeesActivity);
    EXPECT_TRUE(judged("2121 stream tcp4 nowait ann /bin/x\n", {}));
    EXPECT_FALSE(judged("2121 stream tcp4 wait ann /bin/x\n", one));
    EXPECT_FALSE(judged("2121 dgram udp4 nowait ann /bin/x\n", one));
    EXPECT_FALSE(judged("echo stream tcp4 nowait root internal\n", one));
  }
}

TEST(Limits, ASensorNeedsNobodyToRunAs) {
  auto spec = spec_of_ann();
  spec.user = "ghost";
  spec.more.edit().is_sensor = true;
  EXPECT_EQ(resolve(spec).services.size(), 1U);
}

}  // namespace
}  // namespace uvinetd::testing
