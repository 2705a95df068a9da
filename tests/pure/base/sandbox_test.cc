// SPDX-License-Identifier: ISC
#include "core/base/sandbox.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "core/base/open_descriptors.h"
#include "core/base/process.h"

namespace uvinetd {
namespace {

#if defined(__linux__) && !defined(UVINETD_PORTABLE_BUILD) && !defined(UVINETD_SANITIZED)
constexpr bool kIsFiltered = UVINETD_HAS_SECCOMP;
#else
constexpr bool kIsFiltered = false;
#endif

// Where there is no /proc, nobody may look at us, and we are nobody's root.
TEST(SandboxTest, OurDescriptorsCanBeCountedInTheBox) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  if (!OpenDescriptors::of_self().count()) GTEST_SKIP() << "not known on this system";
  const auto child = fork();
  if (child == 0) {
    constexpr uid_t kNobody = 65534;
    const auto own = OpenDescriptors::of_self();
    enter_empty_root();
    const bool is_nobody = setgid(kNobody) == 0 && setuid(kNobody) == 0;
    set_dumpable(false);
    restrict_system_calls();
    const auto late = OpenDescriptors::of_self();
    _exit(is_nobody && own.count() && !late.count() ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(SandboxTest, ThreadsCanBeMadeAndProcessesCannot) {
  const auto child = fork();
  if (child == 0) {
    restrict_system_calls();
    bool has_run = false;
    std::thread([&has_run] { has_run = true; }).join();
    const auto other = fork();
    if (other == 0) _exit(0);
    _exit(has_run && (other < 0 || !kIsFiltered) ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace uvinetd
