// SPDX-License-Identifier: ISC
// What a server that is started warm finds: what it finds when it is exec'd.
#include <gmock/gmock.h>

#include <array>
#include <fstream>
#include <functional>
#include <set>

#include "tests/pure/spawn/warm_start.h"

namespace uvinetd::test {
namespace {

using ::testing::Contains;
using ::testing::EndsWith;
using ::testing::HasSubstr;

const Strings kConnection = {"PROTO=TCP", "TCPREMOTEIP=192.0.2.7", "TCPREMOTEPORT=4711"};

// As it was, without the lines that no two processes have in common.
std::string warm_one(const WarmOptions& options, const Strings& variables) {
  WarmProgram warm(options);
  const auto parked = warm.parks();
  if (!parked) return parked.message();
  return warm.serve_one(variables);
}

struct StateCase {
  const char* name;
  Strings environment;
  Strings variables;
};

class WarmState : public testing::TestWithParam<StateCase> {};

TEST_P(WarmState, IsWhatExecGives) {
  const auto& [name, environment, variables] = GetParam();
  const auto argv = program({"state", "", "two words"});
  const auto expected = exec_one(argv, environment, variables);
  ASSERT_THAT(expected, HasSubstr("leads session 1 group 1"));
  EXPECT_EQ(warm_one({.argv = argv, .environment = environment}, variables), expected);
}

INSTANTIATE_TEST_SUITE_P(
    , WarmState,
    testing::Values(
        StateCase{"Plain", {"PATH=/bin", "HOME=/"}, kConnection},
        StateCase{"NoVariableAtAll", {}, {}},
        StateCase{"VariablesThatAreNotThere", {"A=1"}, {"TCPREMOTEIP=192.0.2.7"}},
        StateCase{"EmptyValues", {"A="}, {"PROTO=", "TCPREMOTEIP=", "TCPREMOTEPORT="}},
        StateCase{"TheLongestValue", {"A=1"}, {"PROTO=TCP", longest_variable()}},
        StateCase{"LikeASlotButNone", {"DOTS=" + std::string(153, '.'), "B=2"}, kConnection},
        StateCase{"PreloadOfTheUser", {"LD_PRELOAD=libm.so.6", "A=1"}, kConnection},
        StateCase{"TwoPreloads", {"LD_PRELOAD=libm.so.6:libdl.so.2"}, kConnection},
        StateCase{"BindingOfTheUser", {"LD_BIND_NOW=1", "A=1"}, kConnection},
        StateCase{"NoBindingOfTheUser", {"LD_BIND_NOW="}, kConnection},
        StateCase{"EnvironReplacedBeforeMain", {"AT_START=set x", "A=1"}, {"TCPREMOTEIP=1"}},
        StateCase{"ACopyOfTheConnection", {"AT_START=copy 7"}, kConnection},
        StateCase{"ACopyBesideTheChannel", {"AT_START=copy 4"}, kConnection},
        StateCase{"StandardErrorClosed", {"AT_START=close 2"}, kConnection},
        StateCase{"ASignalBlocked", {"AT_START=block 10"}, kConnection},
        StateCase{"AFileOpen", {"AT_START=open /etc/passwd"}, kConnection}),
    [](const auto& each) { return std::string(each.param.name); });

TEST(WarmServer, HasWorkingThreadsSignalsChildrenAndLocks) {
  EXPECT_EQ(warm_one({.argv = program({"work"})}, {}), "ok\n");
}

TEST(WarmServer, MayEndItsFirstThreadAndJoinIt) {
  EXPECT_EQ(warm_one({.argv = program({"join-main"})}, {}), "joined\n");
}

TEST(WarmServer, LeavesItsRobustLocksToOthers) {
  EXPECT_EQ(warm_one({.argv = program({"leave-lock"})}, {}), "owner died\n");
}

TEST(WarmServer, ReportsItsStatusAndTimesToTheLauncher) {
  WarmProgram warm({.argv = program({"exit", "7"})});
  ASSERT_TRUE(warm.parks());
  const auto child = warm.fork();
  EXPECT_EQ(warm.serve(child, {}), "");
  rusage used{};
  const int status = wait_for(child.pid, &used);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 7);
  const auto microseconds = used.ru_utime.tv_usec + used.ru_stime.tv_usec;
  EXPECT_GE(used.ru_utime.tv_sec * 1'000'000 + microseconds, 8'000);
}

TEST(WarmServer, ReportsTheSignalThatEndedIt) {
  WarmProgram warm({.argv = program({"die", "15"})});
  ASSERT_TRUE(warm.parks());
  const auto child = warm.fork();
  EXPECT_EQ(warm.serve(child, {}), "");
  EXPECT_EQ(WTERMSIG(wait_for(child.pid)), SIGTERM);
}

TEST(WarmServer, TalksToItsClient) {
  WarmProgram warm({.argv = program({"echo"})});
  ASSERT_TRUE(warm.parks());
  const auto child = warm.fork();
  auto connection = make_ends(SOCK_STREAM);
  ASSERT_TRUE(send_bytes(child.pair.get(), serve_message({}), {connection.theirs.get()}));
  connection.theirs.reset();
  ASSERT_EQ(write(connection.ours.get(), "hello\n", 6), 6);
  shutdown(connection.ours.get(), SHUT_WR);
  EXPECT_EQ(read_all(connection.ours.get()), "hello\n");
  EXPECT_EQ(wait_for(child.pid), 0);
}

TEST(WarmServer, PrintsOnceWhatWasBufferedBeforeMain) {
  const WarmOptions options{.argv = program({}), .environment = {"AT_START=print early"}};
  WarmProgram warm(options);
  ASSERT_TRUE(warm.parks());
  EXPECT_EQ(warm.serve_one(), "early\n");
  EXPECT_EQ(warm.serve_one(), "early\n");
  EXPECT_EQ(warm.end(), 0);
}

TEST(WarmServer, ReadsItsFilesWithAnOffsetOfItsOwn) {
  const auto path = testing::TempDir() + "uvinetd-offset-" + std::to_string(getpid());
  std::ofstream(path) << "abcdef";
  const WarmOptions options{.argv = program({"offset", "3"}),
                            .environment = {"AT_START=open " + path}};
  WarmProgram warm(options);
  ASSERT_TRUE(warm.parks());
  EXPECT_EQ(warm.serve_one(), "bcd 4\n");
  EXPECT_EQ(warm.serve_one(), "bcd 4\n");
  unlink(path.c_str());
}

// The numbers that the kernel and the C library give a process at its start, one a line.
std::set<std::string> secrets_of_children(const char* which) {
  WarmProgram warm({.argv = program({"secret", which})});
  EXPECT_TRUE(warm.parks());
  std::set<std::string> seen;
  for (int i = 0; i < 4; ++i) seen.insert(warm.serve_one());
  return seen;
}

#if defined(__x86_64__)
TEST(WarmServer, HasAStackCanaryOfItsOwn) {
  const auto seen = secrets_of_children("canary");
  EXPECT_EQ(seen.size(), 4U);
  EXPECT_THAT(seen, testing::Each(EndsWith("00\n")));
}
#endif

TEST(WarmServer, HasRandomBytesOfTheKernelOfItsOwn) {
  EXPECT_EQ(secrets_of_children("auxiliary").size(), 4U);
}

TEST(WarmServer, MayBeBehindEnv) {
  for (const unsigned hops : {1U, 2U}) {
    Strings argv(hops, "/usr/bin/env");
    for (const auto& word : program({"state"})) argv.push_back(word);
    const auto expected = exec_one(argv, {"A=1"}, kConnection);
    EXPECT_EQ(
        warm_one({.argv = argv, .environment = {"A=1"}, .wish = "main " + std::to_string(hops)},
                 kConnection),
        expected);
  }
}

TEST(WarmServer, LacksWhatEnvHasTakenOut) {
  const Strings argv = {"/usr/bin/env", "-u", "TCPREMOTEIP", "B=2", UVINETD_WARM_PROGRAM, "state"};
  const auto warm = warm_one({.argv = argv, .environment = {"A=1"}, .wish = "main 1"}, kConnection);
  EXPECT_EQ(warm.find("TCPREMOTEIP"), std::string::npos);
  EXPECT_THAT(warm, HasSubstr("variable A=1\nvariable PROTO=TCP\nvariable TCPREMOTEPORT=4711\n"));
  EXPECT_THAT(warm, HasSubstr("variable B=2\n"));
  EXPECT_EQ(warm.find("UVINETD"), std::string::npos);
}

// ---- the zygote ------------------------------------------------------------------------------

TEST(Zygote, TellsTheFilesThatItHasMappedEachOnce) {
  WarmProgram warm({.argv = program({"echo"})});
  Strings files;
  ASSERT_TRUE(warm.parks(zygote::Park::Main, &files));
  EXPECT_THAT(files, Contains(UVINETD_WARM_PROGRAM));
  EXPECT_THAT(files, Contains(UVINETD_ZYGOTE_LIBRARY));
  EXPECT_THAT(files, Contains(HasSubstr("/libc.so.6")));
  EXPECT_EQ(std::set<std::string>(files.begin(), files.end()).size(), files.size());
}

TEST(Zygote, EndsWhenItsChannelIsClosed) {
  WarmProgram warm({.argv = program({"echo"})});
  ASSERT_TRUE(warm.parks());
  EXPECT_EQ(warm.end(), 0);
}

TEST(Zygote, LeavesItsChildrenBehind) {
  WarmProgram warm({.argv = program({"state"})});
  ASSERT_TRUE(warm.parks());
  const auto child = warm.fork();
  EXPECT_EQ(warm.end(), 0);
  EXPECT_THAT(warm.serve(child, kConnection), HasSubstr("variable PROTO=TCP\n"));
  EXPECT_EQ(wait_for(child.pid), 0);
}

TEST(Zygote, KeepsSparesThatServeOrEnd) {
  WarmProgram warm({.argv = program({"state"})});
  ASSERT_TRUE(warm.parks());
  std::array<WarmChild, 3> spares{warm.fork(), warm.fork(), warm.fork()};
  spares[1].pair.reset();
  EXPECT_EQ(wait_for(spares[1].pid), 0);
  for (const std::size_t i : {2U, 0U}) {
    EXPECT_THAT(warm.serve(spares[i], kConnection), HasSubstr("variable PROTO=TCP\n"));
    EXPECT_EQ(wait_for(spares[i].pid), 0);
  }
}

TEST(Zygote, MayFindTheConnectionWaitingBeforeItsChildIsBorn) {
  WarmProgram warm({.argv = program({"state"})});
  ASSERT_TRUE(warm.parks());
  auto pair = make_ends(SOCK_SEQPACKET);
  auto connection = make_ends(SOCK_STREAM);
  ASSERT_TRUE(send_bytes(pair.ours.get(), serve_message(kConnection), {connection.theirs.get()}));
  ASSERT_TRUE(send_bytes(warm.channel(), fork_message(), {pair.theirs.get()}));
  connection.theirs.reset();
  EXPECT_THAT(read_all(connection.ours.get()), HasSubstr("variable PROTO=TCP\n"));
}

TEST(Zygote, HoldsBackTheSignalsOfAUserAndATerminal) {
  WarmProgram warm({.argv = program({"state"})});
  ASSERT_TRUE(warm.parks());
  for (const int signal : {SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGPIPE}) {
    kill(warm.pid(), signal);
  }
  const auto child = warm.fork();  // it lives, and its child has none of them
  EXPECT_THAT(warm.serve(child, {}), HasSubstr("ShdPnd:\t0000000000000000\n"));
  EXPECT_EQ(wait_for(child.pid), 0);
}

TEST(Zygote, DiesByTerm) {
  WarmProgram warm({.argv = program({"echo"})});
  ASSERT_TRUE(warm.parks());
  kill(warm.pid(), SIGTERM);
  EXPECT_EQ(WTERMSIG(warm.collect()), SIGTERM);
}

// Root is bound by none of what these two are about. Returns what `body` returns, or "" if it is.
std::string as_ordinary_user(const std::function<std::string()>& body) {
  auto ends = make_ends(SOCK_STREAM);
  const pid_t pid = fork();
  if (pid == 0) {
    constexpr uid_t kNobody = 65534;
    std::string said = "no ordinary user";
    if (getuid() != 0 || setresuid(kNobody, kNobody, kNobody) == 0) said = body();
    (void)!write(ends.theirs.get(), said.data(), said.size());
    _exit(0);
  }
  ends.theirs.reset();
  auto said = read_all(ends.ours.get());
  wait_for(pid);
  return said;
}

TEST(Zygote, SaysUnbornWhenItCanMakeNoChild) {
  const auto said = as_ordinary_user([]() -> std::string {
    WarmProgram warm({.argv = program({"echo"})});
    if (!warm.parks()) return "it does not park";
    const rlimit none{0, 0};
    if (prlimit(warm.pid(), RLIMIT_NPROC, &none, nullptr) != 0) return "prlimit";
    auto pair = make_ends(SOCK_SEQPACKET);
    if (!send_bytes(warm.channel(), fork_message(), {pair.theirs.get()})) return "send";
    pair.theirs.reset();
    const zygote::Head unborn{zygote::kMagic, zygote::Kind::Unborn, 0};
    const std::string expected(reinterpret_cast<const char*>(&unborn), sizeof unborn);
    if (read_all(pair.ours.get()) != expected) return "something else";
    return warm.end() == 0 ? "Unborn, and it lives on" : "it died";
  });
  EXPECT_EQ(said, "Unborn, and it lives on");
}

TEST(Zygote, CannotBeLookedIntoButItsServingChildCan) {
  const auto said = as_ordinary_user([]() -> std::string {
    WarmProgram warm({.argv = program({"echo"})});
    if (!warm.parks()) return "it does not park";
    const auto can_look = [](pid_t pid) {
      return access(("/proc/" + std::to_string(pid) + "/environ").c_str(), R_OK) == 0;
    };
    if (can_look(warm.pid())) return "into the zygote";
    const auto child = warm.fork();
    if (can_look(child.pid)) return "into a spare";
    auto connection = make_ends(SOCK_STREAM);
    send_bytes(child.pair.get(), serve_message({}), {connection.theirs.get()});
    (void)!write(connection.ours.get(), "x\n", 2);
    char answer[2] = {};
    (void)!read(connection.ours.get(), answer, sizeof answer);
    return can_look(child.pid) ? "into the server alone" : "into none of them";
  });
  EXPECT_EQ(said, "into the server alone");
}

}  // namespace
}  // namespace uvinetd::test
