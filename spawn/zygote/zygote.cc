// SPDX-License-Identifier: ISC
#include "spawn/zygote/zygote.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "spawn/zygote/descriptors.h"
#include "spawn/zygote/environment.h"
#include "spawn/zygote/mapped_files.h"
#include "spawn/zygote/packet.h"
#include "spawn/zygote/raw_call.h"
#include "uvinetd_build_id.h"

// Weak: other C libraries have none.
extern "C" [[gnu::weak]] const char* gnu_get_libc_version(void);

namespace uvinetd::zygote {

Zygote zygote;

namespace {

constexpr int kBreach = 1;

using SignalMask = std::uint64_t;  // the kernel's

constexpr SignalMask bit_of(int signal) {
  return SignalMask{1} << (signal - 1);
}
// What a user or a terminal may send to a whole group, and the child is to see in its own time.
constexpr SignalMask kHeldBack = bit_of(SIGHUP) | bit_of(SIGINT) | bit_of(SIGQUIT) |
                                 bit_of(SIGUSR1) | bit_of(SIGUSR2) | bit_of(SIGPIPE);

// What a thread has told the kernel, and fork(2) would tell it again.
struct ThreadMemory {
  int* id = nullptr;
  void* robust_list = nullptr;
  std::size_t robust_size = 0;
};

// What a parked process changes of itself and a child changes back.
struct Held {
  SignalMask mask = 0;
  long dumpable = 1;
};

// ---- before the park -------------------------------------------------------------------------

long thread_count() {
  struct stat status {};
  const long result =
      raw_call(SYS_newfstatat, AT_FDCWD, number_of("/proc/self/task"), number_of(&status), 0);
  return result == 0 ? static_cast<long>(status.st_nlink) - 2 : 0;  // one for each, "." and ".."
}

void refuse_threads(Park mode) {
  const long count = thread_count();
  if (count == 1) return;
  if (count < 1) refuse(fallback_from(mode), "/proc cannot be read");
  char reason[] = "it has 00 threads";
  if (count > 99) refuse(fallback_from(mode), "it has many threads");
  char* const digits = std::strchr(reason, '0');
  digits[0] = static_cast<char>('0' + count / 10);
  digits[1] = static_cast<char>('0' + count % 10);
  if (count < 10) std::memmove(digits, digits + 1, std::strlen(digits));
  refuse(fallback_from(mode), reason);
}

ThreadMemory thread_memory(Park mode) {
  ThreadMemory thread;
  if (raw_call(SYS_prctl, PR_GET_TID_ADDRESS, number_of(&thread.id)) != 0 || thread.id == nullptr) {
    refuse(fallback_from(mode), "the kernel cannot copy a thread (CONFIG_CHECKPOINT_RESTORE)");
  }
  if (raw_call(SYS_get_robust_list, 0, number_of(&thread.robust_list),
               number_of(&thread.robust_size)) != 0) {
    thread.robust_list = nullptr;
  }
  return thread;
}

void refuse_what_cannot_park(Park mode) {
  if (gnu_get_libc_version == nullptr) refuse(Fallback::Exec, "its C library is not glibc");
  if (getauxval(AT_SECURE) != 0) refuse(Fallback::Exec, "it runs with more rights than its caller");
  refuse_threads(mode);
  if (const char* const reason = survey_descriptors()) refuse(fallback_from(mode), reason);
}

Held hold() {
  Held held;
  raw_call(SYS_rt_sigprocmask, SIG_BLOCK, number_of(&kHeldBack), number_of(&held.mask),
           sizeof held.mask);
  held.dumpable = raw_call(SYS_prctl, PR_GET_DUMPABLE);
  raw_call(SYS_prctl, PR_SET_DUMPABLE, 0);
  return held;
}

// Ends with hold(): only after it has read its own /proc may a process be closed to it.
Held say_parked(Park mode) {
  const long at = raw_call(SYS_mmap, 0, sizeof(MappedFiles), PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at < 0 && at > -4096) refuse(fallback_from(mode), "it has no memory");
  auto& files = *reinterpret_cast<MappedFiles*>(at);
  if (const char* const reason = list_mapped_files(files, mode)) {
    refuse(fallback_from(mode), reason);
  }
  const auto held = hold();
  if (!send_packet(zygote.channel, files.message, files.size)) raw_exit(0);
  raw_call(SYS_munmap, at, sizeof(MappedFiles));
  return held;
}

// ---- parked ----------------------------------------------------------------------------------

// fork(2) without what a library does around it. 0: in the child.
long make_child(const ThreadMemory& thread) {
  constexpr long kFlags = CLONE_PARENT | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD;
#if defined(__x86_64__)
  return raw_call(SYS_clone, kFlags, 0, 0, number_of(thread.id), 0);
#else
  return raw_call(SYS_clone, kFlags, 0, 0, 0, number_of(thread.id));
#endif
}

bool is_head(const Head& head, Kind kind) {
  return head.magic == kMagic && head.kind == kind && head.zero == 0;
}

// Returns in a child: its end of the pair.
int serve_forks(const ThreadMemory& thread) {
  for (;;) {
    Head head;
    const auto packet = receive_with_descriptor(zygote.channel, &head, sizeof head);
    if (packet.what == Received::What::Closed) raw_exit(0);
    if (packet.what == Received::What::Breach || packet.size != sizeof head ||
        !is_head(head, Kind::Fork)) {
      raw_exit(kBreach);
    }
    const long child = make_child(thread);
    if (child == 0) return packet.fd;
    const Head unborn{kMagic, Kind::Unborn, 0};
    if (child < 0) send_packet(packet.fd, &unborn, sizeof unborn);
    raw_close(packet.fd);
  }
}

// ---- in the child ----------------------------------------------------------------------------

void be_born(int pair, const ThreadMemory& thread) {
  raw_call(SYS_setsid);
  const Head born{kMagic, Kind::Born, 0};
  if (!send_packet(pair, &born, sizeof born)) raw_exit(kBreach);
  raw_close(zygote.channel);
  if (thread.robust_list != nullptr) {
    raw_call(SYS_set_robust_list, number_of(thread.robust_list),
             static_cast<long>(thread.robust_size));
  }
}

FilledSlots take_connection(int pair) {
  alignas(Serve) char bytes[kMostServeBytes];
  const auto packet = receive_with_descriptor(pair, bytes, sizeof bytes);
  if (packet.what == Received::What::Closed) raw_exit(0);
  Serve serve;
  if (packet.what == Received::What::Breach || packet.size < sizeof serve) raw_exit(kBreach);
  std::memcpy(&serve, bytes, sizeof serve);
  if (!is_head(serve.head, Kind::Serve) ||
      !are_variables(bytes + sizeof serve, packet.size - sizeof serve, serve.variables)) {
    raw_exit(kBreach);
  }
  raw_close(pair);
  replace_placeholder(packet.fd);
  return fill_slots(bytes + sizeof serve, serve.variables);
}

void let_go(const Held& held) {
  if (held.dumpable == 1) raw_call(SYS_prctl, PR_SET_DUMPABLE, 1);
  separate_files();
  raw_call(SYS_rt_sigprocmask, SIG_SETMASK, number_of(&held.mask), 0, sizeof held.mask);
}

// ---- at the start ----------------------------------------------------------------------------

bool is_channel(int fd) {
  int type = 0;
  socklen_t size = sizeof type;
  return raw_call(SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, number_of(&type), number_of(&size)) ==
             0 &&
         type == SOCK_SEQPACKET;
}

// A number that the program's own descriptors do not reach, below those for which a descriptor
// table has to grow. Where there is none the channel stays where it is.
int move_out_of_the_way(int channel) {
  for (int number = 63; number > channel; --number) {
    if (raw_call(SYS_fcntl, number, F_GETFD) != -EBADF) continue;
    if (raw_call(SYS_dup3, channel, number, O_CLOEXEC) != number) continue;
    raw_close(channel);
    return number;
  }
  raw_call(SYS_fcntl, channel, F_SETFD, FD_CLOEXEC);
  return channel;
}

}  // namespace

bool find_launcher(int argc, char** argv) {
  char** const at_start = argv + argc + 1;  // where the kernel has put it; environ may be a copy
  const auto wish = find_wish(at_start);
  if (wish.hops == nullptr || !is_channel(kChannelFd)) return false;
  if (std::strcmp(wish.build, UVINETD_BUILD_ID) != 0) {
    zygote.channel = kChannelFd;
    refuse(Fallback::Exec, "uvi-zygote.so is of another build than the running uvinetd");
  }
  if (*wish.hops != '0') {
    --*wish.hops;
    return false;
  }
  strip(at_start);
  if (environ != nullptr && environ != at_start) strip(environ);
  find_slots(at_start);
  zygote.channel = move_out_of_the_way(kChannelFd);
  zygote.wanted = wish.park;
  struct stat placeholder {};
  if (raw_call(SYS_fstat, STDIN_FILENO, number_of(&placeholder)) != 0 ||
      !S_ISSOCK(placeholder.st_mode)) {
    refuse(Fallback::Exec, "its connection is no socket");
  }
  zygote.placeholder_device = placeholder.st_dev;
  zygote.placeholder_inode = placeholder.st_ino;
  struct stat errors {};
  if (raw_call(SYS_fstat, STDERR_FILENO, number_of(&errors)) == 0) {
    zygote.errors_device = errors.st_dev;
    zygote.errors_inode = errors.st_ino;
  }
  return true;
}

void refuse(Fallback fallback, const char* reason) {
  Refused refused;
  refused.fallback = fallback;
  const auto size = strnlen(reason, sizeof refused.reason - 1);
  std::memcpy(refused.reason, reason, size);
  send_packet(zygote.channel, &refused, sizeof refused);
  raw_exit(0);
}

FilledSlots park(Park mode) {
  refuse_what_cannot_park(mode);
  const auto thread = thread_memory(mode);
  const auto held = say_parked(mode);
  const int pair = serve_forks(thread);
  be_born(pair, thread);
  const auto filled = take_connection(pair);
  let_go(held);
  return filled;
}

}  // namespace uvinetd::zygote
