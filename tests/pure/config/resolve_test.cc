// SPDX-License-Identifier: ISC
// What a specification asks for beyond an inetd.conf, looked up.
#include "core/config/load/resolve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace uvinetd::testing
