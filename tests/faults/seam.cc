// SPDX-License-Identifier: ISC
// The seam of the fault tests: stands between a program of ours and libc, and lets the n-th call of
// one function fail, as a plan says. It is linked into copies of the programs for these tests and
// into nothing that is installed.
//
// The plan is the file "fault-plan" beside the program, mapped by every role when it starts and for
// as long as it lives: so a test arms a fault, and counts calls, in a daemon that runs. Without the
// file nothing fails. Children that have not called exec yet are their parent's role: they share
// its plan.
//
// What libuv and libstdc++ call goes through here too; what glibc calls inside itself does not.
#include <dlfcn.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdarg>
#include <cstdint>
#include <cstring>
#include <ctime>

namespace {

enum class Call : std::uint32_t {
#define FAULT_CALL(name, errors) name,
#include "tests/faults/calls.def"
#undef FAULT_CALL
};

enum class Role : std::uint32_t { Monitor, Reactor, Launcher, Resolver };

using Word = std::atomic<std::uint32_t>;
constexpr std::size_t kMostCalls = 64;

// As harness: tests/faults/plan.py writes and reads it. Fail: the calls number `first` to
// `first + times - 1` of `call` in `role` since the plan was armed.
struct Plan {
  Word is_armed;
  Word role;
  Word call;
  Word first;  // from 1
  Word times;
  Word code;
  Word seen;    // calls of this function in this role since then
  Word failed;  // of those
  Word wall;    // seconds that the wall clock is ahead, as a signed number
  Word also;    // a second function, of which the next call after that fails, plus 1; 0: none
  Word also_code;
  Word unused[5];
  Word counts[4][kMostCalls];  // calls in each role, for ever
};

Plan* plan = nullptr;
Role own_role = Role::Monitor;

bool begins_with(const char* text, const char* start) {
  return std::strncmp(text, start, std::strlen(start)) == 0;
}

// By bare system calls: what is below is not there yet.
__attribute__((constructor)) void take_plan(int, char** argv, char**) {
  if (begins_with(argv[0], "uvi-reactor")) own_role = Role::Reactor;
  if (begins_with(argv[0], "uvi-launcher")) own_role = Role::Launcher;
  if (begins_with(argv[0], "uvi-resolver")) own_role = Role::Resolver;
  char path[PATH_MAX] = {};
  const long size =
      syscall(SYS_readlink, "/proc/self/exe", path, sizeof path - sizeof "fault-plan");
  char* const slash = size > 0 ? std::strrchr(path, '/') : nullptr;
  if (slash == nullptr) return;
  std::strcpy(slash + 1, "fault-plan");
  const long fd = syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  const long at =
      syscall(SYS_mmap, nullptr, sizeof(Plan), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  syscall(SYS_close, fd);
  if (at > 0 || at < -4095) plan = reinterpret_cast<Plan*>(at);
}

// True with errno: this call is to fail.
bool fails(Call call) {
  if (plan == nullptr) return false;
  const auto role = static_cast<std::uint32_t>(own_role);
  ++plan->counts[role][static_cast<std::size_t>(call)];
  if (plan->is_armed == 0 || plan->role != role) return false;
  if (plan->failed != 0 && plan->also == static_cast<std::uint32_t>(call) + 1) {
    plan->also = 0;
    errno = static_cast<int>(plan->also_code);
    return true;
  }
  if (plan->call != static_cast<std::uint32_t>(call)) return false;
  const auto number = ++plan->seen;
  if (number < plan->first || number >= plan->first + plan->times) return false;
  ++plan->failed;
  errno = static_cast<int>(plan->code);
  return true;
}

template <typename Function>
Function* next(Function*& kept, const char* name) {
  if (kept == nullptr) kept = reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
  return kept;
}

}  // namespace

#define REAL(name)                                \
  static decltype(::name)* kept_##name = nullptr; \
  auto* const real = next(kept_##name, #name)

// A function that fails by -1 and errno, and takes just these arguments.
#define SEAM(type, name, parameters, arguments, exception) \
  extern "C" type name parameters exception {              \
    REAL(name);                                            \
    if (fails(Call::name)) return -1;                      \
    return real arguments;                                 \
  }

SEAM(int, accept4, (int fd, sockaddr* from, socklen_t* size, int flags), (fd, from, size, flags), )
SEAM(int, bind, (int fd, const sockaddr* to, socklen_t size), (fd, to, size), noexcept)
SEAM(int, chdir, (const char* path), (path), noexcept)
SEAM(int, connect, (int fd, const sockaddr* to, socklen_t size), (fd, to, size), )
SEAM(int, dup2, (int from, int to), (from, to), noexcept)
SEAM(int, epoll_create1, (int flags), (flags), noexcept)
SEAM(int, eventfd, (unsigned count, int flags), (count, flags), noexcept)
SEAM(int, fexecve, (int fd, char* const argv[], char* const env[]), (fd, argv, env), noexcept)
SEAM(pid_t, fork, (), (), noexcept)
SEAM(int, ftruncate, (int fd, off_t size), (fd, size), noexcept)
SEAM(int, getsockname, (int fd, sockaddr* to, socklen_t* size), (fd, to, size), noexcept)
SEAM(int, getsockopt, (int fd, int level, int name, void* to, socklen_t* size),
     (fd, level, name, to, size), noexcept)
SEAM(int, inotify_add_watch, (int fd, const char* path, std::uint32_t mask), (fd, path, mask),
     noexcept)
SEAM(int, inotify_init1, (int flags), (flags), noexcept)
SEAM(int, kill, (pid_t pid, int number), (pid, number), noexcept)
SEAM(int, listen, (int fd, int backlog), (fd, backlog), noexcept)
SEAM(int, memfd_create, (const char* name, unsigned flags), (name, flags), noexcept)
SEAM(int, mkdir, (const char* path, mode_t mode), (path, mode), noexcept)
SEAM(int, pipe2, (int fds[2], int flags), (fds, flags), noexcept)
SEAM(int, poll, (pollfd * fds, nfds_t count, int time), (fds, count, time), )
SEAM(int, pselect,
     (int highest, fd_set* in, fd_set* out, fd_set* except, const timespec* time,
      const sigset_t* mask),
     (highest, in, out, except, time, mask), )
SEAM(ssize_t, recv, (int fd, void* to, std::size_t size, int flags), (fd, to, size, flags), )
SEAM(ssize_t, recvfrom,
     (int fd, void* to, std::size_t size, int flags, sockaddr* from, socklen_t* length),
     (fd, to, size, flags, from, length), )
SEAM(ssize_t, recvmsg, (int fd, msghdr* message, int flags), (fd, message, flags), )
SEAM(int, rename, (const char* from, const char* to), (from, to), noexcept)
SEAM(ssize_t, send, (int fd, const void* from, std::size_t size, int flags),
     (fd, from, size, flags), )
SEAM(ssize_t, sendmsg, (int fd, const msghdr* message, int flags), (fd, message, flags), )
SEAM(ssize_t, sendto,
     (int fd, const void* from, std::size_t size, int flags, const sockaddr* to, socklen_t length),
     (fd, from, size, flags, to, length), )
SEAM(int, setgroups, (std::size_t count, const gid_t* list), (count, list), noexcept)
SEAM(int, setresgid, (gid_t real_id, gid_t effective, gid_t saved), (real_id, effective, saved),
     noexcept)
SEAM(int, setresuid, (uid_t real_id, uid_t effective, uid_t saved), (real_id, effective, saved),
     noexcept)
SEAM(int, setsockopt, (int fd, int level, int name, const void* from, socklen_t size),
     (fd, level, name, from, size), noexcept)
SEAM(int, socket, (int family, int type, int protocol), (family, type, protocol), noexcept)
SEAM(int, socketpair, (int family, int type, int protocol, int fds[2]),
     (family, type, protocol, fds), noexcept)
SEAM(pid_t, wait4, (pid_t pid, int* status, int options, rusage* usage),
     (pid, status, options, usage), noexcept)
SEAM(int, waitid, (idtype_t type, id_t id, siginfo_t* info, int options),
     (type, id, info, options), )
SEAM(pid_t, waitpid, (pid_t pid, int* status, int options), (pid, status, options), )

// ---- those that are special ------------------------------------------------------------------

// The wall clock may jump; the others are the kernel's own.
extern "C" int clock_gettime(clockid_t clock, timespec* to) noexcept {
  REAL(clock_gettime);
  const int answer = real(clock, to);
  if (answer == 0 && clock == CLOCK_REALTIME && plan != nullptr) {
    to->tv_sec += static_cast<std::int32_t>(plan->wall.load());
  }
  return answer;
}

// A set of watched descriptors lets go of one whatever there is.
extern "C" int epoll_ctl(int set, int operation, int fd, epoll_event* event) noexcept {
  REAL(epoll_ctl);
  if (operation == EPOLL_CTL_ADD && fails(Call::epoll_ctl)) return -1;
  return real(set, operation, fd, event);
}

// Only a file's disk can be full or broken: pipes have what is asked of them, or have it later.
namespace {
bool is_file(int fd) {
  const int before = errno;
  struct stat facts {};
  const bool answer = plan != nullptr && fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode);
  errno = before;
  return answer;
}
}  // namespace

extern "C" ssize_t read(int fd, void* to, std::size_t size) {
  REAL(read);
  if (is_file(fd) && fails(Call::read)) return -1;
  return real(fd, to, size);
}

extern "C" ssize_t write(int fd, const void* from, std::size_t size) {
  REAL(write);
  if (is_file(fd) && fails(Call::write)) return -1;
  return real(fd, from, size);
}

extern "C" void* mmap(void* at, std::size_t size, int rights, int flags, int fd,
                      off_t offset) noexcept {
  REAL(mmap);
  if (fails(Call::mmap)) return MAP_FAILED;
  return real(at, size, rights, flags, fd, offset);
}

extern "C" int posix_spawn(pid_t* pid, const char* path, const posix_spawn_file_actions_t* actions,
                           const posix_spawnattr_t* attributes, char* const argv[],
                           char* const env[]) {
  REAL(posix_spawn);
  if (fails(Call::posix_spawn)) return errno;
  return real(pid, path, actions, attributes, argv, env);
}

// Of the commands only these two can want something that there is none of.
extern "C" int fcntl(int fd, int command, ...) {
  REAL(fcntl);
  va_list rest;
  va_start(rest, command);
  const long argument = va_arg(rest, long);
  va_end(rest);
  const bool duplicates = command == F_DUPFD || command == F_DUPFD_CLOEXEC;
  if (duplicates && fails(Call::fcntl_dupfd)) return -1;
  if (command == F_ADD_SEALS && fails(Call::fcntl_seals)) return -1;
  return real(fd, command, argument);
}

extern "C" int open(const char* path, int flags, ...) {
  REAL(open);
  va_list rest;
  va_start(rest, flags);
  const auto mode = va_arg(rest, mode_t);
  va_end(rest);
  if (fails(Call::open)) return -1;
  return real(path, flags, mode);
}

extern "C" int openat(int folder, const char* path, int flags, ...) {
  REAL(openat);
  va_list rest;
  va_start(rest, flags);
  const auto mode = va_arg(rest, mode_t);
  va_end(rest);
  if (fails(Call::openat)) return -1;
  return real(folder, path, flags, mode);
}

#ifdef __x86_64__
// It returns twice, so that no frame may stand between it and its caller.
extern "C" {
__attribute__((visibility("hidden"))) void* uvinetd_real_vfork = nullptr;
__attribute__((visibility("hidden"), used)) int uvinetd_vfork_fails() {
  if (uvinetd_real_vfork == nullptr) uvinetd_real_vfork = dlsym(RTLD_NEXT, "vfork");
  return fails(Call::vfork) ? 1 : 0;
}
}
asm(R"(
    .text
    .globl vfork
    .type vfork, @function
vfork:
    endbr64
    subq $8, %rsp
    call uvinetd_vfork_fails
    addq $8, %rsp
    testl %eax, %eax
    jne 1f
    jmp *uvinetd_real_vfork(%rip)
1:  movl $-1, %eax
    ret
    .size vfork, .-vfork
)");
#endif
