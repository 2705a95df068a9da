// SPDX-License-Identifier: ISC
// A launcher that is killed between the birth of a child and its exec.
#include <sys/ptrace.h>

#include "tests/pure/spawn/launcher_ring.h"

namespace uvinetd {
namespace {

using namespace test;

class LauncherKillTest : public LauncherRing {
 protected:
  // The launcher stops when it has made a child, and the child before its first instruction.
  // Returns the child's pid, 0 where nothing can be traced.
  pid_t stop_at_birth() {
    int status = 0;
    EXPECT_EQ(waitpid(pid_, &status, __WALL), pid_);
    unsigned long child = 0;
    if (ptrace(PTRACE_GETEVENTMSG, pid_, nullptr, &child) != 0) return 0;
    EXPECT_EQ(waitpid(static_cast<pid_t>(child), &status, __WALL), static_cast<pid_t>(child));
    return static_cast<pid_t>(child);
  }
};
INSTANTIATE_TEST_SUITE_P(Each, LauncherKillTest, each_spawner(), spawner_name);

TEST_P(LauncherKillTest, ItsChildServesAllTheSameAndTheLedgerOfCloneKnowsIt) {
  start({shell_service(1, "echo hello")});
  if (ptrace(PTRACE_SEIZE, pid_, nullptr, PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE) != 0) {
    GTEST_SKIP() << "no tracing here";
  }
  const auto client = launch(1, 1);
  const auto child = stop_at_birth();
  ASSERT_GT(child, 1);
  const bool is_clone = GetParam() == SpawnerKind::Clone;
  EXPECT_EQ(ledger_.has_certain_pids(), is_clone);
  const auto entry = ledger_.find(1);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->state, SlotState::Starting);
  EXPECT_EQ(entry->child.pid, is_clone ? child : 0);
  ASSERT_EQ(kill(pid_, SIGKILL), 0);
  EXPECT_EQ(wait_for_end(), SIGKILL);
  if (Channel::keeps_peeked()) {
    // The launch was not dropped yet: whoever holds the queue finds it, and the ledger tells that
    // it has a child.
    const auto left = Channel(std::move(launcher_end_)).receive();
    ASSERT_EQ(left.event, Channel::Event::Message);
    EXPECT_EQ(parse_as<Launch>(left.message.body)->id, 1U);
    EXPECT_EQ(left.message.fds.size(), 1U);
  }
  drop_launcher_end();
  EXPECT_EQ(ptrace(PTRACE_DETACH, child, nullptr, nullptr), 0);
  EXPECT_EQ(read_to_end(client.get()), "hello\n");
}

}  // namespace
}  // namespace uvinetd
