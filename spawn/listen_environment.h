// SPDX-License-Identifier: ISC
// The variables by which a server finds its sockets (sd_listen_fds(3)).
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace uvinetd {

class ListenEnvironment {
 public:
  static constexpr std::size_t kCount = 3;  // LISTEN_FDS, LISTEN_FDNAMES, LISTEN_PID

  // A name for each socket, in the order of their descriptors.
  explicit ListenEnvironment(const std::vector<std::string_view>& names);
  ListenEnvironment(const ListenEnvironment&) = delete;
  ListenEnvironment& operator=(const ListenEnvironment&) = delete;

  [[nodiscard]] char* at(std::size_t index) { return variables_[index].data(); }
  // Where the process writes its own pid (ChildSteps::own_pid).
  [[nodiscard]] char* own_pid();

 private:
  std::array<std::string, kCount> variables_;
};

// Whether the variable is one of them: those of another server are never passed on.
[[nodiscard]] bool is_listen_variable(std::string_view variable);

}  // namespace uvinetd
