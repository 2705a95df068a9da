// SPDX-License-Identifier: ISC
// The launcher's part of the contract with a zygote (spawn/zygote/wire.h), as a test plays it: one
// step at a time, and any of them wrong if it likes.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/unique_fd.h"
#include "spawn/zygote/wire.h"
#include "tests/pure/spawn/eventually.h"
#include "uvinetd_build_id.h"

namespace uvinetd::test {

using Strings = std::vector<std::string>;

// What runs the program of tests/harness/warm_program.c.
inline Strings program(std::initializer_list<std::string> words) {
  Strings out{UVINETD_WARM_PROGRAM};
  out.insert(out.end(), words);
  return out;
}

// It just fits into its slot.
inline std::string longest_variable() {
  std::string out = "TCPREMOTEIP=";
  out.resize(zygote::kSlotBytes - 1, '.');
  return out;
}

struct Ends {
  UniqueFd ours;
  UniqueFd theirs;
};

inline Ends make_ends(int type) {
  int ends[2] = {-1, -1};
  EXPECT_EQ(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends), 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

inline bool is_readable(int fd) {
  pollfd one{fd, POLLIN, 0};
  return poll(&one, 1, static_cast<int>(deadline().count())) == 1;
}

// Until the end of file; "(silence)" at the end says that it did not come.
inline std::string read_all(int fd) {
  std::string out;
  char bytes[4096];
  for (;;) {
    if (!is_readable(fd)) return out + "(silence)";
    const auto size = read(fd, bytes, sizeof bytes);
    if (size <= 0) return out;
    out.append(bytes, static_cast<std::size_t>(size));
  }
}

inline bool send_bytes(int to, std::string_view bytes, const std::vector<int>& descriptors) {
  iovec part{const_cast<char*>(bytes.data()), bytes.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  const auto size = descriptors.size() * sizeof(int);
  std::vector<char> control(CMSG_SPACE(size));
  if (!descriptors.empty()) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    auto* const head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(size);
    std::memcpy(CMSG_DATA(head), descriptors.data(), size);
  }
  return sendmsg(to, &message, MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

template <typename Message>
std::string bytes_of(const Message& message) {
  return {reinterpret_cast<const char*>(&message), sizeof message};
}

inline std::string serve_message(const Strings& variables) {
  zygote::Serve serve;
  serve.variables = static_cast<std::uint32_t>(variables.size());
  auto out = bytes_of(serve);
  for (const auto& variable : variables) out += variable + '\0';
  return out;
}

inline std::string fork_message() {
  return bytes_of(zygote::Head{zygote::kMagic, zygote::Kind::Fork, 0});
}

// Starts a program as a launcher does: `connection` at 0, 1, 2, `channel` (if it is one) at 3, no
// other descriptor, a session of its own, all signals as at first. argv[0] is its path.
inline pid_t start(const Strings& argv, const Strings& environment, int connection, int channel) {
  const auto pointers = [](const Strings& strings) {
    std::vector<char*> out;
    for (const auto& string : strings) out.push_back(const_cast<char*>(string.c_str()));
    out.push_back(nullptr);
    return out;
  };
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (int fd = 0; fd < 3; ++fd) posix_spawn_file_actions_adddup2(&actions, connection, fd);
  if (channel >= 0) posix_spawn_file_actions_adddup2(&actions, channel, zygote::kChannelFd);
  posix_spawn_file_actions_addclosefrom_np(&actions, channel >= 0 ? 4 : 3);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t set;
  sigfillset(&set);
  posix_spawnattr_setsigdefault(&attributes, &set);
  sigemptyset(&set);
  posix_spawnattr_setsigmask(&attributes, &set);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, argv[0].c_str(), &actions, &attributes, pointers(argv).data(),
                                pointers(environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  EXPECT_EQ(error, 0) << argv[0];
  return error == 0 ? pid : -1;
}

// The status of wait4(2); -1: it did not end in time.
inline int wait_for(pid_t pid, rusage* used = nullptr) {
  int status = -1;
  const bool has_ended =
      eventually([&] { return pid > 0 && wait4(pid, &status, WNOHANG, used) == pid; });
  return has_ended ? status : -1;
}

// A child that was asked for, from before it is born.
struct WarmChild {
  UniqueFd pair;
  pid_t pid = -1;  // -1: it was not born
};

struct WarmOptions {
  Strings argv;
  Strings environment = {};                                      // what every connection has
  Strings slots = {"PROTO=", "TCPREMOTEIP=", "TCPREMOTEPORT="};  // names of the connection's
  std::string wish = "main 0";
  std::string build = UVINETD_BUILD_ID;
  std::string library = UVINETD_ZYGOTE_LIBRARY;
  int placeholder_type = SOCK_STREAM;
};

class WarmProgram {
 public:
  explicit WarmProgram(const WarmOptions& options) {
    auto ends = make_ends(SOCK_SEQPACKET);
    channel_ = std::move(ends.ours);
    const UniqueFd placeholder(socket(AF_UNIX, options.placeholder_type | SOCK_CLOEXEC, 0));
    pid_ = start(options.argv, environment(options), placeholder.get(), ends.theirs.get());
  }
  WarmProgram(const WarmProgram&) = delete;
  WarmProgram& operator=(const WarmProgram&) = delete;
  ~WarmProgram() {
    channel_.reset();
    if (pid_ > 0 && !is_collected_) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
  }

  [[nodiscard]] int channel() const { return channel_.get(); }
  [[nodiscard]] pid_t pid() const { return pid_; }

  // The next packet of the zygote; "" when its end of the channel is closed.
  std::string hear() { return receive(channel_.get(), nullptr); }

  // Whether it says that it has parked there. `files`: what it has mapped.
  testing::AssertionResult parks(zygote::Park where = zygote::Park::Main,
                                 Strings* files = nullptr) {
    const auto packet = hear();
    zygote::Parked parked;
    if (packet.size() < sizeof parked) return testing::AssertionFailure() << "no Parked";
    std::memcpy(static_cast<void*>(&parked), packet.data(), sizeof parked);
    if (parked.head.kind == zygote::Kind::Refused) {
      return testing::AssertionFailure() << packet.substr(sizeof(zygote::Head) + 1).c_str();
    }
    if (parked.head.kind != zygote::Kind::Parked || parked.park != where) {
      return testing::AssertionFailure() << "another message";
    }
    Strings found;
    for (std::size_t at = sizeof parked; at < packet.size(); at += found.back().size() + 1) {
      found.emplace_back(packet.c_str() + at);
    }
    if (found.size() != parked.files) return testing::AssertionFailure() << "another count";
    if (files != nullptr) *files = std::move(found);
    return testing::AssertionSuccess();
  }

  // Its reason, if it says Refused with this fallback, else what went otherwise, in brackets.
  std::string refusal(zygote::Fallback expected = zygote::Fallback::Exec) {
    const auto packet = hear();
    zygote::Refused refused;
    if (packet.size() != sizeof refused) return "[no Refused]";
    std::memcpy(static_cast<void*>(&refused), packet.data(), sizeof refused);
    if (refused.head.kind != zygote::Kind::Refused) return "[another message]";
    if (refused.fallback != expected) return "[another fallback]";
    return refused.reason;
  }

  WarmChild fork() {
    auto ends = make_ends(SOCK_SEQPACKET);
    const int on = 1;
    setsockopt(ends.ours.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
    WarmChild child{std::move(ends.ours), -1};
    EXPECT_TRUE(send_bytes(channel_.get(), fork_message(), {ends.theirs.get()}));
    ends.theirs.reset();
    ucred who{};
    const auto born = receive(child.pair.get(), &who);
    if (born == bytes_of(zygote::Head{zygote::kMagic, zygote::Kind::Born, 0})) child.pid = who.pid;
    EXPECT_GT(child.pid, 0) << "no Born";
    return child;
  }

  // What the client of a served child reads, without writing anything.
  std::string serve(const WarmChild& child, const Strings& variables, int type = SOCK_STREAM) {
    auto connection = make_ends(type);
    EXPECT_TRUE(send_bytes(child.pair.get(), serve_message(variables), {connection.theirs.get()}));
    connection.theirs.reset();
    return read_all(connection.ours.get());
  }

  // One connection from beginning to end: what the client reads.
  std::string serve_one(const Strings& variables = {}) {
    const auto child = fork();
    auto out = serve(child, variables);
    wait_for(child.pid);
    return out;
  }

  // Closes the channel. The status of wait4(2).
  int end() {
    channel_.reset();
    return collect();
  }
  int collect() {
    const int status = wait_for(pid_);
    is_collected_ = status != -1;
    return status;
  }

 private:
  static std::string receive(int from, ucred* who) {
    if (!is_readable(from)) return "(silence)";
    std::string packet(64 * 1024, '\0');
    iovec part{packet.data(), packet.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(ucred))];
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const auto size = recvmsg(from, &message, MSG_CMSG_CLOEXEC);
    auto* const head = size > 0 ? CMSG_FIRSTHDR(&message) : nullptr;
    if (who != nullptr && head != nullptr && head->cmsg_type == SCM_CREDENTIALS) {
      std::memcpy(who, CMSG_DATA(head), sizeof *who);
    }
    packet.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return packet;
  }

  static Strings environment(const WarmOptions& options) {
    constexpr std::string_view kPreload = "LD_PRELOAD=";
    auto out = options.environment;
    bool has_own = false;
    for (auto& each : out) {
      if (!each.starts_with(kPreload)) continue;
      each.insert(kPreload.size(), options.library + ':');
      has_own = true;
    }
    for (auto slot : options.slots) {
      slot.resize(zygote::kSlotBytes - 1, zygote::kSlotFill);
      out.push_back(std::move(slot));
    }
    out.push_back(std::string(zygote::kVariable) + '=' + options.wish + ' ' + options.build);
    const auto binds = [](const std::string& each) { return each.starts_with("LD_BIND_NOW="); };
    if (std::none_of(out.begin(), out.end(), binds)) out.emplace_back(zygote::kBindNow);
    if (!has_own) out.push_back(std::string(kPreload) + options.library);
    return out;
  }

  UniqueFd channel_;
  pid_t pid_ = -1;
  bool is_collected_ = false;
};

// What the same program says to a client when it is exec'd.
inline std::string exec_one(const Strings& argv, Strings environment,
                            const Strings& variables = {}) {
  environment.insert(environment.end(), variables.begin(), variables.end());
  auto connection = make_ends(SOCK_STREAM);
  const pid_t pid = start(argv, environment, connection.theirs.get(), -1);
  connection.theirs.reset();
  auto out = read_all(connection.ours.get());
  wait_for(pid);
  return out;
}

}  // namespace uvinetd::test
