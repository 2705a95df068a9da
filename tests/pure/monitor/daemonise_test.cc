// SPDX-License-Identifier: ISC
// Real daemons, forked from here. A starter calls daemonise(); the daemon reports what it is over a
// socket, waits to be told to go on, and ends. This process is the subreaper, so the daemon becomes
// its child.
#include "core/monitor/daemonise.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>

namespace uvinetd {
namespace {

using testing::HasSubstr;

std::string slurp(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// NAME=VALUE lines about the calling process, once the session leader that made it has ended.
std::string facts() {
  while (::getppid() == ::getsid(0)) ::sched_yield();
  std::ostringstream out;
  out << "pid=" << ::getpid() << "\nppid=" << ::getppid() << "\nsid=" << ::getsid(0)
      << "\npgid=" << ::getpgrp() << "\ncwd=" << std::filesystem::current_path().string() << "\n";
  const mode_t mask = ::umask(0);
  ::umask(mask);
  out << "umask=" << mask << "\n";
  const std::string stat = slurp("/proc/self/stat");
  std::istringstream fields(stat.substr(stat.rfind(')') + 2));
  std::string state, ppid, pgrp, session, terminal;
  fields >> state >> ppid >> pgrp >> session >> terminal;
  out << "tty_nr=" << terminal << "\n";
  std::istringstream status(slurp("/proc/self/status"));
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("Sig") && line.find(":\t") != std::string::npos)
      out << line.substr(0, line.find(':')) << "=" << line.substr(line.find('\t') + 1) << "\n";
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    const auto target = std::filesystem::read_symlink(entry.path(), gone);
    if (!target.string().starts_with("/proc/"))
      out << "fd" << entry.path().filename().string() << "=" << target.string() << "\n";
  }
  return out.str();
}

class DaemoniseTest : public testing::Test {
 protected:
  DaemoniseTest() { ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

  // Forks a starter whose stderr is a pipe, and which runs `daemon` once it is one. `end` is the
  // daemon's end of the line to this test.
  void start(const std::function<void(StartReport report, int end)>& daemon) {
    int line[2], error[2], stray[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, line), 0);
    ASSERT_EQ(::pipe2(error, O_CLOEXEC), 0);
    ASSERT_EQ(::pipe(stray), 0);  // must not reach the daemon
    terminal_.reset(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    starter_ = ::fork();
    if (starter_ == 0) {
      take_terminal();
      ::dup2(error[1], 2);
      struct sigaction ignore {};
      ignore.sa_handler = SIG_IGN;
      ::sigaction(SIGHUP, &ignore, nullptr);
      sigset_t mask;
      sigfillset(&mask);
      ::sigprocmask(SIG_BLOCK, &mask, nullptr);
      ::umask(077);
      ::close(0);
      clean_inherited_state(line[1]);
      auto report = daemonise();
      if (report) daemon(std::move(*report), line[1]);
      ::_exit(report ? 0 : 99);
    }
    for (const int fd : {line[1], error[1], stray[0], stray[1]}) ::close(fd);
    line_.reset(line[0]);
    error_.reset(error[0]);
  }
  // What the daemon said, up to an empty line.
  std::map<std::string, std::string> daemon_facts() {
    std::string text;
    char octet = 0;
    while (!text.ends_with("\n\n") && ::read(line_.get(), &octet, 1) == 1) text += octet;
    std::map<std::string, std::string> found;
    std::istringstream lines(text);
    for (std::string fact; std::getline(lines, fact);)
      if (!fact.empty()) found[fact.substr(0, fact.find('='))] = fact.substr(fact.find('=') + 1);
    return found;
  }
  void tell_daemon_to_go_on() { ASSERT_EQ(::write(line_.get(), "g", 1), 1); }
  int starter_status() {
    int status = 0;
    EXPECT_EQ(::waitpid(starter_, &status, 0), starter_);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  // All that was written to the starter's and the daemon's stderr; ends when both have closed it.
  std::string error_text() {
    std::string text;
    char part[256];
    for (ssize_t count = 0; (count = ::read(error_.get(), part, sizeof part)) > 0;)
      text.append(part, static_cast<std::size_t>(count));
    return text;
  }
  // The starter is the session leader of a terminal, as a shell's child would have one.
  void take_terminal() const {
    ::setsid();
    if (!terminal_.is_open() || ::unlockpt(terminal_.get()) != 0) return;
    [[maybe_unused]] const int tty = ::open(::ptsname(terminal_.get()), O_RDWR);
    if (::open("/dev/tty", O_RDWR) < 0) ::_exit(98);
  }
  void reap_the_rest() {
    while (::waitpid(-1, nullptr, 0) > 0) {
    }
  }

  pid_t starter_ = -1;
  UniqueFd terminal_;
  UniqueFd line_;
  UniqueFd error_;
};

void wait_for_go(int end) {
  char octet = 0;
  [[maybe_unused]] const auto count = ::read(end, &octet, 1);
}

void say(int end, const std::string& text) {
  [[maybe_unused]] const auto count = ::write(end, text.data(), text.size());
}

TEST_F(DaemoniseTest, TakesEveryStepAndTheStarterWaitsForReady) {
  start([](StartReport report, int end) {
    say(end, facts() + "\n");
    wait_for_go(end);
    report.ready();
    detach_stdio();
    say(end, facts() + "\n");
    wait_for_go(end);
  });
  auto facts = daemon_facts();
  EXPECT_EQ(facts["ppid"], std::to_string(::getpid()));
  EXPECT_NE(facts["sid"], std::to_string(::getsid(0)));
  EXPECT_NE(facts["sid"], std::to_string(starter_));
  EXPECT_NE(facts["sid"], facts["pid"]) << "a session leader could get a terminal";
  EXPECT_EQ(facts["pgid"], facts["sid"]);
  EXPECT_EQ(facts["tty_nr"], "0");
  EXPECT_EQ(facts["cwd"], "/");
  EXPECT_EQ(facts["umask"], "18");  // 022
  EXPECT_EQ(facts["fd0"], "/dev/null");
  EXPECT_EQ(facts["fd1"], "/dev/null");
  EXPECT_THAT(facts["fd2"], HasSubstr("pipe:"));
  int count = 0;
  for (const auto& [name, value] : facts) count += name.starts_with("fd") ? 1 : 0;
  EXPECT_EQ(count, 5) << "0, 1, 2, the report and the descriptor that was to be kept";
  EXPECT_EQ(facts["SigBlk"], "0000000000000000");
  EXPECT_EQ(facts["SigIgn"], "0000000000000000");
  EXPECT_EQ(facts["SigCgt"], "0000000000000000");
  EXPECT_EQ(::waitpid(starter_, nullptr, WNOHANG), 0) << "the starter ended before ready";

  tell_daemon_to_go_on();
  EXPECT_EQ(starter_status(), 0);
  auto detached = daemon_facts();
  EXPECT_EQ(detached["fd2"], "/dev/null");
  EXPECT_EQ(error_text(), "");
  tell_daemon_to_go_on();
  reap_the_rest();
}

TEST_F(DaemoniseTest, AFailureReachesTheStarterAsTextAndStatus) {
  start([](StartReport report, int) { report.failed(78, "inetd.conf: not one good service"); });
  EXPECT_EQ(starter_status(), 78);
  EXPECT_EQ(error_text(), "inetd.conf: not one good service\n");
  reap_the_rest();
}

TEST_F(DaemoniseTest, ALongReasonArrivesWhole) {
  const std::string reason(100'000, 'r');
  start([&](StartReport report, int) { report.failed(1, reason); });
  EXPECT_EQ(error_text(), reason + "\n");
  EXPECT_EQ(starter_status(), 1);
  reap_the_rest();
}

TEST_F(DaemoniseTest, ADaemonThatDiesWithoutAWordIsAFailure) {
  start([](StartReport report, int) {
    const StartReport held = std::move(report);
    ::kill(::getpid(), SIGKILL);
  });
  EXPECT_EQ(starter_status(), 1);
  EXPECT_THAT(error_text(), HasSubstr("the daemon ended without a word"));
  reap_the_rest();
}

TEST_F(DaemoniseTest, TheDaemonSurvivesAStarterThatWasKilled) {
  start([](StartReport report, int end) {
    say(end, facts() + "\n");
    wait_for_go(end);
    report.ready();
    say(end, "alive=yes\n\n");
  });
  daemon_facts();
  ASSERT_EQ(::kill(starter_, SIGKILL), 0);
  starter_status();
  tell_daemon_to_go_on();
  EXPECT_EQ(daemon_facts()["alive"], "yes");
  reap_the_rest();
}

TEST_F(DaemoniseTest, TheStateOfAForegroundProcessIsCleanedToo) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const UniqueFd kept(::fcntl(ends[0], F_DUPFD, 50));
  const UniqueFd between(::fcntl(ends[0], F_DUPFD, 52));
  const UniqueFd other(::fcntl(ends[0], F_DUPFD, 54));
  const pid_t child = ::fork();
  if (child == 0) {
    for (const int fd : {0, 1, 2}) ::close(fd);
    clean_inherited_state(-1, {other.get(), kept.get()});
    if (::fcntl(kept.get(), F_GETFD) < 0 || ::fcntl(other.get(), F_GETFD) < 0) ::_exit(3);
    if (::fcntl(between.get(), F_GETFD) >= 0) ::_exit(4);
    struct stat zero {
    }, null{};
    ::stat("/dev/null", &null);
    for (const int fd : {0, 1, 2})
      if (::fstat(fd, &zero) != 0 || zero.st_rdev != null.st_rdev) ::_exit(1);
    ::_exit(::fcntl(ends[0], F_GETFD) < 0 && ::fcntl(ends[1], F_GETFD) < 0 ? 0 : 2);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  ::close(ends[0]);
  ::close(ends[1]);
}

}  // namespace
}  // namespace uvinetd
