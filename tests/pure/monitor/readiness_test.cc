// SPDX-License-Identifier: ISC
#include "core/monitor/readiness.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "core/base/address.h"

namespace uvinetd {
namespace {

using testing::ElementsAre;

// A supervisor's end of NOTIFY_SOCKET.
class Supervisor {
 public:
  explicit Supervisor(const std::string& name)
      : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    const auto address = SocketAddress::unix_path(name);
    EXPECT_TRUE(address);
    EXPECT_EQ(::bind(fd_.get(), address->data(), address->size()), 0);
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
  }
  // The next datagram, or "nothing".
  std::string next() {
    char text[1024];
    const ssize_t size = ::recv(fd_.get(), text, sizeof text, MSG_DONTWAIT);
    return size < 0 ? "nothing" : std::string(text, static_cast<std::size_t>(size));
  }

 private:
  UniqueFd fd_;
};

std::string unique_name(const char* prefix) {
  return prefix + std::to_string(::getpid());
}

std::uint64_t monotonic_microseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 +
         static_cast<std::uint64_t>(now.tv_nsec) / 1'000;
}

void tell_everything_to(const std::string& name) {
  Supervisor supervisor(name);
  Readiness readiness(-1);
  EXPECT_TRUE(readiness.has_notify_socket());
  EXPECT_EQ(std::getenv("NOTIFY_SOCKET"), nullptr);
  readiness.ready("41 services");
  EXPECT_EQ(supervisor.next(), "READY=1\nSTATUS=41 services");
  readiness.status("two\nlines");
  EXPECT_EQ(supervisor.next(), "STATUS=two lines");
  const auto before = monotonic_microseconds();
  readiness.reloading();
  const std::string reloading = supervisor.next();
  const std::string head = "RELOADING=1\nMONOTONIC_USEC=";
  ASSERT_EQ(reloading.substr(0, head.size()), head);
  const auto told = std::stoull(reloading.substr(head.size()));
  EXPECT_GE(told, before);
  EXPECT_LE(told, monotonic_microseconds());
  readiness.ready("42 services");
  EXPECT_EQ(supervisor.next(), "READY=1\nSTATUS=42 services");
  readiness.status("42 services");
  EXPECT_EQ(supervisor.next(), "nothing");
  readiness.stopping("ending");
  EXPECT_EQ(supervisor.next(), "STOPPING=1\nSTATUS=ending");
  readiness.stopping("a\nb", std::chrono::seconds(9));
  EXPECT_EQ(supervisor.next(), "STOPPING=1\nSTATUS=a b\nEXTEND_TIMEOUT_USEC=9000000");
  EXPECT_EQ(supervisor.next(), "nothing");
}

TEST(Readiness, TellsASupervisorAtAPath) {
  const auto path = std::filesystem::temp_directory_path() / unique_name("readiness_test.");
  std::filesystem::remove(path);
  tell_everything_to(path);
  std::filesystem::remove(path);
}

#ifdef __linux__
TEST(Readiness, TellsASupervisorAtAnAbstractName) {
  tell_everything_to(unique_name("@readiness_test."));
}
#endif

TEST(Readiness, WithoutASupervisorSaysNothing) {
  ::unsetenv("NOTIFY_SOCKET");
  Readiness readiness(-1);
  EXPECT_FALSE(readiness.has_notify_socket());
  readiness.ready("fine");
  readiness.stopping("ending");
  readiness.alive();
  EXPECT_EQ(readiness.try_notify("X=1", -1), Readiness::Sent::Failed);
}

#ifdef __linux__
// What the environment says of a watchdog, to a process that has a manager.
std::optional<std::chrono::milliseconds> watchdog_of(const char* time, const char* pid) {
  ::setenv("NOTIFY_SOCKET", "@nobody", 1);
  ::setenv("WATCHDOG_USEC", time, 1);
  if (pid != nullptr) ::setenv("WATCHDOG_PID", pid, 1);
  const auto out = Readiness(-1).watchdog();
  EXPECT_EQ(std::getenv("WATCHDOG_USEC"), nullptr);
  EXPECT_EQ(std::getenv("WATCHDOG_PID"), nullptr);
  return out;
}

TEST(Readiness, KnowsOfAWatchdogThatIsForThisProcess) {
  using std::chrono::milliseconds;
  const auto own = std::to_string(::getpid());
  EXPECT_EQ(watchdog_of("2500000", nullptr), milliseconds(2500));
  EXPECT_EQ(watchdog_of("2500000", own.c_str()), milliseconds(2500));
  EXPECT_EQ(watchdog_of("2500000", "1"), std::nullopt);
  EXPECT_EQ(watchdog_of("2500000", "x"), std::nullopt);
  for (const char* bad : {"", "0", "999", "-1", "2500000x", " 1", "18446744073709551615"}) {
    EXPECT_EQ(watchdog_of(bad, nullptr), std::nullopt) << bad;
  }
}

TEST(Readiness, TellsTheWatchdogThatWeLive) {
  ::setenv("WATCHDOG_USEC", "2500000", 1);
  Supervisor supervisor(unique_name("@readiness_test.w."));
  Readiness readiness(-1);
  readiness.alive();
  EXPECT_EQ(supervisor.next(), "WATCHDOG=1");
}

TEST(Readiness, DoesNotWaitForAManagerThatDoesNotRead) {
  Supervisor supervisor(unique_name("@readiness_test.f."));
  Readiness readiness(-1);
  int sent = 0;
  constexpr int kMore = 100'000;  // than any queue has places
  while (sent < kMore && readiness.try_notify("X=1", STDIN_FILENO) == Readiness::Sent::Done) ++sent;
  EXPECT_LT(sent, kMore);
  EXPECT_EQ(readiness.try_notify("X=1", -1), Readiness::Sent::Later);
  EXPECT_EQ(supervisor.next(), "X=1");
  EXPECT_EQ(readiness.try_notify("X=1", -1), Readiness::Sent::Done);
}

TEST(Readiness, KnowsHowManyDescriptorsAreKeptForUs) {
  ::setenv("NOTIFY_SOCKET", "@nobody", 1);
  ::setenv("FDSTORE", "512", 1);
  EXPECT_EQ(Readiness(-1).descriptor_store(), 512U);
  EXPECT_EQ(std::getenv("FDSTORE"), nullptr);
  ::setenv("FDSTORE", "512", 1);
  EXPECT_EQ(Readiness(-1).descriptor_store(), 0U);  // there is nobody to ask
}
#endif

TEST(Readiness, ASupervisorThatIsGoneOrCannotBeReachedIsNoError) {
  for (const std::string& name : {std::string("/nonexistent/notify"), std::string("vsock:2:1234"),
                                  std::string("relative"), std::string(), std::string(300, '/')}) {
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
    Readiness readiness(-1);
    readiness.ready("fine");
    EXPECT_EQ(std::getenv("NOTIFY_SOCKET"), nullptr);
  }
}

TEST(Readiness, WritesANewlineToTheReadyDescriptorOnceAndClosesIt) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const UniqueFd reader(ends[0]);
  Readiness readiness(ends[1]);
  EXPECT_NE(::fcntl(ends[1], F_GETFD) & FD_CLOEXEC, 0);
  readiness.ready("");
  readiness.ready("");
  char text[8];
  EXPECT_EQ(::read(reader.get(), text, sizeof text), 1);
  EXPECT_EQ(text[0], '\n');
  EXPECT_EQ(::read(reader.get(), text, sizeof text), 0);
}

TEST(Readiness, AReadyDescriptorWithoutAReaderRaisesNoSignal) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::close(ends[0]);
  Readiness readiness(ends[1]);
  readiness.ready("");
}

TEST(Readiness, AReadyDescriptorThatIsNotOpenIsIgnored) {
  Readiness readiness(9999);
  readiness.ready("");
}

TEST(Readiness, LeavesStandardErrorOpenWhenItIsTheReadyDescriptor) {
  { Readiness readiness(STDERR_FILENO); }
  EXPECT_GE(::fcntl(STDERR_FILENO, F_GETFD), 0);
}

TEST(SupervisorVariables, NeverPassThroughAndOthersDo) {
  std::vector<std::string> environment = {"PATH=/bin",           "NOTIFY_SOCKET=/x",
                                          "WATCHDOG_USEC=1",     "WATCHDOG_PID=1",
                                          "LISTEN_PID=1",        "LISTEN_FDS=1",
                                          "LISTEN_FDNAMES=a",    "LISTEN_PIDFDID=1",
                                          "FDSTORE=5",           "MAINPID=1",
                                          "INVOCATION_ID=x",     "JOURNAL_STREAM=1:2",
                                          "SYSTEMD_EXEC_PID=1",  "MEMORY_PRESSURE_WATCH",
                                          "MEMORY_PRESSURE_X=1", "CREDENTIALS_DIRECTORY=/",
                                          "NOTIFY_SOCKETS=mine", "HOME=/",
                                          "LISTENER=yes",        ""};
  remove_supervisor_variables(environment);
  EXPECT_THAT(environment,
              ElementsAre("PATH=/bin", "NOTIFY_SOCKETS=mine", "HOME=/", "LISTENER=yes", ""));
}

}  // namespace
}  // namespace uvinetd
