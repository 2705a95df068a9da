// SPDX-License-Identifier: ISC
#include "spawn/listen_environment.h"

#include "spawn/child_steps.h"

namespace uvinetd {
namespace {

constexpr std::string_view kPid = "LISTEN_PID=";

std::string joined(const std::vector<std::string_view>& names) {
  std::string out = "LISTEN_FDNAMES=";
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out += ':';
    out += names[i];
  }
  return out;
}

}  // namespace

ListenEnvironment::ListenEnvironment(const std::vector<std::string_view>& names)
    : variables_{"LISTEN_FDS=" + std::to_string(names.size()), joined(names),
                 std::string(kPid) + std::string(kPidDigits, '\0')} {}

char* ListenEnvironment::own_pid() {
  return variables_.back().data() + kPid.size();
}

bool is_listen_variable(std::string_view variable) {
  return variable.starts_with("LISTEN_FDS=") || variable.starts_with("LISTEN_FDNAMES=") ||
         variable.starts_with("LISTEN_PID");  // and LISTEN_PIDFDID
}

}  // namespace uvinetd
