// SPDX-License-Identifier: ISC
#include "bench/micro/live_children.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <string>

#ifdef __linux__
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

namespace uvinetd::bench {
namespace {

constexpr std::size_t kStack = 16 * 1024;  // bytes for each; only the last pages are touched
constexpr std::size_t kOthers = 500;       // processes that this user has anyway

#ifdef __linux__

// Shares our memory, thread pointer included: nothing here but system calls that leave errno alone.
__attribute__((no_sanitize("address", "undefined"))) int sleep_forever(void*) {
  syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  for (;;) syscall(SYS_ppoll, nullptr, 0, nullptr, nullptr, 0);
}

pid_t start_sleeper(char* stack) {
  return clone(sleep_forever, stack + kStack, CLONE_VM | CLONE_FS | CLONE_FILES | SIGCHLD, nullptr);
}

#else

pid_t start_sleeper(char*) {
  const pid_t pid = fork();
  if (pid == 0) {
    for (;;) pause();
  }
  return pid;
}

#endif

std::size_t most_processes() {
  rlimit limit{};
  auto most = static_cast<std::size_t>(-1);
  if (getrlimit(RLIMIT_NPROC, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
    most = static_cast<std::size_t>(limit.rlim_cur);
  }
  std::size_t numbers = 0;
  if (std::ifstream("/proc/sys/kernel/pid_max") >> numbers && numbers < most) most = numbers;
  return most;
}

}  // namespace

LiveChildren::~LiveChildren() {
  for (const auto pid : pids_) kill(pid, SIGKILL);
  for (const auto pid : pids_) waitpid(pid, nullptr, 0);
}

Status LiveChildren::start(std::size_t count) {
  if (const auto most = most_processes(); most < count + kOthers) {
    return fail("limit", "of " + std::to_string(most) + " processes", EAGAIN);
  }
  if (count == 0) return {};
  void* data = mmap(nullptr, count * kStack, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (data == MAP_FAILED) return fail_errno("mmap");
  stacks_ = Mapping(data, count * kStack);
  pids_.reserve(count);
  while (pids_.size() < count) {
    const pid_t pid = start_sleeper(static_cast<char*>(data) + pids_.size() * kStack);
    if (pid < 0) return fail_errno("fork", "after " + std::to_string(pids_.size()));
    pids_.push_back(pid);
  }
  return {};
}

}  // namespace uvinetd::bench
