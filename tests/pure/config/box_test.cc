// SPDX-License-Identifier: ISC
// The parts of a box: their words, and what is said of those that cannot be had.
#include "core/config/load/box.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "core/config/load/box_resolver.h"
#include "core/config/load/call_filter.h"
#include "core/config/load/control_groups.h"
#include "core/config/load/rooted_file.h"
#include "spawn/capability.h"
#include "spawn/child_steps.h"
#include "spawn/io_priority.h"
#include "spawn/path_rights.h"

namespace uvinetd {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Folder {
 public:
  Folder() {
    char name[] = "/tmp/uvinetd-box-XXXXXX";
    path_ = ::mkdtemp(name);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  void file(const std::string& name, const std::string& text, mode_t mode = 0755) const {
    std::ofstream(path_ + name, std::ios::binary) << text;
    ::chmod((path_ + name).c_str(), mode);
  }
  void folder(const std::string& name) const { std::filesystem::create_directories(path_ + name); }
  void link(const std::string& name, const std::string& target) const {
    std::filesystem::create_symlink(target, path_ + name);
  }

 private:
  std::string path_;
};

TEST(RootedFile, LinksAreFollowedInsideTheRoot) {
  const Folder root;
  root.folder("/usr/bin");
  root.file("/usr/bin/x", "");
  root.link("/bin", "/usr/bin");
  root.link("/up", "../../../../usr");
  root.link("/loop", "loop");
  root.link("/gone", "/nowhere");
  const auto inside = [&](const char* path) { return resolve_inside(root.path(), path); };
  EXPECT_EQ(inside("/bin/x"), "/usr/bin/x");
  EXPECT_EQ(inside("/up/bin/./x"), "/usr/bin/x");
  EXPECT_EQ(inside("//usr//bin/../bin/x"), "/usr/bin/x");
  EXPECT_EQ(inside("/../../usr"), "/usr");
  EXPECT_EQ(inside("/"), "/");
  EXPECT_EQ(inside("/usr/bin/y"), std::nullopt);
  EXPECT_EQ(inside("/etc/passwd"), std::nullopt);
  EXPECT_EQ(inside("/loop"), std::nullopt);
  EXPECT_EQ(inside("/gone"), std::nullopt);
  EXPECT_EQ(resolve_inside("", root.path() + "/bin/x"), std::nullopt);  // there: the host's /usr
}

TEST(RootedFile, WhatAProgramIsRunByIsFollowed) {
  const Folder root;
  root.file("/plain", "\x01");
  root.file("/script", "#!/run -x\n");
  root.file("/run", "#! /plain\n");
  root.file("/lost", "#!/none\n");
  root.file("/data", "", 0644);
  root.file("/self", "#!/self\n");
  root.file("/torn", "\177ELF");
  const auto of = [&](const char* program) { return executables_of(root.path(), program); };
  EXPECT_THAT(of("/script").files, ElementsAre("/script", "/run", "/plain"));
  EXPECT_EQ(of("/script").missing, "");
  EXPECT_EQ(of("/lost").missing, "/none");
  EXPECT_EQ(of("/data").missing, "/data");
  EXPECT_EQ(of("/absent").missing, "/absent");
  EXPECT_THAT(of("/torn").files, ElementsAre("/torn"));
  EXPECT_LE(of("/self").files.size(), 5U);
}

TEST(RootedFile, ADynamicProgramNeedsItsLinker) {
  const auto found = executables_of("", "/proc/self/exe");
  EXPECT_EQ(found.missing, "");
  EXPECT_GE(found.files.size(), 1U);
}

TEST(RootedFile, BelowIsByWholeNames) {
  EXPECT_TRUE(is_below("/a/b", "/a"));
  EXPECT_TRUE(is_below("/a", "/a"));
  EXPECT_TRUE(is_below("/a", "/"));
  EXPECT_FALSE(is_below("/ab", "/a"));
  EXPECT_FALSE(is_below("/a", "/a/b"));
}

TEST(ControlGroups, TheHierarchyIsFoundAmongTheMounts) {
  EXPECT_EQ(control_group_mount_in(
                "24 1 0:22 / /proc rw - proc proc rw\n"
                "29 1 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw\n"),
            "/sys/fs/cgroup");
  EXPECT_EQ(control_group_mount_in("24 1 0:22 / /proc rw - proc proc rw\n"), "");
  EXPECT_EQ(control_group_mount_in(" - cgroup2 \n"), "");
  EXPECT_EQ(control_group_mount_in(""), "");
}

TEST(ControlGroups, APathStaysBelowTheHierarchy) {
  const auto path = [](const char* written) { return control_group_path(written, "finger/tcp"); };
  EXPECT_EQ(path("auto"), "uvinetd/finger_tcp");
  EXPECT_EQ(path("a/b"), "a/b");
  EXPECT_EQ(path("/a"), "a");
  for (const char* bad : {"", "/", "a//b", "a/", "..", "a/../b", "./a", "//a"}) {
    EXPECT_EQ(path(bad), std::nullopt) << bad;
  }
  EXPECT_EQ(control_group_path("auto", ".."), std::nullopt);
}

TEST(Capabilities, HaveNamesInAnyCase) {
  EXPECT_EQ(capability_from_name("cap_chown"), 0U);
  EXPECT_EQ(capability_from_name("CAP_NET_BIND_SERVICE"), 10U);
  EXPECT_EQ(capability_from_name("sys_admin"), 21U);
  EXPECT_EQ(capability_from_name("cap_checkpoint_restore"), 40U);
  for (const char* bad : {"", "cap_", "chwon", "cap_cap_chown"}) {
    EXPECT_EQ(capability_from_name(bad), std::nullopt) << bad;
  }
}

TEST(IoPriorities, AreWordsAndBack) {
  for (const char* text : {"idle", "best-effort", "best-effort:0", "best-effort:7", "realtime:3"}) {
    const auto priority = parse_io_priority(text);
    ASSERT_TRUE(priority) << text;
    EXPECT_EQ(print_io_priority(*priority), text);
  }
  EXPECT_EQ(parse_io_priority("idle"), 3U << 13U);
  EXPECT_TRUE(is_realtime_io(*parse_io_priority("realtime")));
  EXPECT_FALSE(is_realtime_io(*parse_io_priority("best-effort:0")));
  for (const char* bad : {"", "idle:0", "best-effort:", "best-effort:8", "best-effort:10", "rt"}) {
    EXPECT_EQ(parse_io_priority(bad), std::nullopt) << bad;
  }
  EXPECT_EQ(print_io_priority(0), "");
}

// A right that a newer kernel knows is asked for there, and nowhere else.
TEST(PathRights, GrowWithTheVersion) {
  EXPECT_EQ(all_path_rights(0), 0U);
  for (int version = 1; version < 9; ++version) {
    EXPECT_EQ(all_path_rights(version - 1) & ~all_path_rights(version), 0U) << version;
  }
  EXPECT_EQ(all_path_rights(1), 0x1fffU);
  EXPECT_EQ(all_path_rights(3), 0x7fffU);
  EXPECT_EQ(all_path_rights(7), 0xffffU);
}

#ifdef UVINETD_CALL_FILTERS
TEST(CallFilter, IsCompiledOfNames) {
  const auto some = compile_call_filter({true, {"read", "write"}, OnForbiddenCall::Fail});
  ASSERT_TRUE(some);
  EXPECT_GT(some->size(), 5U);
  EXPECT_TRUE(compile_call_filter({true, {}, OnForbiddenCall::Kill}));
  EXPECT_TRUE(compile_call_filter({true, {"read", "read", "execve"}, OnForbiddenCall::Fail}));
  EXPECT_TRUE(compile_call_filter({false, {"ptrace"}, OnForbiddenCall::Fail}));
  const auto none = compile_call_filter({false, {"read", "raed"}, OnForbiddenCall::Fail});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().subject, "raed");
}

TEST(CallFilter, KnowsTheCallsOfThisProcessor) {
  const auto names = system_call_names();
  EXPECT_GT(names.size(), 200U);
  for (const auto& name : names) EXPECT_TRUE(is_system_call(name)) << name;
  EXPECT_FALSE(is_system_call(""));
  EXPECT_TRUE(is_always_allowed("execve"));
  EXPECT_FALSE(is_always_allowed("execveat"));
}

TEST(CallFilter, TakesEveryCallThereIs) {
  EXPECT_TRUE(compile_call_filter({true, system_call_names(), OnForbiddenCall::Kill}));
}
#endif

// ---- what is said of a service
// -------------------------------------------------------------------

class BoxOf : public testing::Test {
 protected:
  BoxOf() {
    service.spec.program = "/bin/sh";
    service.spec.at.line = 7;
    service.identity.uid = 1000;
    options.uid = 1000;
  }
  std::string said() {
    Diagnostics out;
    is_good = resolve_box(options, service, out);
    std::string text;
    for (const auto& each : out) {
      text +=
          std::string(severity_name(each.severity)) + " " + each.slug + " " + each.message + "\n";
    }
    return text;
  }
  ServiceOptions& more() { return service.spec.more.edit(); }

  LoadOptions options;
  LoadedService service;
  bool is_good = false;
};

TEST_F(BoxOf, NobodyWhoAsksForNothingIsEmpty) {
  more().umask = 077;
  EXPECT_EQ(said(), "");
  EXPECT_TRUE(is_good);
  EXPECT_TRUE(service.identity.box.is_default());
  EXPECT_EQ(child_box(service), BoxSettings());
}

TEST_F(BoxOf, AnOrdinaryUserHasWhatAnybodyMayHave) {
  more().nice = 19;
  more().limits = {{"core", 0, 0}, {"files", 20, 30}};
  EXPECT_EQ(said(), "");
  const auto box = child_box(service);
  EXPECT_EQ(box.nice, 19);
  EXPECT_THAT(box.limits, ElementsAre(ResourceSetting{RLIMIT_CORE, 0, 0},
                                      ResourceSetting{RLIMIT_NOFILE, 20, 30}));
  EXPECT_TRUE(service.identity.box.is_default());
}

TEST_F(BoxOf, WhatIsRootsToGiveIsRefused) {
  more().chroot = "/usr";
  EXPECT_THAT(said(), HasSubstr("error other-user only root can give a service \"chroot\""));
  EXPECT_FALSE(is_good);
}

TEST_F(BoxOf, ALimitThatNoProgramLivesWithIsRefused) {
  more().limits = {{"files", 3, 30}};
  EXPECT_THAT(said(), HasSubstr("error limits no program can be loaded"));
}

TEST_F(BoxOf, ALimitThatThisSystemLacksIsRefused) {
  more().limits = {{"moons", 3, 30}};
  EXPECT_THAT(said(), HasSubstr("error unsupported this system has no limit \"moons\""));
  EXPECT_EQ(resource_number("cpu"), static_cast<int>(RLIMIT_CPU));
  EXPECT_EQ(resource_number(""), -1);
}

TEST_F(BoxOf, APlaceIsTheKeys) {
  more().limits = {{"files", 3, 30}};
  service.spec.key_at.edit().set("limits", {nullptr, 9, 4});
  Diagnostics out;
  EXPECT_FALSE(resolve_box(options, service, out));
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(out[0].at.line, 9);
}

TEST_F(BoxOf, WhatIsOfLinuxIsRefusedElsewhere) {
  more().no_new_privs = true;
  if (kHasLinuxBoxes) {
    EXPECT_EQ(said(), "");
    EXPECT_TRUE(service.identity.box->no_new_privs);
  } else {
    EXPECT_THAT(said(), HasSubstr("error unsupported"));
  }
}

TEST(GroupConflicts, LeaveTheLaterServiceOut) {
  LoadedConfig config;
  for (const char* id : {"first", "same", "other", "elsewhere", "none"}) {
    config.services.emplace_back().spec.id = id;
  }
  for (std::size_t i = 0; i < 4; ++i) {
    auto& group = config.services[i].identity.box.edit().group;
    group.path = i == 3 ? "b" : "a";
    group.limits = {{"pids.max", i == 2 ? "9" : "5"}};
  }
  drop_group_conflicts(config);
  std::vector<std::string> ids;
  for (const auto& each : config.services) ids.push_back(each.spec.id);
  EXPECT_THAT(ids, ElementsAre("first", "same", "elsewhere", "none"));
  ASSERT_EQ(config.diagnostics.size(), 1U);
  EXPECT_THAT(config.diagnostics[0].message, HasSubstr("\"first\""));
  EXPECT_EQ(config.diagnostics[0].slug, "cgroup");
}

#ifdef UVINETD_CALL_FILTERS
TEST_F(BoxOf, CallsAreAFilterOfItsOwn) {
  more().system_calls_denied = {"ptrace"};
  EXPECT_EQ(said(), "");
  EXPECT_THAT(child_box(service).call_filter, ::testing::Not(IsEmpty()));
  more().system_calls.emplace();
  EXPECT_THAT(said(), HasSubstr("error system-call"));
}

TEST_F(BoxOf, RootsGiftsAreOfTheIdentity) {
  options.uid = 0;
  if (::geteuid() != 0) GTEST_SKIP() << "needs root: an ordinary user has no such gifts";
  more().capability_bounding = {"cap_chown", "KILL"};
  more().private_network = true;
  EXPECT_EQ(said(), "");
  EXPECT_EQ(service.identity.box->bounding, 0b100001U);
  EXPECT_TRUE(service.identity.box->private_network);
  EXPECT_EQ(child_box(service), BoxSettings());
}
#endif

}  // namespace
}  // namespace uvinetd
