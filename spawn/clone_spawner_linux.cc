// SPDX-License-Identifier: ISC
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <optional>

#include "core/base/process.h"
#include "core/base/shared_memory.h"
#include "spawn/child_sockets.h"
#include "spawn/clone_call.h"
#include "spawn/clone_spawner.h"

namespace uvinetd {
namespace {

constexpr std::size_t kStackBytes = 64 * 1024;  // only what is touched takes memory

// Signals as the kernel has them: glibc's calls deny that 32 and 33 exist.
constexpr int kSignals = _NSIG - 1;
constexpr std::size_t kSignalSetBytes = kSignals / 8;

// To the kernel, zeros are both the empty signal set and the default action.
alignas(16) constexpr std::array<unsigned char, 256> kZeros{};

struct SignalList {
  std::array<int, kSignals> numbers{};
  int count = 0;
  void add(int number) { numbers[static_cast<std::size_t>(count++)] = number; }
};

// What one child is to do, and what became of it; in memory that both have.
struct Task {
  const SpawnRequest* request;
  const SignalList* to_default;
  const char* failed_step;  // null: none
  int code;                 // errno of that step
};

// ---- in the child: system calls only; errno is the suspended parent's ------------------------

UVINETD_IN_CHILD bool pass_on(int from, int fd) {
  if (from == fd) return ::fcntl(fd, F_SETFD, 0) == 0;
  return ::dup2(from, fd) == fd;  // not close-on-exec
}

// Returns the step that failed.
UVINETD_IN_CHILD const char* become_server(const Task& task) {
  const SpawnRequest& request = *task.request;
  if (::setsid() < 0) return "setsid";
  for (int i = 0; i < task.to_default->count; ++i) {
    ::syscall(SYS_rt_sigaction, task.to_default->numbers.data()[i], kZeros.data(), nullptr,
              kSignalSetBytes);
  }
  for (int fd = 0; fd <= 2; ++fd) {
    const bool is_other = fd == 2 && request.errors >= 0;
    if (!pass_on(is_other ? request.errors : request.connection, fd)) return "dup2";
  }
  if (request.channel >= 0 && !pass_on(request.channel, kSpawnedChannelFd)) return "dup2";
  ChildSteps steps = request.steps;
  if (!place_sockets(request, steps)) return "dup2";
  if (request.working_directory != nullptr && ::chdir(request.working_directory) != 0) {
    return "chdir";
  }
  ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, kZeros.data(), nullptr, kSignalSetBytes);
  if (const char* const step = apply_child_steps(steps); step != nullptr) return step;
  ::execve(request.program, request.argv, request.environment);
  return "execve";
}

UVINETD_IN_CHILD void run_child(void* argument) {
  auto& task = *static_cast<Task*>(argument);
  task.failed_step = become_server(task);
  task.code = errno;
  ::syscall(SYS_exit_group, 127);
}

UVINETD_IN_CHILD int run_child_of_clone(void* argument) {
  run_child(argument);
  return 127;
}

// ---- in the launcher -------------------------------------------------------------------------

// Signals with a disposition that the child must not have. exec itself resets handlers, but until
// then ours would run in the memory of the launcher.
struct Dispositions {
  SignalList ignored;
  SignalList not_default;  // ignored or handled
};

Dispositions own_dispositions() {
  Dispositions out;
  for (int number = 1; number <= kSignals; ++number) {
    struct {
      void* handler;  // the first member, everywhere but on mips
      std::array<unsigned char, 248> rest;
    } action{};
    if (::syscall(SYS_rt_sigaction, number, nullptr, &action, kSignalSetBytes) != 0) continue;
    const auto handler = reinterpret_cast<std::uintptr_t>(action.handler);
    if (handler == reinterpret_cast<std::uintptr_t>(SIG_DFL)) continue;
    out.not_default.add(number);
    if (handler == reinterpret_cast<std::uintptr_t>(SIG_IGN)) out.ignored.add(number);
  }
  return out;
}

class CloneSpawner final : public Spawner {
 public:
  CloneSpawner(Mapping stack, std::size_t guard)
      : stack_(std::move(stack)), guard_(guard), dispositions_(own_dispositions()) {}
  Result<pid_t> spawn(const SpawnRequest& request) noexcept override;

 private:
  static constexpr int kFlags = CLONE_VM | CLONE_VFORK | CLONE_PARENT_SETTID;

  long start(Task& task, std::atomic<std::int32_t>& pid);
  long start_by_clone3(Task& task, std::atomic<std::int32_t>& pid);
  long start_by_clone(Task& task, std::atomic<std::int32_t>& pid);
  [[nodiscard]] char* stack() const { return static_cast<char*>(stack_.data()) + guard_; }
  [[nodiscard]] std::size_t stack_size() const { return stack_.size() - guard_; }

  Mapping stack_;  // of one child after the other; its lowest page catches an overflow
  std::size_t guard_;
  Dispositions dispositions_;
  bool has_clone3_ = kHasClone3;  // until the kernel says otherwise
};

// The kernel writes an int: that is what the atomic is.
static_assert(sizeof(std::atomic<std::int32_t>) == sizeof(int) &&
              std::atomic<std::int32_t>::is_always_lock_free);

long CloneSpawner::start_by_clone3(Task& task, std::atomic<std::int32_t>& pid) {
  task.to_default = &dispositions_.ignored;  // handlers are gone already
  Clone3Arguments arguments;
  arguments.flags = static_cast<std::uint64_t>(kFlags) | kCloneClearSighand;
  arguments.parent_tid = reinterpret_cast<std::uintptr_t>(&pid);
  arguments.exit_signal = SIGCHLD;
  arguments.stack = reinterpret_cast<std::uintptr_t>(stack());
  arguments.stack_size = stack_size();
  return clone3(arguments, run_child, &task);
}

long CloneSpawner::start_by_clone(Task& task, std::atomic<std::int32_t>& pid) {
  task.to_default = &dispositions_.not_default;
  const SignalsBlocked blocked;  // until the child has none of our handlers
  const int child = ::clone(run_child_of_clone, stack() + stack_size(), kFlags | SIGCHLD, &task,
                            reinterpret_cast<pid_t*>(&pid));
  return child < 0 ? -errno : child;
}

long CloneSpawner::start(Task& task, std::atomic<std::int32_t>& pid) {
  if (has_clone3_) {
    const long child = start_by_clone3(task, pid);
    // Too old a kernel for the call, its size or the flag; or a sandbox that knows clone only.
    if (child != -ENOSYS && child != -EINVAL && child != -E2BIG && child != -EPERM) return child;
    has_clone3_ = false;
  }
  return start_by_clone(task, pid);
}

Result<pid_t> CloneSpawner::spawn(const SpawnRequest& request) noexcept {
  std::atomic<std::int32_t> unwanted{0};
  auto& place = request.pid != nullptr ? *request.pid : unwanted;
  Task task{&request, nullptr, nullptr, 0};
  const long child = start(task, place);
  if (child < 0) return fail("clone", {}, static_cast<int>(-child));
  const auto pid = static_cast<pid_t>(child);
  if (task.failed_step == nullptr) return pid;
  place.store(0, std::memory_order_release);  // first: it was no server, should we be killed here
  while (::wait4(pid, nullptr, 0, nullptr) < 0 && errno == EINTR) {
  }
  return fail(task.failed_step, {}, task.code);
}

}  // namespace

Result<std::unique_ptr<Spawner>> make_clone_spawner() {
  const auto guard = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const auto size = guard + kStackBytes;
  void* const memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return fail_errno("mmap");
  Mapping stack(memory, size);
  if (::mprotect(memory, guard, PROT_NONE) != 0) return fail_errno("mprotect");
  return std::make_unique<CloneSpawner>(std::move(stack), guard);
}

}  // namespace uvinetd
