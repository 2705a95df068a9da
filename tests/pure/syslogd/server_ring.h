// SPDX-License-Identifier: ISC
// A real uvinetd-syslogd in a process of its own, with the test as its monitor.
#pragma once

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "core/base/address.h"
#include "core/base/channel.h"
#include "core/base/process.h"
#include "core/base/shared_memory.h"
#include "core/config/syslog/syslog_rules.h"
#include "core/syslogd/syslog_wire.h"
#include "tests/pure/config/temporary_directory.h"
#include "tests/pure/spawn/eventually.h"

namespace uvinetd::test {

inline SyslogMask everything() {
  SyslogMask mask{};
  mask.fill(0xff);
  mask[kMarkFacility] = 0;
  return mask;
}

inline SyslogAction place(SyslogActionKind kind, const std::string& path) {
  SyslogAction out;
  out.kind = kind;
  out.path = path;
  return out;
}

// Everything to each of these.
inline SyslogSetup setup_of(std::vector<SyslogAction> actions) {
  SyslogSetup out;
  out.host = "here";
  out.rules.actions = std::move(actions);
  for (std::size_t i = 0; i < out.rules.actions.size(); ++i) {
    SyslogRule rule;
    rule.mask = everything();
    rule.action = i;
    out.rules.rules.push_back(rule);
  }
  return out;
}

inline std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream out;
  out << file.rdbuf();
  return out.str();
}

inline std::size_t count_of(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

// Of a local sender the process is known where the system tells it.
#ifdef UVINETD_PORTABLE_BUILD
inline constexpr bool kIsPidKnown = false;
#else
inline constexpr bool kIsPidKnown = true;
#endif
inline std::string tag(const std::string& program) {
  return kIsPidKnown ? program + '[' + std::to_string(getpid()) + ']' : program;
}

class ServerRing : public ::testing::Test {
 protected:
  ~ServerRing() override {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
  }

  std::string path(const std::string& name) const { return folder_.path() + "/" + name; }

  // A bound Unix datagram socket, and one in the network with a port of its own.
  void add_unix(const std::string& name) {
    const auto address = SocketAddress::unix_path(path(name));
    UniqueFd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(bind(fd.get(), address->data(), address->size()), 0);
    sockets_.push_back(std::move(fd));
    names_ += (names_.empty() ? "" : ":") + name;
  }
  SocketAddress add_udp(const std::string& host) {
    auto address = SocketAddress::parse_ip(host, 0);
    UniqueFd fd(socket(address->family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(bind(fd.get(), address->data(), address->size()), 0);
    const int room = 8 << 20;
    setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
    const auto bound = *SocketAddress::local_of(fd.get());
    sockets_.push_back(std::move(fd));
    names_ += (names_.empty() ? "" : ":") + std::string("udp");
    return bound;
  }

  // Starts it, with the sockets that there are; its standard error is a file.
  void start() {
    if (!monitor_.is_open()) {
      auto ends = Channel::make_pair();
      ASSERT_TRUE(ends);
      monitor_ = Channel(std::move(ends->first));
      server_end_ = std::move(ends->second);
    }
    pid_ = fork();
    ASSERT_GE(pid_, 0);
    if (pid_ == 0) run_server();
    const auto hello = expect<SyslogHello>(SyslogMessageType::Hello);
    ASSERT_TRUE(hello);
    EXPECT_EQ(hello->version, kSyslogWireVersion);
    EXPECT_EQ(hello->pid, pid_);
  }

  void say(SyslogMessageType type, std::string_view body, const std::vector<int>& fds = {}) {
    ASSERT_TRUE(monitor_.send(static_cast<std::uint16_t>(type), body, fds));
  }
  void say_setup(std::uint32_t generation, const SyslogSetup& setup) {
    auto memory = make_read_only_memory("syslog", print(setup));
    ASSERT_TRUE(memory);
    say(SyslogMessageType::Setup, print(SyslogGeneration{generation}), {memory->get()});
  }
  void say_target(std::uint32_t generation, std::uint32_t action, const UniqueFd& fd,
                  int code = 0) {
    const auto body = print(SyslogTarget{generation, action, code});
    if (fd.is_open()) return say(SyslogMessageType::Target, body, {fd.get()});
    say(SyslogMessageType::Target, body);
  }
  void say_use(std::uint32_t generation) {
    say(SyslogMessageType::Use, print(SyslogGeneration{generation}));
    const auto used = expect<SyslogGeneration>(SyslogMessageType::Used);
    ASSERT_TRUE(used);
    EXPECT_EQ(used->generation, generation);
  }
  // Setup, a Target for each path, Use.
  void use(std::uint32_t generation, const SyslogSetup& setup) {
    say_setup(generation, setup);
    for (std::uint32_t i = 0; i < setup.rules.actions.size(); ++i) {
      const auto& action = setup.rules.actions[i];
      if (!action.path.empty()) say_target(generation, i, open_target(action));
    }
    say_use(generation);
  }
  static UniqueFd open_target(const SyslogAction& action) {
    const int how = action.kind == SyslogActionKind::File   ? O_WRONLY | O_APPEND | O_CREAT
                    : action.kind == SyslogActionKind::Fifo ? O_RDWR
                                                            : O_WRONLY;
    UniqueFd fd(open(action.path.c_str(), how | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0600));
    EXPECT_TRUE(fd.is_open()) << action.path;
    return fd;
  }

  // The next message of this type; others are kept.
  std::optional<Message> next(SyslogMessageType type) {
    std::optional<Message> found;
    const bool is_there = eventually([&] {
      for (;;) {
        auto& kept = kept_[static_cast<std::uint16_t>(type)];
        if (!kept.empty()) {
          found = std::move(kept.front());
          kept.pop_front();
          return true;
        }
        auto received = monitor_.receive();
        if (received.event != Channel::Event::Message) return false;
        kept_[received.message.type].push_back(std::move(received.message));
      }
    });
    EXPECT_TRUE(is_there) << "no message " << static_cast<int>(type);
    return found;
  }
  template <typename T>
  std::optional<T> expect(SyslogMessageType type) {
    const auto message = next(type);
    if (!message) return std::nullopt;
    return parse_as<T>(message->body);
  }
  // Whether such a message has come by now.
  bool has(SyslogMessageType type) {
    for (;;) {
      auto received = monitor_.receive();
      if (received.event != Channel::Event::Message) break;
      kept_[received.message.type].push_back(std::move(received.message));
    }
    return !kept_[static_cast<std::uint16_t>(type)].empty();
  }

  void log(std::string_view text, const std::string& name = "log") {
    const auto address = SocketAddress::unix_path(path(name));
    UniqueFd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(sendto(fd.get(), text.data(), text.size(), 0, address->data(), address->size()),
              static_cast<ssize_t>(text.size()));
  }
  static void send_udp(std::string_view text, const SocketAddress& to, const std::string& from) {
    auto source = SocketAddress::parse_ip(from, 0);
    UniqueFd fd(socket(to.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(bind(fd.get(), source->data(), source->size()), 0) << from;
    ASSERT_EQ(sendto(fd.get(), text.data(), text.size(), 0, to.data(), to.size()),
              static_cast<ssize_t>(text.size()));
  }
  bool file_has(const std::string& name, std::string_view part) {
    const bool has_it =
        eventually([&] { return text_of(path(name)).find(part) != std::string::npos; });
    EXPECT_TRUE(has_it) << name << ": no \"" << part << "\" in:\n" << text_of(path(name));
    return has_it;
  }

  // Its exit status, or 128 and its signal.
  int wait_for_end() {
    int status = 0;
    const bool is_over = eventually([&] { return waitpid(pid_, &status, WNOHANG) == pid_; });
    EXPECT_TRUE(is_over);
    if (!is_over) return -1;
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  int terminate() {
    kill(pid_, SIGTERM);
    return wait_for_end();
  }

  uvinetd::testing::TemporaryDirectory folder_;
  std::vector<UniqueFd> sockets_;
  Channel monitor_;
  UniqueFd server_end_;  // the monitor keeps it, for the next server
  pid_t pid_ = -1;

 private:
  [[noreturn]] void run_server() {
    dup2(server_end_.get(), 0);
    dup2(server_end_.get(), 1);
    const UniqueFd error(open(path("stderr").c_str(), O_WRONLY | O_APPEND | O_CREAT, 0600));
    dup2(error.get(), 2);
    std::vector<int> high;
    for (const auto& fd : sockets_) high.push_back(fcntl(fd.get(), F_DUPFD, 500));
    for (std::size_t i = 0; i < high.size(); ++i) dup2(high[i], 3 + static_cast<int>(i));
    for (int fd = 3 + static_cast<int>(high.size()); fd < 600; ++fd) close(fd);
    setenv("LISTEN_PID", std::to_string(getpid()).c_str(), 1);
    setenv("LISTEN_FDS", std::to_string(high.size()).c_str(), 1);
    setenv("LISTEN_FDNAMES", names_.c_str(), 1);
    execl(UVINETD_SYSLOGD, "uvinetd-syslogd", nullptr);
    _exit(127);
  }

  std::string names_;
  std::map<std::uint16_t, std::deque<Message>> kept_;
};

}  // namespace uvinetd::test
