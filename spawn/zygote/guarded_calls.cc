// SPDX-License-Identifier: ISC
#include "spawn/zygote/guarded_calls.h"

#include <asm/ioctls.h>
#include <fcntl.h>
#include <linux/prctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "spawn/zygote/observer.h"
#include "spawn/zygote/raw_call.h"
#include "spawn/zygote/syscall_policy.h"
#include "spawn/zygote/zygote.h"

namespace uvinetd::zygote {

WantedSigsys wanted_sigsys;

namespace {

template <std::size_t size>
bool is_one_of(long value, const long (&values)[size]) {
  for (const long each : values) {
    if (each == value) return true;
  }
  return false;
}

bool is_placeholder(long fd) {
  struct stat status {};
  return raw_call(SYS_fstat, fd, number_of(&status)) == 0 &&
         status.st_dev == zygote.placeholder_device && status.st_ino == zygote.placeholder_inode;
}

bool run(const GuardedCall& call, long& result) {
  const auto& a = call.arguments;
  result = raw_call(call.number, a[0], a[1], a[2], a[3], a[4], a[5]);
  return true;
}

bool run_if(bool is_neutral, const GuardedCall& call, long& result) {
  return is_neutral && run(call, result);
}

// ---- descriptors -----------------------------------------------------------------------------

bool control(const GuardedCall& call, long& result) {
  const long command = call.arguments[1];
  if (command == F_SETFL) return run_if((call.arguments[2] & O_ASYNC) == 0, call, result);
  constexpr long kNeutral[] = {F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL};
  return run_if(is_one_of(command, kNeutral), call, result);
}

bool device(const GuardedCall& call, long& result) {
  constexpr long kNeutral[] = {TCGETS, TIOCGWINSZ, TIOCGPGRP, FIONBIO, FIOCLEX, FIONCLEX};
  return run_if(is_one_of(call.arguments[1], kNeutral), call, result);
}

bool option(const GuardedCall& call, long& result) {
  constexpr long kSame[] = {SO_TYPE, SO_DOMAIN, SO_PROTOCOL, SO_ACCEPTCONN};
  const bool is_same = call.arguments[1] == SOL_SOCKET && is_one_of(call.arguments[2], kSame);
  return run_if(is_same || !is_placeholder(call.arguments[0]), call, result);
}

long socket_option(long fd, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  raw_call(SYS_getsockopt, fd, SOL_SOCKET, name, number_of(&value), number_of(&size));
  return value;
}

// To a service of this machine, which the C library looks for where it looks up users: most often
// there is none. A datagram socket sends nothing by it. What is connected and left open is looked
// for at the park.
bool connect(const GuardedCall& call, long& result) {
  if (is_placeholder(call.arguments[0])) return false;
  const auto* const address = reinterpret_cast<const sockaddr*>(call.arguments[1]);
  const bool is_local =
      address != nullptr && call.arguments[2] >= 2 && address->sa_family == AF_UNIX;
  return run_if(is_local || socket_option(call.arguments[0], SO_TYPE) == SOCK_DGRAM, call, result);
}

void make_room() {
  constexpr long kLeast = 10;
  const long moved = raw_call(SYS_fcntl, zygote.channel, F_DUPFD_CLOEXEC, kLeast);
  if (moved < 0) refuse(Fallback::ParkMain, "it needs the number of the channel");
  raw_close(zygote.channel);
  zygote.channel = static_cast<int>(moved);
}

bool duplicate(const GuardedCall& call, long& result) {
  if (call.arguments[1] == zygote.channel) make_room();
  return run(call, result);
}

bool close_range(const GuardedCall& call, long& result) {
  const auto first = static_cast<unsigned>(call.arguments[0]);
  const auto last = static_cast<unsigned>(call.arguments[1]);
  const auto channel = static_cast<unsigned>(zygote.channel);
  if (channel < first || channel > last) return run(call, result);
  result = 0;
  if (first < channel) {
    result = raw_call(call.number, first, channel - 1, call.arguments[2]);
  }
  if (result == 0 && channel < last) {
    result = raw_call(call.number, channel + 1, last, call.arguments[2]);
  }
  return true;
}

CallSite site_of(const GuardedCall& call) {
  const auto& registers = call.context->uc_mcontext.gregs;
  constexpr std::uintptr_t kInstructionBytes = 2;
  return {call.number,
          static_cast<std::uintptr_t>(registers[REG_RIP]) - kInstructionBytes,
          static_cast<std::uintptr_t>(registers[REG_RSP]),
          call.arguments[0],
          call.arguments[1],
          call.arguments[2]};
}

// Where each process finds itself: its number, its descriptors.
bool is_own(const char* path) {
  constexpr const char* kPlaces[] = {"/proc/self", "/proc/thread-self", "/dev/fd", "/dev/std"};
  for (const char* const place : kPlaces) {
    if (std::strncmp(path, place, std::strlen(place)) == 0) return true;
  }
  return false;
}

// What would be made or cut off is made anew for every connection when the program is exec'd.
bool open(const GuardedCall& call, long path_number, long flags, long& result) {
  const auto* const path = reinterpret_cast<const char*>(path_number);
  if (path == nullptr) return run(call, result);
  constexpr long kTemporary = O_TMPFILE & ~O_DIRECTORY;
  const bool makes = (flags & (O_CREAT | O_TRUNC | kTemporary)) != 0;
  if (is_own(path) || (makes && std::strcmp(path, "/dev/null") != 0)) return false;
  if (std::strcmp(path, "/dev/urandom") == 0 || std::strcmp(path, "/dev/random") == 0) {
    observe_entropy(site_of(call));
  }
  return run(call, result);
}

// ---- signals ---------------------------------------------------------------------------------

bool signal_action(const GuardedCall& call, long& result) {
  const auto* const wanted = reinterpret_cast<const KernelAction*>(call.arguments[1]);
  if (call.arguments[0] == SIGSYS) {
    const auto old = wanted_sigsys.action;
    if (wanted != nullptr) wanted_sigsys.action = *wanted;
    if (call.arguments[2] != 0) *reinterpret_cast<KernelAction*>(call.arguments[2]) = old;
    result = 0;
    return true;
  }
  if (wanted == nullptr) return run(call, result);
  // A call while SIGSYS is blocked would be the end.
  auto changed = *wanted;
  changed.mask &= ~kSigsysBit;
  result = raw_call(call.number, call.arguments[0], number_of(&changed), call.arguments[2],
                    call.arguments[3]);
  return true;
}

bool signal_mask(const GuardedCall& call, long& result) {
  const bool was_blocked = wanted_sigsys.is_blocked;
  auto* const old = reinterpret_cast<std::uint64_t*>(call.arguments[2]);
  const auto* const wanted = reinterpret_cast<const std::uint64_t*>(call.arguments[1]);
  std::uint64_t set = wanted != nullptr ? *wanted : 0;
  const bool has_sigsys = (set & kSigsysBit) != 0;
  set &= ~kSigsysBit;
  result = raw_call(call.number, call.arguments[0], wanted != nullptr ? number_of(&set) : 0,
                    number_of(old), call.arguments[3]);
  if (result != 0) return true;
  if (old != nullptr && was_blocked) *old |= kSigsysBit;
  if (wanted != nullptr) {
    if (call.arguments[0] == SIG_SETMASK) wanted_sigsys.is_blocked = has_sigsys;
    if (call.arguments[0] == SIG_BLOCK && has_sigsys) wanted_sigsys.is_blocked = true;
    if (call.arguments[0] == SIG_UNBLOCK && has_sigsys) wanted_sigsys.is_blocked = false;
  }
  // The end of the handler sets the mask that the frame has.
  raw_call(SYS_rt_sigprocmask, SIG_BLOCK, 0, number_of(&call.context->uc_sigmask), sizeof set);
  return true;
}

bool signal_stack(const GuardedCall& call, long& result) {
  run(call, result);
  raw_call(SYS_sigaltstack, 0, number_of(&call.context->uc_stack));
  return true;
}

// Our own frame is left where it is, and the program's is gone back by.
[[noreturn]] void signal_return(const GuardedCall& call) {
  asm volatile(
      "movq %0, %%rsp\n\t"
      "movl $15, %%eax\n\t"
      "syscall\n\t"
      "hlt"
      :
      : "r"(call.context->uc_mcontext.gregs[REG_RSP])
      : "memory");
  __builtin_unreachable();
}

// ---- the process -----------------------------------------------------------------------------

// PR_SET_PDEATHSIG and PR_SET_CHILD_SUBREAPER are not inherited.
bool process_flag(const GuardedCall& call, long& result) {
  constexpr long kNeutral[] = {
      PR_SET_NAME,         PR_GET_NAME,       PR_SET_DUMPABLE,   PR_GET_DUMPABLE,
      PR_SET_KEEPCAPS,     PR_GET_KEEPCAPS,   PR_CAPBSET_READ,   PR_CAPBSET_DROP,
      PR_CAP_AMBIENT,      PR_SET_SECUREBITS, PR_GET_SECUREBITS, PR_SET_NO_NEW_PRIVS,
      PR_GET_NO_NEW_PRIVS, PR_SET_TIMERSLACK, PR_GET_TIMERSLACK, PR_SET_MM,
      PR_GET_SECCOMP,      PR_GET_PDEATHSIG,  PR_SET_VMA,        PR_GET_TID_ADDRESS};
  return run_if(is_one_of(call.arguments[0], kNeutral), call, result);
}

bool needs_descriptor(Policy policy) {
  switch (policy) {
    case Policy::TouchIfOurs:
    case Policy::Descriptor:
    case Policy::Duplicate:
    case Policy::Control:
    case Policy::Device:
    case Policy::Option:
    case Policy::Connect:
    case Policy::KernelSocket:
      return true;
    default:
      return false;
  }
}

}  // namespace

bool make_call(const GuardedCall& call, long& result) {
  const auto& a = call.arguments;
  const auto policy = policy_of(call.number);
  if (needs_descriptor(policy) && static_cast<int>(a[0]) == zygote.channel) {
    result = -EBADF;
    return true;
  }
  switch (policy) {
    case Policy::Touch:
      return false;
    case Policy::Run:
    case Policy::Descriptor:
      return run(call, result);
    case Policy::TouchIfOurs:
      return run_if(!is_placeholder(a[0]), call, result);
    case Policy::Duplicate:
      return duplicate(call, result);
    case Policy::CloseRange:
      return close_range(call, result);
    case Policy::Control:
      return control(call, result);
    case Policy::Device:
      return device(call, result);
    case Policy::Option:
      return option(call, result);
    case Policy::Connect:
      return connect(call, result);
    case Policy::KernelSocket:
      return run_if(socket_option(a[0], SO_DOMAIN) == AF_NETLINK, call, result);
    case Policy::Open:
      return open(call, a[1], a[2], result);
    case Policy::OpenOld:
      return open(call, a[0], a[1], result);
    case Policy::Entropy:
      observe_entropy(site_of(call));
      return run(call, result);
    case Policy::ProcessId:
      observe_process_id(site_of(call));
      return run(call, result);
    case Policy::SignalAction:
      return signal_action(call, result);
    case Policy::SignalMask:
      return signal_mask(call, result);
    case Policy::SignalStack:
      return signal_stack(call, result);
    case Policy::SignalReturn:
      signal_return(call);
    case Policy::ProcessFlag:
      return process_flag(call, result);
    case Policy::Limit:
      return run_if(a[0] == 0, call, result);
    case Policy::Advice:
      return run_if(a[2] != MADV_DONTFORK, call, result);
    case Policy::Alarm:
      return run_if(a[0] == 0, call, result);
    case Policy::End:
      refuse(Fallback::ParkMain, "it ended before it touched its connection");
  }
  return false;
}

}  // namespace uvinetd::zygote
