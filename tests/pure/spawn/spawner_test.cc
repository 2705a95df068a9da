// SPDX-License-Identifier: ISC
// What every spawner promises.
#include "spawn/spawner.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/process.h"
#include "core/base/unique_fd.h"
#include "spawn/spawner_choice.h"
#include "tests/pure/base/in_child.h"
#include "tests/pure/spawn/each_spawner.h"

namespace uvinetd {
namespace {

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator list("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(list), end(list)));
}

std::string read_all(int fd) {
  std::string out;
  char part[4096];
  ssize_t size = 0;
  while ((size = read(fd, part, sizeof part)) > 0) out.append(part, static_cast<std::size_t>(size));
  return out;
}

int occurrences(std::string_view text, std::string_view word) {
  int count = 0;
  for (auto at = text.find(word); at != text.npos; at = text.find(word, at + 1)) ++count;
  return count;
}

class SpawnerTest : public testing::TestWithParam<SpawnerKind> {
 protected:
  SpawnerTest() {
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    ours.reset(ends[0]);
    theirs.reset(ends[1]);
  }
  Result<pid_t> spawn(std::vector<std::string> words, std::vector<std::string> variables = {}) {
    std::vector<char*> argv, environment;
    for (auto& word : words) argv.push_back(word.data());
    for (auto& variable : variables) environment.push_back(variable.data());
    argv.push_back(nullptr);
    environment.push_back(nullptr);
    SpawnRequest request;
    request.program = program.empty() ? words.front().c_str() : program.c_str();
    request.argv = argv.data();
    request.environment = environment.data();
    request.working_directory = directory.empty() ? nullptr : directory.c_str();
    request.connection = theirs.get();
    request.pid = &written;
    return spawner().spawn(request);
  }
  // What /bin/sh says to its standard output; then it has ended and is reaped.
  std::string shell(const std::string& script,
                    std::vector<std::string> variables = {"PATH=/usr/bin:/bin"}) {
    const auto pid = spawn({"/bin/sh", "-c", script}, std::move(variables));
    EXPECT_TRUE(pid) << pid.error().text();
    if (!pid) return {};
    theirs.reset();
    auto said = read_all(ours.get());
    int status = 0;
    EXPECT_EQ(waitpid(*pid, &status, 0), *pid);
    EXPECT_EQ(written.load(), *pid);
    written = 0;
    last = *pid;
    return said;
  }
  // Made at its first use: it looks at the dispositions of then.
  Spawner& spawner() {
    if (!spawner_) spawner_ = std::move(*make_spawner(GetParam()));
    return *spawner_;
  }
  // As it should be after a start that failed.
  void expect_no_child() {
    EXPECT_EQ(written.load(), 0);
    EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
    EXPECT_EQ(errno, ECHILD);
  }

  UniqueFd ours, theirs;
  std::string program, directory;
  std::atomic<std::int32_t> written{0};
  pid_t last = 0;

 private:
  std::unique_ptr<Spawner> spawner_;
};
INSTANTIATE_TEST_SUITE_P(Each, SpawnerTest, test::each_spawner(), test::spawner_name);

TEST_P(SpawnerTest, TheConnectionIsStandardInputOutputAndError) {
  EXPECT_EQ(shell("echo out; echo error >&2; echo in >&0"), "out\nerror\nin\n");
}

#ifdef __linux__
TEST_P(SpawnerTest, NothingElseIsOpen) {
  // What the tests themselves were started with, as the launcher has done with its own.
  for (int fd = 3; fd < 256; ++fd) (void)set_cloexec(fd);
  const UniqueFd other(open("/dev/null", O_RDONLY | O_CLOEXEC));
  program = "/bin/ls";
  const auto pid = spawn({"ls", "-l", "/proc/self/fd"});
  ASSERT_TRUE(pid);
  theirs.reset();
  const auto said = read_all(ours.get());
  waitpid(*pid, nullptr, 0);
  EXPECT_EQ(occurrences(said, "socket:["), 3) << said;
  EXPECT_EQ(occurrences(said, " -> "), 4) << said;  // the fourth is the directory that it reads
}

TEST_P(SpawnerTest, TheChildLeadsASessionOfItsOwn) {
  const auto said = shell("cut -d' ' -f1,5,6 /proc/$$/stat");
  const auto pid = std::to_string(last);
  EXPECT_EQ(said, pid + " " + pid + " " + pid + "\n");
  EXPECT_NE(last, getsid(0));
}

std::uint64_t mask_of(const std::string& status, const std::string& name) {
  const auto at = status.find(name + ":\t");
  return at == std::string::npos ? ~0ULL
                                 : std::stoull(status.substr(at + name.size() + 2), nullptr, 16);
}

TEST_P(SpawnerTest, SignalsAreUnblockedAndAtTheirDefaults) {
  // As bad as it can be in the parent.
  sigset_t all, before;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, &before);
  std::vector<std::pair<int, sighandler_t>> dispositions;
  for (const int number : {SIGPIPE, SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGTERM})
    dispositions.emplace_back(number, signal(number, SIG_IGN));
  program = "/bin/cat";
  const auto pid = spawn({"cat", "/proc/self/status"});
  sigprocmask(SIG_SETMASK, &before, nullptr);
  for (const auto& [number, handler] : dispositions) signal(number, handler);
  ASSERT_TRUE(pid);
  theirs.reset();
  const auto status = read_all(ours.get());
  waitpid(*pid, nullptr, 0);
  constexpr std::uint64_t kGlibcsOwn = 3ULL << 31;  // 32 and 33
  EXPECT_EQ(mask_of(status, "SigBlk") & ~kGlibcsOwn, 0U);
  EXPECT_EQ(mask_of(status, "SigIgn") & ~kGlibcsOwn, 0U);
  EXPECT_EQ(mask_of(status, "SigCgt"), 0U);
}
#endif

TEST_P(SpawnerTest, TheEnvironmentIsTheGivenOneOnly) {
  setenv("UVINETD_NOT_FOR_CHILDREN", "1", 1);
  program = "/usr/bin/env";
  const auto pid = spawn({"env"}, {"A=1", "B=two words"});
  unsetenv("UVINETD_NOT_FOR_CHILDREN");
  ASSERT_TRUE(pid);
  theirs.reset();
  EXPECT_EQ(read_all(ours.get()), "A=1\nB=two words\n");
  waitpid(*pid, nullptr, 0);
}

TEST_P(SpawnerTest, TheNameIsTheFirstArgumentAndNotTheProgram) {
  program = "/bin/sh";
  const auto pid = spawn({"-name", "-c", "echo $0"});
  ASSERT_TRUE(pid);
  theirs.reset();
  EXPECT_EQ(read_all(ours.get()), "-name\n");
  waitpid(*pid, nullptr, 0);
}

TEST_P(SpawnerTest, StartsInTheAskedDirectory) {
  directory = "/usr";
  EXPECT_EQ(shell("pwd"), "/usr\n");
}

TEST_P(SpawnerTest, ADirectoryThatCannotBeEnteredIsReportedAsSuch) {
  for (const auto& [path, code] : {std::pair{"/nonexistent", ENOENT}, {"/bin/sh", ENOTDIR}}) {
    directory = path;
    const auto pid = spawn({"/bin/sh"});
    ASSERT_FALSE(pid);
    EXPECT_EQ(pid.error().code, code);
    EXPECT_STREQ(pid.error().op, "chdir");
    expect_no_child();
  }
}

TEST_P(SpawnerTest, AConnectionThatStandsAtALowNumberIsPassedAllTheSame) {
  for (const int number : {0, 1, 2}) {
    EXPECT_EQ(test::in_child([&] {
                if (dup3(theirs.get(), number, O_CLOEXEC) != number) return 1;
                SpawnRequest request;
                std::string shell_name = "/bin/sh", option = "-c",
                            script = "echo low; echo error >&2";
                char* argv[] = {shell_name.data(), option.data(), script.data(), nullptr};
                char* none[] = {nullptr};
                request.program = argv[0];
                request.argv = argv;
                request.environment = none;
                request.connection = number;
                const auto pid = spawner().spawn(request);
                if (!pid) return 2;
                waitpid(*pid, nullptr, 0);
                char said[64] = "";
                if (read(ours.get(), said, sizeof said) <= 0) return 3;
                return std::string(said).starts_with("low\n") ? 0 : 4;
              }),
              0)
        << number;
    char rest[64];
    (void)!recv(ours.get(), rest, sizeof rest, MSG_DONTWAIT);
  }
}

TEST_P(SpawnerTest, AMissingProgramIsReportedAndLeavesNothing) {
  const auto before = open_descriptors();
  const auto pid = spawn({"/nonexistent/server"});
  ASSERT_FALSE(pid);
  EXPECT_EQ(pid.error().code, ENOENT);
  EXPECT_STREQ(pid.error().op, "execve");
  expect_no_child();
  EXPECT_EQ(open_descriptors(), before);
}

TEST_P(SpawnerTest, AFileThatMayNotBeExecutedIsReported) {
  char path[] = "/tmp/uvinetd-test-XXXXXX";
  const UniqueFd file(mkstemp(path));
  ASSERT_TRUE(file.is_open());
  const auto pid = spawn({path});
  EXPECT_FALSE(pid);
  EXPECT_EQ(pid ? 0 : pid.error().code, EACCES);
  expect_no_child();
  unlink(path);
}

TEST_P(SpawnerTest, AFileThatIsNoProgramIsReported) {
  char path[] = "/tmp/uvinetd-test-XXXXXX";
  {
    const UniqueFd file(mkstemp(path));
    ASSERT_TRUE(file.is_open());
    ASSERT_EQ(write(file.get(), "no program\n", 11), 11);
    ASSERT_EQ(fchmod(file.get(), 0755), 0);
  }
  const auto pid = spawn({path});
  EXPECT_FALSE(pid);
  EXPECT_EQ(pid ? 0 : pid.error().code, ENOEXEC);
  expect_no_child();
  unlink(path);
}

TEST_P(SpawnerTest, ADirectoryIsReported) {
  const auto pid = spawn({"/usr"});
  ASSERT_FALSE(pid);
  EXPECT_EQ(pid.error().code, EACCES);
  expect_no_child();
}

TEST_P(SpawnerTest, AConnectionThatIsNotOpenIsReported) {
  theirs.reset();
  const auto pid = spawn({"/bin/sh"});
  ASSERT_FALSE(pid);
  EXPECT_EQ(pid.error().code, EBADF);
  expect_no_child();
}

TEST_P(SpawnerTest, AFailureIsFollowedByStartsAsUsual) {
  for (int i = 0; i < 3; ++i) {
    ASSERT_FALSE(spawn({"/nonexistent/server"}));
    const auto pid = spawn({"/bin/true"});
    ASSERT_TRUE(pid);
    int status = -1;
    EXPECT_EQ(waitpid(*pid, &status, 0), *pid);
    EXPECT_EQ(status, 0);
    written = 0;
  }
  expect_no_child();
}

TEST_P(SpawnerTest, TheCallersOwnSignalsAndDirectoryStayAsTheyWere) {
  sigset_t before, after;
  sigprocmask(SIG_BLOCK, nullptr, &before);
  const auto handler = signal(SIGUSR2, SIG_IGN);
  const auto here = std::filesystem::current_path();
  directory = "/usr";
  shell("exit 0");
  sigprocmask(SIG_BLOCK, nullptr, &after);
  for (int number = 1; number < NSIG; ++number) {
    EXPECT_EQ(sigismember(&before, number), sigismember(&after, number)) << number;
  }
  EXPECT_EQ(signal(SIGUSR2, handler), SIG_IGN);
  EXPECT_EQ(std::filesystem::current_path(), here);
  EXPECT_NE(getsid(0), last);
}

TEST_P(SpawnerTest, NoDescriptorIsLeftInTheParent) {
  const auto before = open_descriptors();
  shell("exit 0");
  EXPECT_EQ(open_descriptors(), before - 1);  // shell() closed the child's end
}

}  // namespace
}  // namespace uvinetd
