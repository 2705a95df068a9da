// SPDX-License-Identifier: ISC
// Lets the program run up to its first touch of the connection. Every system call that it makes
// raises SIGSYS instead (Syscall User Dispatch, Linux 5.11), except in this library's own text; the
// handler makes it, or parks. In a child, where the kernel has ended the dispatch, the call that
// was the first touch is made again, by the program, with the connection in place.
#include <linux/prctl.h>
#include <ucontext.h>

#include <cerrno>
#include <csignal>

#include "spawn/zygote/environment.h"
#include "spawn/zygote/guarded_calls.h"
#include "spawn/zygote/held_locks.h"
#include "spawn/zygote/leftovers.h"
#include "spawn/zygote/observer.h"
#include "spawn/zygote/raw_call.h"
#include "spawn/zygote/runtime_hooks.h"
#include "spawn/zygote/zygote.h"

// The beginning of this library in memory, and the end of its text, by the linker.
extern "C" {
[[gnu::visibility("hidden")]] extern const char __ehdr_start[];
[[gnu::visibility("hidden")]] extern const char etext[];
[[gnu::visibility("hidden")]] void uvi_zygote_restorer();
}

// rt_sigreturn(2), where it is not dispatched: libc's is.
asm(R"(
.pushsection .text
.type uvi_zygote_restorer, @function
.globl uvi_zygote_restorer
.hidden uvi_zygote_restorer
uvi_zygote_restorer:
  movl $15, %eax
  syscall
.size uvi_zygote_restorer, . - uvi_zygote_restorer
.popsection
)");

namespace uvinetd::zygote {
namespace {

constexpr int kUserDispatch = 2;                // SYS_USER_DISPATCH
constexpr unsigned long kRestorer = 0x4000000;  // SA_RESTORER
constexpr long kMaskBytes = sizeof(KernelAction::mask);

// What the kernel reads before each call: whether it is dispatched.
volatile char selector = SYSCALL_DISPATCH_FILTER_ALLOW;

void refuse_what_cannot_park() {
  if (const char* const reason = hook_hindrance()) refuse(Fallback::ParkMain, reason);
  if (const char* const reason = observed_hindrance(hooks_renew())) {
    refuse(Fallback::ParkMain, reason);
  }
  run_hooks_before_park();
  if (const char* const reason = leftover_hindrance()) refuse(Fallback::ParkMain, reason);
  if (const char* const reason = lock_hindrance()) refuse(Fallback::ParkMain, reason);
}

void park_at_first_touch(ucontext_t& context, long call) {
  const int saved_errno = errno;
  selector = SYSCALL_DISPATCH_FILTER_ALLOW;
  refuse_what_cannot_park();
  find_slots_again();
  const auto filled = park(Park::Io);
  raw_call(SYS_rt_sigaction, SIGSYS, number_of(&wanted_sigsys.action), 0, kMaskBytes);
  run_hooks_in_child(filled);
  if (wanted_sigsys.is_blocked) {
    reinterpret_cast<std::uint64_t&>(context.uc_sigmask) |= kSigsysBit;
  }
  constexpr greg_t kInstructionBytes = 2;
  context.uc_mcontext.gregs[REG_RIP] -= kInstructionBytes;
  context.uc_mcontext.gregs[REG_RAX] = call;
  errno = saved_errno;
}

void on_call(int, siginfo_t* info, void* raw_context) {
  auto& context = *static_cast<ucontext_t*>(raw_context);
  if (info->si_code != kUserDispatch) refuse(Fallback::ParkMain, "somebody sent it SIGSYS");
  auto& registers = context.uc_mcontext.gregs;
  const GuardedCall call{
      info->si_syscall,
      {static_cast<long>(registers[REG_RDI]), static_cast<long>(registers[REG_RSI]),
       static_cast<long>(registers[REG_RDX]), static_cast<long>(registers[REG_R10]),
       static_cast<long>(registers[REG_R8]), static_cast<long>(registers[REG_R9])},
      &context};
  long result = 0;
  if (make_call(call, result)) {
    registers[REG_RAX] = result;
  } else {
    park_at_first_touch(context, call.number);
  }
}

}  // namespace

bool start_io_park() {
  // Not blocked while it runs: the hooks of interpreters, and whatever libc does for them, may make
  // calls of their own.
  const KernelAction action{reinterpret_cast<void*>(on_call), SA_SIGINFO | SA_NODEFER | kRestorer,
                            uvi_zygote_restorer, 0};
  if (raw_call(SYS_rt_sigaction, SIGSYS, number_of(&action), number_of(&wanted_sigsys.action),
               kMaskBytes) != 0) {
    return false;
  }
  std::uint64_t mask = 0;
  raw_call(SYS_rt_sigprocmask, SIG_UNBLOCK, number_of(&kSigsysBit), number_of(&mask), kMaskBytes);
  wanted_sigsys.is_blocked = (mask & kSigsysBit) != 0;
  const long size = number_of(etext) - number_of(__ehdr_start);
  if (raw_call(SYS_prctl, PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, number_of(__ehdr_start),
               size, number_of(&selector)) != 0) {
    raw_call(SYS_rt_sigaction, SIGSYS, number_of(&wanted_sigsys.action), 0, kMaskBytes);
    if (wanted_sigsys.is_blocked) {
      raw_call(SYS_rt_sigprocmask, SIG_SETMASK, number_of(&mask), 0, kMaskBytes);
    }
    return false;
  }
  selector = SYSCALL_DISPATCH_FILTER_BLOCK;
  return true;
}

}  // namespace uvinetd::zygote
