// SPDX-License-Identifier: ISC
// Zygotes that do as a test says: a spawner that forks this process and lets the copy speak the
// zygote's side of spawn/zygote/wire.h, well or badly.
#pragma once

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "spawn/spawner.h"
#include "spawn/zygote/wire.h"

namespace uvinetd::test {

struct Incoming {
  std::string bytes;  // empty: the other end is closed
  int fd = -1;
};

// Blocks.
inline Incoming receive_from(int socket) {
  std::array<char, 64 * 1024> buffer;
  alignas(cmsghdr) std::array<char, 256> control{};
  iovec part{buffer.data(), buffer.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const auto count = ::recvmsg(socket, &message, 0);
  Incoming out;
  if (count > 0) out.bytes.assign(buffer.data(), static_cast<std::size_t>(count));
  for (auto* head = CMSG_FIRSTHDR(&message); head != nullptr; head = CMSG_NXTHDR(&message, head)) {
    if (head->cmsg_type == SCM_RIGHTS) std::memcpy(&out.fd, CMSG_DATA(head), sizeof out.fd);
  }
  return out;
}

template <typename T>
bool say(int socket, const T& message, std::string_view more = {}) {
  std::string bytes(reinterpret_cast<const char*>(&message), sizeof message);
  bytes += more;
  return ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(bytes.size());
}

inline void say_parked(int channel, const std::vector<std::string>& files = {},
                       zygote::Park park = zygote::Park::Main) {
  zygote::Parked parked;
  parked.park = park;
  parked.files = static_cast<std::uint32_t>(files.size());
  std::string more;
  for (const auto& file : files) more += file + '\0';
  say(channel, parked, more);
}

inline void say_refused(int channel, zygote::Fallback fallback, const char* reason) {
  zygote::Refused refused;
  refused.fallback = fallback;
  std::strncpy(refused.reason, reason, sizeof refused.reason - 1);
  say(channel, refused);
}

inline bool say_born(int pair) {
  return say(pair, zygote::Head{zygote::kMagic, zygote::Kind::Born, 0});
}

// The same, by a process of root that claims to be another. False: the kernel does not let it.
inline bool say_born_as(int pair, pid_t pid) {
  const zygote::Head born{zygote::kMagic, zygote::Kind::Born, 0};
  iovec part{const_cast<zygote::Head*>(&born), sizeof born};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  auto* const head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_CREDENTIALS;
  head->cmsg_len = CMSG_LEN(sizeof(ucred));
  const ucred claimed{pid, ::getuid(), ::getgid()};
  std::memcpy(CMSG_DATA(head), &claimed, sizeof claimed);
  return ::sendmsg(pair, &message, MSG_NOSIGNAL) == sizeof born;
}

// As fork(2), for our own parent.
inline pid_t fork_sibling() {
  return static_cast<pid_t>(::syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0));
}

// A served child: says the variables that it was given to its client, and ends with 7.
[[noreturn]] inline void serve_one(int pair) {
  if (!say_born(pair)) ::_exit(1);
  const auto serve = receive_from(pair);
  if (serve.bytes.empty()) ::_exit(0);
  auto told = serve.bytes.substr(sizeof(zygote::Serve));
  for (auto& byte : told) byte = byte == '\0' ? '\n' : byte;
  (void)!::write(serve.fd, told.data(), told.size());
  ::_exit(7);
}

// Parks, and makes children until its channel is closed.
inline void obey(int channel, const std::vector<std::string>& files = {},
                 zygote::Park park = zygote::Park::Main) {
  say_parked(channel, files, park);
  for (;;) {
    const auto fork = receive_from(channel);
    if (fork.bytes.empty()) ::_exit(0);
    if (fork_sibling() == 0) {
      ::close(channel);
      serve_one(fork.fd);
    }
    ::close(fork.fd);
  }
}

// Each start runs the script in a child of this process. It must not return.
class ScriptedSpawner final : public Spawner {
 public:
  using Script = std::function<void(int channel)>;
  explicit ScriptedSpawner(Script script) : script_(std::move(script)) {}

  Result<pid_t> spawn(const SpawnRequest& request) noexcept override {
    environments.emplace_back();
    for (auto* at = request.environment; *at != nullptr; ++at) environments.back().push_back(*at);
    if (fails_with != 0) return fail("posix_spawn", {}, fails_with);
    const auto pid = ::fork();
    if (pid == 0) {
      const int channel = ::dup2(request.channel, 100);
      ::closefrom(101);
      for (int fd = 3; fd < 100; ++fd) ::close(fd);
      script_(channel);
      ::_exit(99);
    }
    return pid;
  }

  std::vector<std::vector<std::string>> environments;  // one per start
  int fails_with = 0;

 private:
  Script script_;
};

}  // namespace uvinetd::test
