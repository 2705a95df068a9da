// SPDX-License-Identifier: ISC
#include "spawn/zygote/syscall_policy.h"

#include <sys/syscall.h>

#include <array>
#include <cstddef>

namespace uvinetd::zygote {
namespace {

struct Row {
  Policy policy;
  short calls[64];  // ends with kEnd
};
constexpr short kEnd = -1;

// clang-format off
constexpr Row kRows[] = {
    // Memory, all of which is private or looked for at the park.
    {Policy::Run, {SYS_mmap, SYS_mprotect, SYS_munmap, SYS_brk, SYS_mremap, SYS_mincore, SYS_msync,
                   SYS_membarrier, kEnd}},
    // Looking at the file system, and reading what is not the connection.
    {Policy::Run, {SYS_stat, SYS_lstat, SYS_access, SYS_readlink, SYS_statfs, SYS_getcwd, SYS_getxattr,
                   SYS_lgetxattr, SYS_listxattr, SYS_llistxattr, kEnd}},
    {Policy::Descriptor, {SYS_newfstatat, SYS_statx, SYS_readlinkat, SYS_faccessat, SYS_faccessat2, SYS_fstat, SYS_lseek, SYS_close, SYS_dup, SYS_getdents64, SYS_getdents,
                          SYS_fstatfs, SYS_fadvise64, SYS_readahead, SYS_fchdir, SYS_fgetxattr,
                          SYS_flistxattr, kEnd}},
    {Policy::TouchIfOurs, {SYS_read, SYS_readv, SYS_pread64, SYS_preadv, SYS_preadv2, kEnd}},
    // New descriptors that are often closed again before the park, where those that are left are
    // looked for. A pipe, an eventfd, a timerfd and the like are kept, so each child makes its own.
    {Policy::Run, {SYS_socket, SYS_socketpair, SYS_epoll_create, SYS_epoll_create1,
                   SYS_memfd_create, kEnd}},
    // As getaddrinfo(3) does, to learn what addresses there are and which of them it would use.
    {Policy::TouchIfOurs, {SYS_setsockopt, SYS_getsockname, SYS_getpeername, kEnd}},
    {Policy::KernelSocket, {SYS_bind, SYS_sendto, SYS_sendmsg, SYS_recvfrom, SYS_recvmsg, kEnd}},
    // Who one is and where: a child inherits it.
    {Policy::Run, {SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid, SYS_getresuid, SYS_getresgid,
                   SYS_getgroups, SYS_setuid, SYS_setgid, SYS_setreuid, SYS_setregid,
                   SYS_setresuid, SYS_setresgid, SYS_setfsuid, SYS_setfsgid, SYS_setgroups,
                   SYS_capget, SYS_capset, SYS_chdir, SYS_chroot, SYS_umask, SYS_getrlimit,
                   SYS_setrlimit, SYS_getpriority, SYS_setpriority, SYS_sched_getaffinity,
                   SYS_sched_setaffinity, SYS_sched_getparam, SYS_sched_getscheduler,
                   SYS_sched_get_priority_max, SYS_sched_get_priority_min, SYS_arch_prctl,
                   SYS_personality, SYS_getppid, kEnd}},
    // Time, the machine, and what waits for nobody outside.
    {Policy::Run, {SYS_clock_gettime, SYS_clock_getres, SYS_gettimeofday, SYS_time, SYS_times,
                   SYS_getrusage, SYS_getitimer, SYS_nanosleep, SYS_clock_nanosleep,
                   SYS_sched_yield, SYS_uname, SYS_sysinfo, SYS_getcpu, SYS_futex,
                   SYS_set_robust_list, SYS_get_robust_list, SYS_rseq, SYS_restart_syscall,
                   SYS_rt_sigpending, SYS_wait4, SYS_waitid, kEnd}},
    {Policy::ProcessId, {SYS_getpid, SYS_gettid, SYS_getpgrp, SYS_getpgid, SYS_getsid,
                         SYS_set_tid_address, kEnd}},
    {Policy::Entropy, {SYS_getrandom, kEnd}},
    {Policy::Open, {SYS_openat, kEnd}},
    {Policy::OpenOld, {SYS_open, kEnd}},
    {Policy::Duplicate, {SYS_dup2, SYS_dup3, kEnd}},
    {Policy::CloseRange, {SYS_close_range, kEnd}},
    {Policy::Control, {SYS_fcntl, kEnd}},
    {Policy::Device, {SYS_ioctl, kEnd}},
    {Policy::Option, {SYS_getsockopt, kEnd}},
    {Policy::Connect, {SYS_connect, kEnd}},
    {Policy::SignalAction, {SYS_rt_sigaction, kEnd}},
    {Policy::SignalMask, {SYS_rt_sigprocmask, kEnd}},
    {Policy::SignalStack, {SYS_sigaltstack, kEnd}},
    {Policy::SignalReturn, {SYS_rt_sigreturn, kEnd}},
    {Policy::ProcessFlag, {SYS_prctl, kEnd}},
    {Policy::Limit, {SYS_prlimit64, kEnd}},
    {Policy::Advice, {SYS_madvise, kEnd}},
    {Policy::Alarm, {SYS_alarm, kEnd}},
    {Policy::End, {SYS_exit, SYS_exit_group, kEnd}},
};
// clang-format on

constexpr std::size_t kCalls = 512;

constexpr std::array<Policy, kCalls> table() {
  std::array<Policy, kCalls> out{};
  for (const auto& row : kRows) {
    for (const short* call = row.calls; *call != kEnd; ++call) {
      out[static_cast<std::size_t>(*call)] = row.policy;
    }
  }
  return out;
}
constexpr auto kTable = table();

}  // namespace

Policy policy_of(long call) {
  if (call < 0 || call >= static_cast<long>(kCalls)) return Policy::Touch;
  return kTable[static_cast<std::size_t>(call)];
}

}  // namespace uvinetd::zygote
