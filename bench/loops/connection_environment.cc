// SPDX-License-Identifier: ISC
#include "bench/loops/connection_environment.h"

#include <arpa/inet.h>
#include <pwd.h>
#include <unistd.h>

#include <cstdio>

namespace bench {

ConnectionEnvironment::ConnectionEnvironment() {
  const passwd* account = getpwuid(geteuid());
  const std::string name =
      account == nullptr ? std::to_string(geteuid()) : std::string(account->pw_name);
  fixed_ = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME=" + std::string(account == nullptr ? "/" : account->pw_dir), "USER=" + name,
            "LOGNAME=" + name,
            "SHELL=" + std::string(account == nullptr ? "/bin/sh" : account->pw_shell)};
  for (auto& variable : fixed_) pointers_.push_back(variable.data());
  for (auto& variable : connection_) pointers_.push_back(variable.data());
  pointers_.push_back(nullptr);
  std::snprintf(connection_[0].data(), kBytes, "PROTO=TCP");
}

char* const* ConnectionEnvironment::of(const sockaddr_in& local, const sockaddr_in& peer) {
  std::array<char, INET_ADDRSTRLEN> here{};
  std::array<char, INET_ADDRSTRLEN> there{};
  inet_ntop(AF_INET, &local.sin_addr, here.data(), here.size());
  inet_ntop(AF_INET, &peer.sin_addr, there.data(), there.size());
  const unsigned here_port = ntohs(local.sin_port);
  const unsigned there_port = ntohs(peer.sin_port);
  std::snprintf(connection_[1].data(), kBytes, "TCPLOCALIP=%s", here.data());
  std::snprintf(connection_[2].data(), kBytes, "TCPLOCALPORT=%u", here_port);
  std::snprintf(connection_[3].data(), kBytes, "TCPREMOTEIP=%s", there.data());
  std::snprintf(connection_[4].data(), kBytes, "TCPREMOTEPORT=%u", there_port);
  std::snprintf(connection_[5].data(), kBytes, "REMOTE_HOST=%s", there.data());
  std::snprintf(connection_[6].data(), kBytes, "REMOTE_ADDR=%s", there.data());
  std::snprintf(connection_[7].data(), kBytes, "REMOTE_PORT=%u", there_port);
  return pointers_.data();
}

}  // namespace bench
