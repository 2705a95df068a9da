// SPDX-License-Identifier: ISC
#include "core/monitor/bind.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <sys/stat.h>

#include <cstring>
#include <fstream>
#include <vector>

#include "core/base/process.h"
#include "spawn/identity.h"
#include "tests/pure/base/in_child.h"
#include "tests/pure/monitor/sockets_of_tests.h"

namespace uvinetd {
namespace {

using namespace test;

mode_t mode_of(const std::string& path) {
  struct stat info {};
  return lstat(path.c_str(), &info) == 0 ? info.st_mode & 07777 : 07777;
}

int option(const UniqueFd& fd, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  getsockopt(fd.get(), level, name, &value, &size);
  return value;
}

// ---- names and addresses ---------------------------------------------------------------------

TEST(SocketName, TellsKindFamilyAndAddressApart) {
  const auto tcp = ip_spec(SocketKind::Tcp, "", 79);
  EXPECT_TRUE(is_same_socket(tcp, tcp));
  EXPECT_FALSE(is_same_socket(tcp, ip_spec(SocketKind::Udp, "", 79)));
  EXPECT_FALSE(is_same_socket(tcp, ip_spec(SocketKind::Tcp, "", 80)));
  EXPECT_FALSE(is_same_socket(tcp, ip_spec(SocketKind::Tcp, "127.0.0.1", 79)));
  auto v6 = ip_spec(SocketKind::Tcp, "", 79, IpFamily::V6);
  auto dual = ip_spec(SocketKind::Tcp, "", 79, IpFamily::Dual);
  EXPECT_FALSE(is_same_socket(tcp, v6));
  EXPECT_FALSE(is_same_socket(v6, dual));
  EXPECT_FALSE(is_same_socket(unix_spec(SocketKind::UnixStream, "/a"),
                              unix_spec(SocketKind::UnixDgram, "/a")));
  EXPECT_FALSE(is_same_socket(unix_spec(SocketKind::UnixStream, "/a"),
                              unix_spec(SocketKind::UnixStream, "@/a")));
}

TEST(SocketName, AStarIsAnyAddress) {
  EXPECT_TRUE(is_same_socket(ip_spec(SocketKind::Tcp, "*", 79), ip_spec(SocketKind::Tcp, "", 79)));
}

TEST(SocketName, AnOwnerIsNoOtherSocket) {
  auto owned = unix_spec(SocketKind::UnixStream, "/a");
  owned.node.edit().mode = 0600;
  EXPECT_TRUE(is_same_socket(owned, unix_spec(SocketKind::UnixStream, "/a")));
}

TEST(SocketAddressOf, ANameThatIsNotLookedUpYetHasNone) {
  EXPECT_EQ(socket_address(ip_spec(SocketKind::Tcp, "localhost", 79)).size(), 0U);
  const auto fd = bind_socket(ip_spec(SocketKind::Tcp, "localhost", 79), {});
  ASSERT_FALSE(fd);
  EXPECT_EQ(fd.error().code, EINVAL);
}

TEST(SocketTypes, AreTheSystems) {
  EXPECT_EQ(socket_type(SocketKind::Tcp), SOCK_STREAM);
  EXPECT_EQ(socket_type(SocketKind::Udp), SOCK_DGRAM);
  EXPECT_EQ(socket_type(SocketKind::UnixStream), SOCK_STREAM);
  EXPECT_EQ(socket_type(SocketKind::UnixDgram), SOCK_DGRAM);
  EXPECT_EQ(socket_type(SocketKind::UnixSeqpacket), SOCK_SEQPACKET);
}

// ---- IP --------------------------------------------------------------------------------------

TEST(BindSocket, AListenerIsBlockingCloseOnExecAndListens) {
  BindOptions options;
  options.backlog = 5;
  const auto fd = bind_socket(ip_spec(SocketKind::Tcp, "127.0.0.1", 0), options);
  ASSERT_TRUE(fd);
  EXPECT_EQ(fcntl(fd->get(), F_GETFD), FD_CLOEXEC);
  EXPECT_EQ(fcntl(fd->get(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_EQ(option(*fd, SOL_SOCKET, SO_ACCEPTCONN), 1);
  EXPECT_EQ(option(*fd, SOL_SOCKET, SO_REUSEADDR), 1);
}

TEST(BindSocket, AUdpPortIsNeverSharedUnseen) {
  const auto fd = bind_socket(ip_spec(SocketKind::Udp, "127.0.0.1", 0), {});
  ASSERT_TRUE(fd);
  EXPECT_EQ(option(*fd, SOL_SOCKET, SO_REUSEADDR), 0);
  const auto port = SocketAddress::local_of(fd->get())->port();
  const auto second = bind_socket(ip_spec(SocketKind::Udp, "127.0.0.1", port), {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, EADDRINUSE);
}

TEST(BindSocket, APortThatIsTakenIsNamed) {
  const auto taken = bind_socket(ip_spec(SocketKind::Tcp, "127.0.0.1", 0), {});
  const auto port = SocketAddress::local_of(taken->get())->port();
  const auto fd = bind_socket(ip_spec(SocketKind::Tcp, "127.0.0.1", port), {});
  ASSERT_FALSE(fd);
  EXPECT_EQ(fd.error().text(),
            "bind 127.0.0.1:" + std::to_string(port) + ": " + std::strerror(EADDRINUSE));
}

TEST(BindSocket, AnAddressOfAnotherHostIsNotAvailable) {
  const auto fd = bind_socket(ip_spec(SocketKind::Tcp, "192.0.2.1", 0), {});
  ASSERT_FALSE(fd);
  EXPECT_EQ(fd.error().code, EADDRNOTAVAIL);
}

TEST(BindSocket, V4AndV6ShareAPort) {
  if (!has_v6()) GTEST_SKIP() << "no IPv6 on this host";
  for (const auto kind : {SocketKind::Tcp, SocketKind::Udp}) {
    // A port that is free in one family may be somebody else's in the other.
    bool is_shared = false;
    for (int tries = 0; tries < 20 && !is_shared; ++tries) {
      const auto v6 = bind_socket(ip_spec(kind, "", 0, IpFamily::V6), {});
      ASSERT_TRUE(v6);
      const auto port = SocketAddress::local_of(v6->get())->port();
      const auto v4 = bind_socket(ip_spec(kind, "", port), {});
      if (!v4) {
        ASSERT_EQ(v4.error().code, EADDRINUSE) << v4.error().text();
      }
      is_shared = v4.has_value();
    }
    EXPECT_TRUE(is_shared);
  }
}

TEST(BindSocket, ADualSocketHearsBothFamilies) {
  if (!has_v6()) GTEST_SKIP() << "no IPv6 on this host";
  const auto dual = bind_socket(ip_spec(SocketKind::Tcp, "", 0, IpFamily::Dual), {});
  ASSERT_TRUE(dual);
  const auto port = SocketAddress::local_of(dual->get())->port();
  for (const char* host : {"127.0.0.1", "::1"}) {
    const auto to = *SocketAddress::parse_ip(host, port);
    const UniqueFd client(socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(connect(client.get(), to.data(), to.size()), 0) << host;
  }
}

TEST(BindSocket, BuffersAreSetBeforeTheSocketIsUsed) {
  BindOptions options;
  options.more.edit().send_buffer = 20'000;
  options.more.edit().receive_buffer = 30'000;
  const auto fd = bind_socket(ip_spec(SocketKind::Tcp, "127.0.0.1", 0), options);
  ASSERT_TRUE(fd);
  EXPECT_GE(option(*fd, SOL_SOCKET, SO_SNDBUF), 20'000);
  EXPECT_GE(option(*fd, SOL_SOCKET, SO_RCVBUF), 30'000);
}

TEST(BindSocket, SettingsOfConnectionsAreMadeAtTheirListener) {
  BindOptions options;
  options.more.edit().keepalive = true;
  options.more.edit().nodelay = true;
  options.more.edit().reuseport = true;
  options.more.edit().accept_filter = "dataready";
  const auto fd = bind_socket(ip_spec(SocketKind::Tcp, "127.0.0.1", 0), options);
  ASSERT_TRUE(fd) << fd.error().text();
  EXPECT_EQ(option(*fd, SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(option(*fd, IPPROTO_TCP, TCP_NODELAY), 1);
  EXPECT_EQ(option(*fd, SOL_SOCKET, SO_REUSEPORT), 1);
#ifdef __linux__
  EXPECT_GT(option(*fd, IPPROTO_TCP, TCP_DEFER_ACCEPT), 0);
#endif
}

TEST(BindSocket, SettingsOfConnectionsAreLeftOutOfDatagrams) {
  BindOptions options;
  options.more.edit().keepalive = true;
  options.more.edit().nodelay = true;
  const auto fd = bind_socket(ip_spec(SocketKind::Udp, "127.0.0.1", 0), options);
  ASSERT_TRUE(fd) << fd.error().text();
  EXPECT_EQ(option(*fd, SOL_SOCKET, SO_KEEPALIVE), 0);
}

#ifdef __linux__
TEST(BindSocket, FreebindTakesAnAddressThatIsNotThere) {
  BindOptions options;
  EXPECT_FALSE(bind_socket(ip_spec(SocketKind::Tcp, "192.0.2.77", 0), options));
  options.more.edit().freebind = true;
  EXPECT_TRUE(bind_socket(ip_spec(SocketKind::Tcp, "192.0.2.77", 0), options));
}

TEST(BindSocket, AnInterfaceThatIsNotThereIsAnErrorWithItsName) {
  BindOptions options;
  options.more.edit().bind_to_device = "nowhere7";
  const auto fd = bind_socket(ip_spec(SocketKind::Tcp, "127.0.0.1", 0), options);
  ASSERT_FALSE(fd);
  EXPECT_THAT(fd.error().text(), testing::HasSubstr("nowhere7"));
}
#endif

TEST(BindSocket, OnlyTheSettingsOfSocketsMakeADifference) {
  ServiceOptions a;
  ServiceOptions b;
  b.umask = 077;
  EXPECT_TRUE(has_same_settings(a, b));
  b.mark = 3;
  EXPECT_FALSE(has_same_settings(a, b));
}

// ---- Unix ------------------------------------------------------------------------------------

class BindUnixTest : public testing::Test {
 protected:
  [[nodiscard]] std::string path() const { return directory.file("socket"); }
  [[nodiscard]] Result<UniqueFd> bind(SocketKind kind = SocketKind::UnixStream) const {
    return bind_socket(unix_spec(kind, path()), {});
  }
  TemporaryDirectory directory;
};

TEST_F(BindUnixTest, EveryKindIsBoundAtItsPath) {
  for (const auto kind :
       {SocketKind::UnixStream, SocketKind::UnixDgram, SocketKind::UnixSeqpacket}) {
    const auto fd = bind(kind);
    ASSERT_TRUE(fd) << fd.error().text();
    EXPECT_TRUE(connects_to(path(), socket_type(kind)));
  }
}

TEST_F(BindUnixTest, AnAbstractNameLeavesNoFile) {
  const auto spec = unix_spec(SocketKind::UnixStream, "@uvinetd-test-" + std::to_string(getpid()));
  const auto fd = bind_socket(spec, {});
  ASSERT_TRUE(fd) << fd.error().text();
  EXPECT_TRUE(connects_to(spec.path, SOCK_STREAM));
  EXPECT_EQ(path_identity(spec.path), PathIdentity());
}

TEST_F(BindUnixTest, APathThatNobodyAnswersOnIsTakenOver) {
  for (const auto kind :
       {SocketKind::UnixStream, SocketKind::UnixDgram, SocketKind::UnixSeqpacket}) {
    { const auto dead = bind(kind); }
    const auto fd = bind(kind);
    ASSERT_TRUE(fd) << fd.error().text();
    EXPECT_TRUE(connects_to(path(), socket_type(kind)));
    unlink(path().c_str());
  }
}

TEST_F(BindUnixTest, APathThatSomebodyAnswersOnIsLeftAlone) {
  const auto alive = bind();
  const auto before = path_identity(path());
  for (const auto kind :
       {SocketKind::UnixStream, SocketKind::UnixDgram, SocketKind::UnixSeqpacket}) {
    const auto fd = bind(kind);
    ASSERT_FALSE(fd);
    EXPECT_EQ(fd.error().code, EADDRINUSE);
  }
  EXPECT_EQ(path_identity(path()), before);
  EXPECT_TRUE(connects_to(path(), SOCK_STREAM));
}

// A daemon that has stopped accepting: connect(2) would wait for it as long as it likes.
TEST_F(BindUnixTest, AQueueThatIsFullIsSomebodyToo) {
  UniqueFd alive(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto address = *SocketAddress::unix_path(path());
  ASSERT_EQ(::bind(alive.get(), address.data(), address.size()), 0);
  ASSERT_EQ(listen(alive.get(), 0), 0);
  std::vector<UniqueFd> waiting;
  do {
    waiting.emplace_back(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  } while (connect(waiting.back().get(), address.data(), address.size()) == 0);
  EXPECT_EQ(test::in_child([this] {
              alarm(5);
              const auto fd = bind();
              return !fd && fd.error().code == EADDRINUSE ? 0 : 1;
            }),
            0);
}

TEST_F(BindUnixTest, AFileThatIsNoSocketIsLeftAlone) {
  std::ofstream(path()) << "precious";
  const auto fd = bind();
  ASSERT_FALSE(fd);
  EXPECT_EQ(fd.error().code, EEXIST);
  std::string content;
  std::ifstream(path()) >> content;
  EXPECT_EQ(content, "precious");
}

TEST_F(BindUnixTest, ALinkToASocketIsLeftAlone) {
  { const auto dead = bind_socket(unix_spec(SocketKind::UnixStream, directory.file("other")), {}); }
  ASSERT_EQ(symlink(directory.file("other").c_str(), path().c_str()), 0);
  EXPECT_FALSE(bind());
  EXPECT_EQ(access(directory.file("other").c_str(), F_OK), 0);
}

TEST_F(BindUnixTest, AMissingDirectoryIsReported) {
  const auto fd = bind_socket(unix_spec(SocketKind::UnixStream, "/nonexistent/socket"), {});
  ASSERT_FALSE(fd);
  EXPECT_EQ(fd.error().code, ENOENT);
}

TEST_F(BindUnixTest, TheModeIsThatOfTheConfigurationWhateverTheUmask) {
  for (const unsigned mode : {0666U, 0600U, 0U}) {
    auto spec = unix_spec(SocketKind::UnixStream, path());
    spec.node.edit().mode = mode;
    const auto fd = bind_socket(spec, {});
    ASSERT_TRUE(fd);
    EXPECT_EQ(mode_of(path()), mode);
    unlink(path().c_str());
  }
}

TEST_F(BindUnixTest, WithoutAModeTheUmaskOfTheDaemonDecidesAndStaysAsItWas) {
  const mode_t before = umask(0777);
  const auto fd = bind();
  EXPECT_EQ(umask(before), 0777U);
  ASSERT_TRUE(fd);
  EXPECT_EQ(mode_of(path()), 0755U);
}

TEST_F(BindUnixTest, AnOwnerWithoutAModeLeavesTheUsualMode) {
  auto spec = unix_spec(SocketKind::UnixStream, path());
  spec.node.edit().user = std::to_string(getuid());
  const auto fd = bind_socket(spec, {});
  ASSERT_TRUE(fd) << fd.error().text();
  EXPECT_EQ(mode_of(path()), 0755U);
}

TEST_F(BindUnixTest, TheOwnerIsThatOfTheConfiguration) {
  if (!can_change_identity()) GTEST_SKIP() << "needs root to give a file away";
  auto spec = unix_spec(SocketKind::UnixStream, path());
  spec.node.edit().user = "64999";
  spec.node.edit().group = "64998";
  spec.node.edit().mode = 0660;
  const auto fd = bind_socket(spec, {});
  ASSERT_TRUE(fd) << fd.error().text();
  struct stat info {};
  ASSERT_EQ(lstat(path().c_str(), &info), 0);
  EXPECT_EQ(info.st_uid, 64'999U);
  EXPECT_EQ(info.st_gid, 64'998U);
  EXPECT_EQ(mode_of(path()), 0660U);
}

TEST_F(BindUnixTest, OnlyThePathOfOurOwnBindingIsRemoved) {
  const auto ours = bind();
  const auto identity = path_identity(path());
  ASSERT_NE(identity, PathIdentity());
  unlink(path().c_str());
  const auto theirs = bind();  // another daemon, at the same path
  remove_path_if(path(), identity);
  EXPECT_EQ(access(path().c_str(), F_OK), 0);
  remove_path_if(path(), path_identity(path()));
  EXPECT_NE(access(path().c_str(), F_OK), 0);
  remove_path_if(path(), PathIdentity());
  remove_path_if("", PathIdentity());
}

}  // namespace
}  // namespace uvinetd
