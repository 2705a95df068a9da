// SPDX-License-Identifier: ISC
// The far ends that a log writes to in tests: pipes, sockets, descriptor 2.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "core/base/log.h"

namespace uvinetd {

struct Pipe {
  UniqueFd reader;
  UniqueFd writer;
};

inline Pipe make_pipe(int flags = O_NONBLOCK) {
  int ends[2] = {-1, -1};
  EXPECT_EQ(0, pipe(ends));
  for (const int end : ends) fcntl(end, F_SETFD, FD_CLOEXEC);
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  fcntl(ends[1], F_SETFL, flags);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// Two ends of one connection over loopback.
inline std::pair<UniqueFd, UniqueFd> make_tcp_pair() {
  UniqueFd listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  EXPECT_EQ(0, bind(listener.get(), generic, size));
  EXPECT_EQ(0, listen(listener.get(), 1));
  EXPECT_EQ(0, getsockname(listener.get(), generic, &size));
  UniqueFd one(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(0, connect(one.get(), generic, size));
  return {std::move(one), UniqueFd(accept(listener.get(), nullptr, nullptr))};
}

// What is there now.
inline std::string read_all(int fd) {
  std::string out;
  char part[4096];
  for (ssize_t n = 0; (n = ::read(fd, part, sizeof part)) > 0;) {
    out.append(part, static_cast<std::size_t>(n));
  }
  return out;
}

inline std::vector<std::string> split_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t at = 0;
  for (std::size_t end = 0; (end = text.find('\n', at)) != std::string::npos; at = end + 1) {
    lines.push_back(text.substr(at, end - at));
  }
  EXPECT_EQ(at, text.size()) << "the last line has no end";
  return lines;
}

// A syslogd that can be stopped and started again at one path.
class FakeSyslogd {
 public:
  FakeSyslogd() {
    char name[] = "/tmp/uvinetd-log-XXXXXX";
    EXPECT_NE(nullptr, mkdtemp(name));
    directory_ = name;
    path_ = directory_ + "/log";
    start();
  }
  ~FakeSyslogd() {
    stop();
    unlink(path_.c_str());
    rmdir(directory_.c_str());
  }
  void start() {
    unlink(path_.c_str());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    socket_.reset(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    EXPECT_EQ(0, bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address));
  }
  void stop() { socket_.reset(); }
  // The next datagram; "" when there is none.
  std::string read() {
    char text[8192];
    const auto n = recv(socket_.get(), text, sizeof text, 0);
    return {text, n > 0 ? static_cast<std::size_t>(n) : 0};
  }
  [[nodiscard]] const char* path() const { return path_.c_str(); }

 private:
  std::string directory_;
  std::string path_;
  UniqueFd socket_;
};

// Puts `fd` in the place of standard error while it lives.
class StderrIs {
 public:
  explicit StderrIs(int fd) : saved_(fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)) {
    if (fd >= 0) {
      dup2(fd, STDERR_FILENO);
    } else {
      close(STDERR_FILENO);
    }
  }
  ~StderrIs() { dup2(saved_.get(), STDERR_FILENO); }
  StderrIs(const StderrIs&) = delete;
  StderrIs& operator=(const StderrIs&) = delete;

 private:
  UniqueFd saved_;
};

}  // namespace uvinetd
