// SPDX-License-Identifier: ISC
// Taking on a box: what it does to a hierarchy of control groups (a folder here), and that a part
// that cannot be had is named. What it does to servers is seen from outside (tests/process).
#include "spawn/identity_box.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "spawn/child_steps.h"
#include "tests/pure/base/in_child.h"

namespace uvinetd {
namespace {

class Hierarchy : public testing::Test {
 protected:
  Hierarchy() {
    char name[] = "/tmp/uvinetd-groups-XXXXXX";
    root = ::mkdtemp(name);
    box.group = {root, "a/b", {"pids"}, {{"pids.max", "9"}}};
  }
  ~Hierarchy() override { std::filesystem::remove_all(root); }

  void file(const std::string& name, const std::string& text = "") const {
    std::filesystem::create_directories(std::filesystem::path(root + "/" + name).parent_path());
    std::ofstream(root + "/" + name) << text;
  }
  [[nodiscard]] std::string text(const std::string& name) const {
    std::ifstream stream(root + "/" + name);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  std::string root;
  IdentityBox box;
};

TEST_F(Hierarchy, LimitsAreWrittenAndTheGroupIsOpenToJoin) {
  file("cgroup.subtree_control", "cpu pids\n");
  file("a/cgroup.subtree_control");
  file("a/b/cgroup.procs");
  file("a/b/pids.max");
  const auto group = enter_box(box);
  ASSERT_TRUE(group) << group.error().text();
  ASSERT_TRUE(group->is_open());
  EXPECT_EQ(write(group->get(), "0\n", 2), 2);
  EXPECT_EQ(text("a/b/cgroup.procs"), "0\n");
  EXPECT_EQ(text("a/b/pids.max"), "9");
  EXPECT_EQ(text("cgroup.subtree_control"), "cpu pids\n");  // had it already
  EXPECT_EQ(text("a/cgroup.subtree_control"), "+pids ");
}

TEST_F(Hierarchy, FoldersThatAreMissingAreMade) {
  file("cgroup.subtree_control", "pids");
  const auto group = enter_box(box);
  ASSERT_FALSE(group);  // a folder that is no control group gets no files by itself
  EXPECT_STREQ(group.error().op, "cgroup");
  EXPECT_TRUE(std::filesystem::is_directory(root + "/a"));
}

TEST_F(Hierarchy, ALimitThatCannotBeWrittenIsAFailure) {
  file("cgroup.subtree_control", "pids");
  file("a/cgroup.subtree_control", "pids");
  file("a/b/cgroup.procs");
  const auto group = enter_box(box);
  ASSERT_FALSE(group);
  EXPECT_STREQ(group.error().op, "cgroup");
  EXPECT_EQ(group.error().code, ENOENT);
  EXPECT_EQ(group.error().subject, root + "/a/b/pids.max");
}

TEST(IdentityBox, NoBoxIsNoStep) {
  const auto group = enter_box({});
  ASSERT_TRUE(group);
  EXPECT_FALSE(group->is_open());
  EXPECT_TRUE(seal_box({}, 0));
}

TEST(IdentityBox, ARootThatIsNotThereIsNamed) {
  IdentityBox box;
  box.root = "/nonexistent/root";
  const auto group = enter_box(box);
  ASSERT_FALSE(group);
  EXPECT_STREQ(group.error().op, "chroot");
}

int raise_too_far() {
  rlimit limit{10, 10};
  setrlimit(RLIMIT_CORE, &limit);
  IdentityBox box;
  box.ceilings = {{RLIMIT_CORE, 20, 20}};
  const auto group = enter_box(box);
  getrlimit(RLIMIT_CORE, &limit);
  if (group) return limit.rlim_max == 20 && limit.rlim_cur == 10 ? 0 : 1;  // with the privilege
  return std::string(group.error().op) == "limits" && limit.rlim_max == 10 ? 0 : 2;
}

TEST(IdentityBox, ACeilingIsRaisedOrTheStepIsNamed) {
  EXPECT_EQ(test::in_child(raise_too_far), 0);
}

#if defined(__linux__) && !defined(UVINETD_PORTABLE_BUILD)
int no_new_privileges() {
  IdentityBox box;
  box.no_new_privs = true;
  return enter_box(box) && seal_box(box, geteuid()) ? 0 : 1;
}

TEST(IdentityBox, NoNewPrivilegesIsTakenOn) {
  EXPECT_EQ(test::in_child(no_new_privileges), 0);
}
#else
TEST(IdentityBox, WhatOnlyLinuxHasIsAFailure) {
  for (const auto set : {+[](IdentityBox& box) { box.private_network = true; },
                         +[](IdentityBox& box) { box.private_tmp = true; },
                         +[](IdentityBox& box) { box.bounding = 0; },
                         +[](IdentityBox& box) { box.io_priority = 1; }}) {
    IdentityBox box;
    set(box);
    const auto group = enter_box(box);
    ASSERT_FALSE(group);
    EXPECT_EQ(group.error().code, ENOSYS);
  }
  IdentityBox box;
  box.no_new_privs = true;
  EXPECT_FALSE(seal_box(box, 1));
}
#endif

}  // namespace
}  // namespace uvinetd
