// SPDX-License-Identifier: ISC
// The environment of a server: a fixed part that is made once, and what is told about a connection.
#pragma once

#include <netinet/in.h>

#include <array>
#include <string>
#include <vector>

namespace bench {

class ConnectionEnvironment {
 public:
  // The fixed part: PATH, HOME, USER, LOGNAME and SHELL of the user that runs this program.
  ConnectionEnvironment();
  ConnectionEnvironment(const ConnectionEnvironment&) = delete;
  ConnectionEnvironment& operator=(const ConnectionEnvironment&) = delete;

  // Returns an environment for execve(2), valid until the next call. Allocates nothing.
  [[nodiscard]] char* const* of(const sockaddr_in& local, const sockaddr_in& peer);

 private:
  static constexpr int kVariables = 8;
  static constexpr int kBytes = 40;  // the longest is "TCPREMOTEIP=255.255.255.255"

  std::vector<std::string> fixed_;
  std::array<std::array<char, kBytes>, kVariables> connection_{};
  std::vector<char*> pointers_;
};

}  // namespace bench
