// SPDX-License-Identifier: ISC
#include "core/monitor/inherited_sockets.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>

#include "tests/pure/monitor/sockets_of_tests.h"

namespace uvinetd {
namespace {

using namespace test;

TEST(StoredName, TellsWhichSocketAndWhichPath) {
  const auto plain = parse_stored_name(stored_name(7, {}));
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->number, 7U);
  EXPECT_EQ(plain->path, PathIdentity());
  const auto path = parse_stored_name(stored_name(UINT64_MAX, {0xfe01, 12345}));
  ASSERT_TRUE(path);
  EXPECT_EQ(path->number, UINT64_MAX);
  EXPECT_EQ(path->path, (PathIdentity{0xfe01, 12345}));
}

TEST(StoredName, FitsWhatAManagerTakes) {
  const auto longest = stored_name(UINT64_MAX, {UINT64_MAX, UINT64_MAX});
  EXPECT_LE(longest.size(), 255U);
  EXPECT_EQ(longest.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-"), longest.npos);
}

TEST(StoredName, OthersAreNotOurs) {
  for (const char* name : {"", "http", "uvinetd", "uvinetd-", "uvinetd-x", "uvinetd-1x",
                           "uvinetd--", "uvinetd-1-2", "uvinetd-1-2-", "uvinetd-1-2-g",
                           "uvinetd-1-2-3-4", "uvinetd-99999999999999999999", "uvinetd--1"}) {
    EXPECT_FALSE(parse_stored_name(name)) << name;
  }
}

constexpr int kMostOpen = 800;  // of this program, and whatever it was started with

// In a child, whose descriptors from 3 on are these: what `look` returns. A gtest assertion in it
// would not be heard.
int with_descriptors(const std::vector<int>& fds, const char* count, const char* names,
                     const std::function<int()>& look) {
  const pid_t child = ::fork();
  if (child == 0) {
    std::vector<int> copies;
    for (const int fd : fds) copies.push_back(::fcntl(fd, F_DUPFD, kMostOpen));
    for (int fd = 3; fd < kMostOpen; ++fd) ::close(fd);
    for (std::size_t i = 0; i < copies.size(); ++i) {
      ::dup2(copies[i], static_cast<int>(3 + i));
      ::close(copies[i]);
    }
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
    ::setenv("LISTEN_FDS", count, 1);
    ::setenv("LISTEN_FDNAMES", names, 1);
    ::_exit(look());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}

class InheritedSocketsTest : public testing::Test {
 protected:
  Log log;
  ListenSpec spec = ip_spec(SocketKind::Tcp, "127.0.0.1", 0);
  UniqueFd tcp = bind_tcp();

  UniqueFd bind_tcp() {
    auto fd = bind_socket(spec, {});
    spec.port = SocketAddress::local_of(fd->get())->port();
    return std::move(*fd);
  }
};

TEST_F(InheritedSocketsTest, TheOneAtAnAddressIsAdoptedOnce) {
  EXPECT_EQ(with_descriptors({tcp.get()}, "1", "uvinetd-9",
                             [&] {
                               auto sockets = InheritedSockets::take(-1);
                               if (std::getenv("LISTEN_FDS") != nullptr) return 1;
                               if (sockets.last_number() != 9 || !sockets.problems().empty())
                                 return 2;
                               auto other = spec;
                               other.kind = SocketKind::Udp;
                               if (sockets.adopt(other, {}, log)) return 3;
                               other = spec;
                               other.host = "127.0.0.2";
                               if (sockets.adopt(other, {}, log)) return 4;
                               const auto found = sockets.adopt(spec, {}, log);
                               if (!found || found->fd.get() != 3 || !found->is_of_store())
                                 return 5;
                               if ((::fcntl(3, F_GETFD) & FD_CLOEXEC) == 0) return 6;
                               if (sockets.adopt(spec, {}, log)) return 7;
                               return sockets.close_rest(log).empty() ? 0 : 8;
                             }),
            0);
}

TEST_F(InheritedSocketsTest, WhatIsLeftIsClosedAndItsNamesOfOursAreTold) {
  EXPECT_EQ(with_descriptors({tcp.get(), tcp.get()}, "2", "uvinetd-9:mine",
                             [&] {
                               auto sockets = InheritedSockets::take(-1);
                               if (sockets.descriptors().size() != 2) return 1;
                               if (sockets.close_rest(log) != std::vector<std::string>{"uvinetd-9"})
                                 return 2;
                               return ::fcntl(3, F_GETFD) < 0 && ::fcntl(4, F_GETFD) < 0 ? 0 : 3;
                             }),
            0);
}

TEST_F(InheritedSocketsTest, AReservedDescriptorIsSomebodyElses) {
  EXPECT_EQ(with_descriptors({tcp.get(), tcp.get()}, "2", "",
                             [&] {
                               auto sockets = InheritedSockets::take(3);
                               if (sockets.descriptors() != std::vector<int>{4}) return 1;
                               (void)sockets.close_rest(log);
                               return ::fcntl(3, F_GETFD) >= 0 ? 0 : 2;
                             }),
            0);
}

TEST_F(InheritedSocketsTest, NumbersOutOfTheirMindAreAProblemAndNoCrash) {
  for (const char* count : {"-1", "x", "4294967296", "1.5", " 1"}) {
    EXPECT_EQ(with_descriptors({tcp.get()}, count, "",
                               [] {
                                 const auto sockets = InheritedSockets::take(-1);
                                 return sockets.is_empty() && sockets.problems().size() == 1 ? 0
                                                                                             : 1;
                               }),
              0)
        << count;
  }
  EXPECT_EQ(with_descriptors({tcp.get()}, "4294967295", "::::",
                             [] {
                               const auto sockets = InheritedSockets::take(-1);
                               return !sockets.is_empty() && sockets.problems().size() == 1 ? 0 : 1;
                             }),
            0);
  EXPECT_EQ(with_descriptors({tcp.get()}, "0", "",
                             [] {
                               const auto sockets = InheritedSockets::take(-1);
                               return sockets.is_empty() && sockets.problems().empty() ? 0 : 1;
                             }),
            0);
}

}  // namespace
}  // namespace uvinetd
