// SPDX-License-Identifier: ISC
#include "core/monitor/role.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/installed.h"
#include "core/base/process.h"
#include "spawn/wire.h"

extern char** environ;

namespace uvinetd {
namespace {

constexpr char kOwnProgram[] = "/proc/self/exe";
constexpr int kLowestSpare = 10;  // above the numbers that the role is born with

Result<UniqueFd> open_binary(const std::string& own, const std::string& name) {
  std::string last;
  for (const auto& folder : program_folders(own)) {
    last = folder + "/" + name;
    UniqueFd fd(open(last.c_str(), O_RDONLY | O_CLOEXEC));
    if (fd.is_open()) return fd;
  }
  return fail_errno("open", last);
}

// What a role needs of our environment: the zone for daytime, and what a sanitizer is told.
std::vector<char*> role_environment() {
  std::vector<char*> out;
  for (char** at = environ; *at != nullptr; ++at) {
    const std::string_view variable(*at);
    for (const std::string_view name : {"TZ=", "ASAN_OPTIONS=", "UBSAN_OPTIONS=", "LSAN_OPTIONS=",
                                        "TSAN_OPTIONS=", "LD_LIBRARY_PATH="}) {
      if (variable.starts_with(name)) out.push_back(*at);
    }
  }
  out.push_back(nullptr);
  return out;
}

[[noreturn]] void exec_role(int binary, int channel, char* const* argv, char* const* environment,
                            bool is_silent) {
  setsid();
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = 0; null >= 0 && fd <= (is_silent ? 2 : 1); ++fd) dup2(null, fd);
  if (chdir("/") != 0) _exit(127);  // servers start there
  const int spare_binary = fcntl(binary, F_DUPFD_CLOEXEC, kLowestSpare);
  const int spare_channel = fcntl(channel, F_DUPFD_CLOEXEC, kLowestSpare);
  if (spare_binary < 0 || spare_channel < 0 || dup2(spare_channel, kChannelFd) < 0) _exit(127);
  for (int signal = 1; signal < 32; ++signal) std::signal(signal, SIG_DFL);
  ignore_operator_signals();  // from before the exec on: it keeps ignored signals ignored
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  fexecve(spare_binary, argv, environment);
  _exit(127);
}

}  // namespace

RoleBinaries RoleBinaries::adopt(const UpgradeState& state) {
  RoleBinaries out;
  out.program_ = state.program;
  out.own_.reset(state.own_binary);
  out.reactor_.reset(state.reactor_binary);
  out.launcher_.reset(state.launcher_binary);
  return out;
}

void RoleBinaries::save(UpgradeState& state) const {
  state.program = program_;
  state.own_binary = own_.get();
  state.reactor_binary = reactor_.get();
  state.launcher_binary = launcher_.get();
}

Result<RoleBinaries> RoleBinaries::open() {
  RoleBinaries out;
  out.program_ = own_program();
  out.own_.reset(::open(kOwnProgram, O_RDONLY | O_CLOEXEC));
  if (!out.own_.is_open()) out.own_.reset(::open(out.program_.c_str(), O_RDONLY | O_CLOEXEC));
  auto reactor = open_binary(out.program_, "uvi-reactor");
  if (!reactor) return tl::unexpected(reactor.error());
  auto launcher = open_binary(out.program_, "uvi-launcher");
  if (!launcher) return tl::unexpected(launcher.error());
  out.reactor_ = std::move(*reactor);
  out.launcher_ = std::move(*launcher);
  return out;
}

Result<RoleProcess> start_role(int binary, const std::string& title, bool is_silent) {
  auto pair = Channel::make_pair();
  if (!pair) return tl::unexpected(pair.error());
  std::string copy = title;
  const std::array<char*, 2> argv{copy.data(), nullptr};
  const auto environment = role_environment();
  const SignalsBlocked blocked;  // no handler of ours may run in the child
#ifdef __linux__
  // The child does nothing but system calls until it execs, so it may share our memory. A copy
  // would cost the more the larger we are: in itself, and for every page that we write afterwards.
  const pid_t pid = vfork();
#else
  const pid_t pid = fork();
#endif
  if (pid < 0) return fail_errno("fork");
  if (pid == 0) {
    exec_role(binary, pair->second.get(), argv.data(), environment.data(), is_silent);
  }
  return RoleProcess{pid, Channel(std::move(pair->first))};
}

}  // namespace uvinetd
