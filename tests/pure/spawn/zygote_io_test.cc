// SPDX-License-Identifier: ISC
// A program that is parked at its first touch of the connection: it is touched by whatever depends
// on it, and the child that touches it is the server that exec would have made.
#include <gmock/gmock.h>

#include <set>

#include "tests/pure/spawn/warm_start.h"

namespace uvinetd::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

const Strings kConnection = {"PROTO=TCP", "TCPREMOTEIP=192.0.2.7"};

Strings program(const std::string& before, const std::string& touch) {
  return {UVINETD_TOUCH_PROGRAM, before, touch};
}

WarmOptions options_of(const Strings& argv) {
  return {.argv = argv, .environment = {"PATH=/bin:/usr/bin", "A=1"}, .wish = "io 0"};
}

// Two connections of one zygote, both as an exec'd server has them.
void expect_like_exec(const Strings& argv) {
  const auto expected = exec_one(argv, {"PATH=/bin:/usr/bin", "A=1"}, kConnection);
  ASSERT_THAT(expected, HasSubstr("served"));
  WarmProgram warm(options_of(argv));
  ASSERT_TRUE(warm.parks(zygote::Park::Io));
  EXPECT_EQ(warm.serve_one(kConnection), expected);
  EXPECT_EQ(warm.serve_one(kConnection), expected);
  EXPECT_EQ(warm.end(), 0);
}

std::string name_of(const testing::TestParamInfo<const char*>& info) {
  std::string out;
  bool is_first = true;
  for (const char c : std::string(info.param)) {
    if (c != '-') out += is_first ? static_cast<char>(c - 'a' + 'A') : c;
    is_first = c == '-';
  }
  return out;
}

class Touch : public testing::TestWithParam<const char*> {};

TEST_P(Touch, IsMadeByEachChildWithItsConnection) {
  expect_like_exec(program("nothing", GetParam()));
}

INSTANTIATE_TEST_SUITE_P(, Touch,
                         testing::Values("write", "printf", "send", "getpeername", "getsockname",
                                         "peercred", "setsockopt", "poll", "select", "fionread",
                                         "shutdown", "fork", "spawn", "exec", "thread", "setsid",
                                         "kill", "alarm", "itimer", "timer", "lock", "death-signal",
                                         "create", "list", "pipe", "eventfd", "timerfd",
                                         "sendfile"),
                         name_of);

class ReadingTouch : public testing::TestWithParam<const char*> {};

TEST_P(ReadingTouch, WaitsForItsOwnClient) {
  WarmProgram warm(options_of(program("nothing", GetParam())));
  ASSERT_TRUE(warm.parks(zygote::Park::Io));
  const auto child = warm.fork();
  auto connection = make_ends(SOCK_STREAM);
  ASSERT_TRUE(send_bytes(child.pair.get(), serve_message({}), {connection.theirs.get()}));
  connection.theirs.reset();
  ASSERT_EQ(write(connection.ours.get(), "x", 1), 1);
  EXPECT_THAT(read_all(connection.ours.get()), StartsWith("served"));
  EXPECT_EQ(wait_for(child.pid), 0);
}

INSTANTIATE_TEST_SUITE_P(, ReadingTouch,
                         testing::Values("read", "readv", "fgets", "recv", "recvmsg"), name_of);

class Before : public testing::TestWithParam<const char*> {};

TEST_P(Before, IsKeptByEachChild) {
  expect_like_exec(program(GetParam(), "write"));
}

INSTANTIATE_TEST_SUITE_P(, Before,
                         testing::Values("dup", "nonblock", "cloexec", "closefrom", "close-each",
                                         "dup-over", "channel-unseen", "script", "signal-handlers",
                                         "sigsys", "block-sigsys", "altstack", "log", "addresses",
                                         "open-and-close", "environ", "title", "malloc",
                                         "read-locked", "mutex", "unlocked", "numbers"),
                         name_of);

struct RefusalCase {
  const char* name;
  const char* before;
  const char* reason;
};

class IoRefusal : public testing::TestWithParam<RefusalCase> {};

TEST_P(IoRefusal, SaysWhyAndThatMainMayBeTried) {
  WarmProgram warm(options_of(program(GetParam().before, "write")));
  EXPECT_EQ(warm.refusal(zygote::Fallback::ParkMain), GetParam().reason);
  EXPECT_EQ(warm.hear(), "");
  EXPECT_EQ(warm.collect(), 0);
}

constexpr char kDrew[] =
    "it drew random numbers before its first touch of the connection (uvinetd_touch_program)";
constexpr char kAnonymous[] = "it has left an epoll, an eventfd, a timer or the like open";
constexpr char kLocked[] = "it held a lock at its first touch of the connection";
constexpr char kAsked[] =
    "it asked for its pid before its first touch of the connection (uvinetd_touch_program)";

INSTANTIATE_TEST_SUITE_P(
    , IoRefusal,
    testing::Values(RefusalCase{"Epoll", "epoll", kAnonymous},
                    RefusalCase{"StreamSocket", "socket", "it has left a socket open"},
                    RefusalCase{"DatagramSocket", "datagram-socket", "it has left a socket open"},
                    RefusalCase{"SharedMemory", "shared", "it has memory that it shares"},
                    RefusalCase{"RandomNumbers", "entropy", kDrew},
                    RefusalCase{"RandomNumbersOfLibc", "getentropy", kDrew},
                    RefusalCase{"RandomNumbersInALock", "entropy-locked", kDrew},
                    RefusalCase{"RandomDevice", "urandom", kDrew},
                    RefusalCase{"ProcessId", "pid", kAsked},
                    RefusalCase{"ASignalToItself", "raise", kAsked},
                    RefusalCase{"AWritersLock", "write-locked", kLocked},
                    RefusalCase{"ARecursiveMutex", "recursive-mutex", kLocked},
                    RefusalCase{"ACheckingMutex", "checking-mutex", kLocked},
                    RefusalCase{"ARobustMutex", "robust-mutex", kLocked},
                    RefusalCase{"ALockAcrossPages", "far-lock", kLocked},
                    RefusalCase{"TheEnd", "exit", "it ended before it touched its connection"}),
    [](const auto& each) { return std::string(each.param.name); });

TEST(IoPark, IsBeforeMainWhereAFirstTouchCannotBeSeen) {
  auto options = options_of({UVINETD_WARM_PROGRAM, "state"});
  options.environment = {"AT_START=forbid-prctl 59"};
  WarmProgram warm(options);
  ASSERT_TRUE(warm.parks(zygote::Park::Main));
  EXPECT_THAT(warm.serve_one(kConnection), HasSubstr("variable PROTO=TCP\n"));
}

// ---- interpreters ----------------------------------------------------------------------------

bool is_there(const char* path) {
  return access(path, X_OK) == 0;
}

// What each of `count` children of one script says to a client who says nothing.
std::set<std::string> answers_of(const Strings& argv, int count) {
  WarmProgram warm(options_of(argv));
  const auto parked = warm.parks(zygote::Park::Io);
  if (!parked) return {parked.message()};
  std::set<std::string> out;
  for (int i = 0; i < count; ++i) {
    const auto child = warm.fork();
    auto connection = make_ends(SOCK_STREAM);
    send_bytes(child.pair.get(), serve_message(kConnection), {connection.theirs.get()});
    connection.theirs.reset();
    shutdown(connection.ours.get(), SHUT_WR);
    out.insert(read_all(connection.ours.get()));
    EXPECT_EQ(wait_for(child.pid), 0);
  }
  return out;
}

TEST(IoPark, PythonDrawsOtherRandomNumbersForEachConnection) {
  if (!is_there("/usr/bin/python3")) GTEST_SKIP();
  for (const char* const draw : {"random.random()", "os.urandom(8)", "secrets.token_hex(8)",
                                 "uuid.uuid4()", "random.SystemRandom().random()"}) {
    SCOPED_TRACE(draw);
    const auto script =
        "import os, random, secrets, sys, uuid\nrandom.random()\n"
        "sys.stdin.read()\nprint(" +
        std::string(draw) + ")\n";
    EXPECT_EQ(answers_of({"/usr/bin/python3", "-c", script}, 3).size(), 3U);
  }
}

TEST(IoPark, PythonKnowsItsPidAndItsConnectionsVariables) {
  if (!is_there("/usr/bin/python3")) GTEST_SKIP();
  const std::string script =
      "import gc, os, sys\nsys.stdin.read()\n"
      "print(os.getpid() == int(os.readlink('/proc/self')), os.environ['PROTO'],"
      " os.environ.get('TCPREMOTEPORT'), gc.isenabled())\n";
  EXPECT_THAT(answers_of({"/usr/bin/python3", "-c", script}, 2),
              testing::ElementsAre("True TCP None True\n"));
}

TEST(IoPark, PythonThatAskedForItsPidIsNotParkedThere) {
  if (!is_there("/usr/bin/python3")) GTEST_SKIP();
  WarmProgram warm(options_of(
      {"/usr/bin/python3", "-c", "import os, sys\npid = os.getpid()\nsys.stdin.read()\n"}));
  EXPECT_THAT(warm.refusal(zygote::Fallback::ParkMain), HasSubstr("its pid"));
}

TEST(IoPark, PerlHasItsConnectionsVariablesAndRandomNumbers) {
  if (!is_there("/usr/bin/perl")) GTEST_SKIP();
  const auto answers = answers_of(
      {"/usr/bin/perl", "-e",
       "my $line = <STDIN>; print \"$ENV{PROTO} \", exists $ENV{TCPREMOTEPORT}, rand();"},
      3);
  EXPECT_EQ(answers.size(), 3U);
  EXPECT_THAT(answers, testing::Each(StartsWith("TCP 0.")));
}

TEST(IoPark, PerlThatDrewARandomNumberIsNotParkedThere) {
  if (!is_there("/usr/bin/perl")) GTEST_SKIP();
  WarmProgram warm(options_of({"/usr/bin/perl", "-e", "my $n = rand(); my $line = <STDIN>;"}));
  EXPECT_THAT(warm.refusal(zygote::Fallback::ParkMain), HasSubstr("random numbers"));
}

TEST(IoPark, BashIsNotParkedThere) {
  if (!is_there("/bin/bash")) GTEST_SKIP();
  WarmProgram warm(options_of({"/bin/bash", "-c", "read line; echo $$"}));
  EXPECT_THAT(warm.refusal(zygote::Fallback::ParkMain), HasSubstr("(bash)"));
}

}  // namespace
}  // namespace uvinetd::test
