// SPDX-License-Identifier: ISC
#include "spawn/identity.h"

#include <grp.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "tests/pure/base/in_child.h"

namespace uvinetd {
namespace {

constexpr std::uint32_t kUid = 64'999;  // nobody's
constexpr std::uint32_t kGid = 64'998;
constexpr std::uint32_t kGuard = 64'997;

#define SKIP_UNLESS_PRIVILEGED() \
  if (!can_change_identity()) GTEST_SKIP() << "needs root to take on another identity"

std::vector<gid_t> groups_now() {
  std::vector<gid_t> groups(static_cast<std::size_t>(std::max(getgroups(0, nullptr), 0)));
  const int count = getgroups(static_cast<int>(groups.size()), groups.data());
  groups.resize(static_cast<std::size_t>(std::max(count, 0)));
  std::sort(groups.begin(), groups.end());
  return groups;
}

TEST(Identity, ChangesEverything) {
  SKIP_UNLESS_PRIVILEGED();
  EXPECT_EQ(test::in_child([] {
              if (!become({kUid, kGid, {kGid, 7}, 0})) return 1;
              uid_t real_uid = 0, effective_uid = 0, saved_uid = 0;
              gid_t real_gid = 0, effective_gid = 0, saved_gid = 0;
              getresuid(&real_uid, &effective_uid, &saved_uid);
              getresgid(&real_gid, &effective_gid, &saved_gid);
              if (real_uid != kUid || effective_uid != kUid || saved_uid != kUid) return 2;
              if (real_gid != kGid || effective_gid != kGid || saved_gid != kGid) return 3;
              return groups_now() == std::vector<gid_t>{7, kGid} ? 0 : 4;
            }),
            0);
}

TEST(Identity, ReplacesTheGroupsItCameWith) {
  SKIP_UNLESS_PRIVILEGED();
  EXPECT_EQ(test::in_child([] {
              const gid_t before[] = {0, 4, 24};
              if (setgroups(3, before) != 0) return 1;
              if (!become({kUid, kGid, {}, 0})) return 2;
              return groups_now().empty() ? 0 : 3;
            }),
            0);
}

TEST(Identity, KeepsTheGuardAsTheSavedGidUntilExec) {
  SKIP_UNLESS_PRIVILEGED();
  EXPECT_EQ(test::in_child([] {
              if (!become({kUid, kGid, {kGid}, kGuard})) return 1;
              gid_t real = 0, effective = 0, saved = 0;
              getresgid(&real, &effective, &saved);
              return real == kGid && effective == kGid && saved == kGuard ? 0 : 2;
            }),
            0);
}

TEST(Identity, RootCannotBeRegained) {
  SKIP_UNLESS_PRIVILEGED();
  EXPECT_EQ(test::in_child([] {
              if (!become({kUid, kGid, {}, kGuard})) return 1;
              if (setuid(0) == 0 || seteuid(0) == 0 || setresuid(0, 0, 0) == 0) return 2;
              if (setgid(0) == 0 || setegid(0) == 0) return 3;
              const gid_t root = 0;
              if (setgroups(1, &root) == 0) return 4;
              return can_change_identity() ? 5 : 0;
            }),
            0);
}

TEST(Identity, RootMayStayRootWithOtherGroups) {
  SKIP_UNLESS_PRIVILEGED();
  EXPECT_EQ(test::in_child([] {
              if (!become({0, kGid, {kGid}, 0})) return 1;
              return getuid() == 0 && getgid() == kGid ? 0 : 2;
            }),
            0);
}

TEST(Identity, WithoutPrivilegeItSaysWhichCallFailed) {
  SKIP_UNLESS_PRIVILEGED();  // to become somebody who has none
  EXPECT_EQ(
      test::in_child([] {
        if (!become({kUid, kGid, {}, 0})) return 1;
        const auto again = become({kUid + 1, kGid, {}, 0});
        if (again) return 2;
        return again.error().code == EPERM && std::string(again.error().op) == "setgroups" ? 0 : 3;
      }),
      0);
}

}  // namespace
}  // namespace uvinetd
