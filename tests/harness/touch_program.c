/* SPDX-License-Identifier: ISC
 * A server to be parked at its first touch of the connection. Its first argument says what it does
 * before, the second how it touches. In the end it says "served" and what there is to be seen.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char** environ;

static int touched_fd;
static int script_fd = -1;
static char said[256] = "";
static pthread_rwlock_t held_lock = PTHREAD_RWLOCK_INITIALIZER;

static void say(const char* text) {
  strncat(said, text, sizeof said - strlen(said) - 1);
}

/* ---- before --------------------------------------------------------------------------------- */

static void nothing(void) {}
static void do_dup(void) {
  touched_fd = fcntl(0, F_DUPFD, 20);
  for (int fd = 0; fd < 3; ++fd) close(fd);
  for (int fd = 0; fd < 3; ++fd) {
    if (open("/dev/null", O_RDWR) != fd) say(" no-null");
  }
}
static void do_nonblock(void) {
  fcntl(0, F_SETFL, fcntl(0, F_GETFL) | O_NONBLOCK);
}
static void do_cloexec(void) {
  fcntl(0, F_SETFD, FD_CLOEXEC);
}
static void do_closefrom(void) {
  closefrom(3);
}
static void do_close_each(void) {
  for (int fd = 3; fd < 1024; ++fd) {
    if (close(fd) == 0) say(" closed");
  }
}
static void do_dup_over(void) {
  for (int fd = 3; fd < 70; ++fd) {
    if (dup2(2, fd) != fd) say(" no-dup2");
  }
  closefrom(3);
}
static void do_channel_unseen(void) {
  for (int fd = 3; fd < 1024; ++fd) {
    struct stat status;
    if (fcntl(fd, F_GETFD) != -1 || fstat(fd, &status) != -1) say(" seen");
  }
}
static void do_script(void) {
  char text[3];
  script_fd = open("/etc/passwd", O_RDONLY);
  (void)!read(script_fd, text, sizeof text);
}
static volatile sig_atomic_t caught;
static void on_signal(int number) {
  caught = number;
}
static void do_signal_handlers(void) {
  struct sigaction action = {.sa_handler = on_signal};
  sigfillset(&action.sa_mask);
  sigaction(SIGUSR2, &action, NULL);
  sigset_t all;
  sigset_t old;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, &old);
  (void)getppid();
  sigprocmask(SIG_SETMASK, NULL, &all);
  if (!sigismember(&all, SIGSYS)) say(" sigsys-not-blocked");
  sigprocmask(SIG_SETMASK, &old, NULL);
  sigprocmask(SIG_SETMASK, NULL, &all);
  if (sigismember(&all, SIGSYS)) say(" sigsys-blocked");
}
static void do_sigsys(void) {
  struct sigaction action = {.sa_handler = on_signal};
  struct sigaction old;
  sigaction(SIGSYS, &action, NULL);
  (void)getppid();
  sigaction(SIGSYS, NULL, &old);
  if (old.sa_handler != on_signal) say(" sigsys-lost");
}
static void do_block_sigsys(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGSYS);
  sigprocmask(SIG_BLOCK, &set, NULL);
}
static void do_altstack(void) {
  static char memory[64 * 1024];
  stack_t stack = {.ss_sp = memory, .ss_size = sizeof memory};
  stack_t now;
  sigaltstack(&stack, NULL);
  (void)getppid();
  sigaltstack(NULL, &now);
  if (now.ss_sp != memory) say(" altstack-lost");
}
static void do_log(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/nonexistent/log"};
  const int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
  (void)!connect(fd, (struct sockaddr*)&address, sizeof address);
}
static void do_addresses(void) {
  const struct addrinfo hints = {.ai_flags = AI_PASSIVE, .ai_socktype = SOCK_STREAM};
  struct addrinfo* found = NULL;
  if (getaddrinfo(NULL, "22", &hints, &found) != 0) say(" no-address");
  freeaddrinfo(found);
}
static void do_open_and_close(void) {
  int ends[2];
  (void)!socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
  close(ends[0]);
  close(ends[1]);
  close(epoll_create1(0));
}
static void do_environ(void) {
  strcpy(getenv("A"), "2");
}
/* As setproctitle does. */
static void do_title(void) {
  char* const first = environ[0];
  char** copy = calloc(64, sizeof *copy);
  for (int i = 0; environ[i] != NULL && i < 63; ++i) {
    copy[i] = strdup(environ[i]);
    memset(environ[i], ' ', strlen(environ[i]));
  }
  environ = copy;
  strcpy(first, "title");
}
static void do_pipe(void) {
  int ends[2];
  (void)!pipe(ends);
}
static void do_eventfd(void) {
  (void)!eventfd(0, 0);
}
static void do_epoll(void) {
  (void)!epoll_create1(0);
}
static void do_timerfd(void) {
  (void)!timerfd_create(CLOCK_MONOTONIC, 0);
}
static void do_socket(void) {
  (void)!socket(AF_UNIX, SOCK_STREAM, 0);
}
static void do_datagram_socket(void) {
  (void)!socket(AF_INET, SOCK_DGRAM, 0);
}
static void do_shared(void) {
  (void)!mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}
static void do_entropy(void) {
  char bytes[16];
  (void)!getrandom(bytes, sizeof bytes, 0);
}
static void do_getentropy(void) {
  char bytes[16];
  (void)!getentropy(bytes, sizeof bytes);
}
static void do_entropy_locked(void) {
  pthread_rwlock_wrlock(&held_lock);
  do_entropy();
  pthread_rwlock_unlock(&held_lock);
}
static pthread_mutex_t held_mutex;
static void hold_mutex(int kind, int is_robust, int times) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_settype(&attributes, kind);
  if (is_robust) pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&held_mutex, &attributes);
  while (times-- > 0) pthread_mutex_lock(&held_mutex);
}
static void do_write_locked(void) {
  pthread_rwlock_wrlock(&held_lock);
}
static void do_read_locked(void) {
  pthread_rwlock_rdlock(&held_lock);
}
static void do_mutex(void) {
  hold_mutex(PTHREAD_MUTEX_NORMAL, 0, 1);
}
static void do_recursive_mutex(void) {
  hold_mutex(PTHREAD_MUTEX_RECURSIVE, 0, 3);
}
static void do_checking_mutex(void) {
  hold_mutex(PTHREAD_MUTEX_ERRORCHECK, 0, 1);
}
static void do_robust_mutex(void) {
  hold_mutex(PTHREAD_MUTEX_NORMAL, 1, 1);
}
/* Across two pages in the midst of many that nobody has used. */
static void do_far_lock(void) {
  const size_t page = 4096;
  char* const area =
      mmap(NULL, 3000 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  pthread_rwlock_t* const lock = (pthread_rwlock_t*)(area + 1024 * page - 16);
  pthread_rwlock_init(lock, NULL);
  pthread_rwlock_wrlock(lock);
}
static void do_unlocked(void) {
  pthread_rwlock_wrlock(&held_lock);
  pthread_rwlock_unlock(&held_lock);
  hold_mutex(PTHREAD_MUTEX_RECURSIVE, 0, 1);
  pthread_mutex_unlock(&held_mutex);
  hold_mutex(PTHREAD_MUTEX_NORMAL, 1, 1);
  pthread_mutex_unlock(&held_mutex);
}
// Small numbers, of which one is this thread's: no lock, however much they look like one.
static int numbers[2][16] __attribute__((aligned(8)));
static void do_numbers(void) {
  hold_mutex(PTHREAD_MUTEX_RECURSIVE, 0, 1);
  const int thread = held_mutex.__data.__owner;  // asking for it would be seen
  pthread_mutex_unlock(&held_mutex);
  for (int i = 0; i < 16; ++i) {
    numbers[0][i] = i == 2 ? thread : 1;  // a recursive mutex
    numbers[1][i] = i == 6 ? thread : 3;  // a writer's lock
  }
  numbers[1][7] = 1;
}
static void do_urandom(void) {
  fclose(fopen("/dev/urandom", "r"));
}
static void do_pid(void) {
  if (getpid() == 0) say(" no-pid");
}
static void do_malloc(void) {
  void* volatile block = malloc(100);
  free(block);
}
static void do_raise(void) {
  signal(SIGUSR1, on_signal);
  raise(SIGUSR1);
}
static void do_exit(void) {
  exit(3);
}

/* ---- touches -------------------------------------------------------------------------------- */

static char byte[2];
static void do_read(void) {
  (void)!read(touched_fd, byte, 1);
}
static void do_readv(void) {
  struct iovec part = {byte, 1};
  (void)!readv(touched_fd, &part, 1);
}
static void do_fgets(void) {
  (void)!fgets(byte, sizeof byte, stdin);
}
static void do_recv(void) {
  (void)!recv(touched_fd, byte, 1, 0);
}
static void do_recvmsg(void) {
  struct iovec part = {byte, 1};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  (void)!recvmsg(touched_fd, &message, 0);
}
static void do_write(void) {
  (void)!write(touched_fd, "+", 1);
}
static void do_printf(void) {
  printf("+");
  fflush(stdout);
}
static void do_send(void) {
  (void)!send(touched_fd, "+", 1, MSG_NOSIGNAL);
}
static void do_getpeername(void) {
  struct sockaddr_storage address;
  socklen_t size = sizeof address;
  say(getpeername(touched_fd, (struct sockaddr*)&address, &size) == 0 ? " peer" : " no-peer");
}
static void do_getsockname(void) {
  struct sockaddr_storage address;
  socklen_t size = sizeof address;
  (void)!getsockname(touched_fd, (struct sockaddr*)&address, &size);
}
static void do_peercred(void) {
  struct ucred who;
  socklen_t size = sizeof who;
  say(getsockopt(touched_fd, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 && who.pid > 0
          ? " peer"
          : " no-peer");
}
static void do_setsockopt(void) {
  const int on = 1;
  int is_on = 0;
  socklen_t size = sizeof is_on;
  setsockopt(touched_fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  getsockopt(touched_fd, SOL_SOCKET, SO_KEEPALIVE, &is_on, &size);
  say(is_on ? " on" : " off");
}
static void do_poll(void) {
  struct pollfd one = {touched_fd, POLLOUT, 0};
  poll(&one, 1, -1);
  say((one.revents & POLLHUP) != 0 ? " hung-up" : " writable");
}
static void do_select(void) {
  fd_set set;
  FD_ZERO(&set);
  FD_SET(touched_fd, &set);
  select(touched_fd + 1, NULL, &set, NULL, NULL);
}
static void do_fionread(void) {
  int count = 0;
  (void)!ioctl(touched_fd, FIONREAD, &count);
}
static void do_shutdown(void) {
  if (shutdown(touched_fd, SHUT_RD) != 0) say(" no-shutdown");
}
static void do_fork(void) {
  const pid_t pid = fork();
  if (pid == 0) _exit(7);
  int status = 0;
  say(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 7 ? " child" : " no-child");
}
static void do_spawn(void) {
  char* argv[] = {"/bin/true", NULL};
  pid_t pid = 0;
  int status = 1;
  if (posix_spawn(&pid, argv[0], NULL, NULL, argv, environ) == 0) waitpid(pid, &status, 0);
  say(status == 0 ? " child" : " no-child");
}
static void do_exec(void) {
  char* argv[] = {"/bin/echo", "served by another", NULL};
  execv(argv[0], argv);
}
static void* run_thread(void* value) {
  return value;
}
static void do_thread(void) {
  pthread_t thread;
  void* value = NULL;
  if (pthread_create(&thread, NULL, run_thread, said) == 0) pthread_join(thread, &value);
  say(value == said ? " thread" : " no-thread");
}
static void do_setsid(void) {
  say(setsid() == -1 && errno == EPERM ? " leader" : " not-leader");
}
static void do_kill(void) {
  say(kill(0, 0) == 0 ? " group" : " no-group");
}
static void do_alarm(void) {
  alarm(100);
  say(alarm(0) != 0 ? " alarm" : " no-alarm");
}
static void do_itimer(void) {
  const struct itimerval wanted = {.it_value = {100, 0}};
  struct itimerval now;
  setitimer(ITIMER_REAL, &wanted, NULL);
  getitimer(ITIMER_REAL, &now);
  say(now.it_value.tv_sec != 0 ? " timer" : " no-timer");
}
static void do_timer(void) {
  timer_t timer;
  say(timer_create(CLOCK_MONOTONIC, NULL, &timer) == 0 && timer_delete(timer) == 0 ? " timer"
                                                                                   : " no-timer");
}
static void do_lock(void) {
  const int fd = open("/etc/passwd", O_RDONLY);
  say(flock(fd, LOCK_SH) == 0 ? " lock" : " no-lock");
}
static void do_death_signal(void) {
  int number = 0;
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  prctl(PR_GET_PDEATHSIG, &number);
  say(number == SIGTERM ? " death" : " no-death");
}
static void do_list(void) {
  char text[16];
  DIR* list = opendir("/proc/self/fd");
  for (struct dirent* entry; (entry = readdir(list)) != NULL;) {
    snprintf(text, sizeof text, " %.8s", entry->d_name);
    say(text);
  }
  closedir(list);
}
static void do_create(void) {
  char path[] = "/tmp/uvinetd-touch-XXXXXX";
  say(mkdir(path, 0700) == 0 && rmdir(path) == 0 ? " made" : " not-made");
}
static void do_sendfile(void) {
  (void)!sendfile(touched_fd, open("/etc/passwd", O_RDONLY), NULL, 0);
}

/* ---------------------------------------------------------------------------------------------- */

static const struct {
  const char* name;
  void (*run)(void);
} actions[] = {
    {"nothing", nothing},
    {"dup", do_dup},
    {"nonblock", do_nonblock},
    {"cloexec", do_cloexec},
    {"closefrom", do_closefrom},
    {"close-each", do_close_each},
    {"dup-over", do_dup_over},
    {"channel-unseen", do_channel_unseen},
    {"script", do_script},
    {"signal-handlers", do_signal_handlers},
    {"sigsys", do_sigsys},
    {"block-sigsys", do_block_sigsys},
    {"altstack", do_altstack},
    {"log", do_log},
    {"addresses", do_addresses},
    {"open-and-close", do_open_and_close},
    {"environ", do_environ},
    {"title", do_title},
    {"pipe", do_pipe},
    {"eventfd", do_eventfd},
    {"epoll", do_epoll},
    {"timerfd", do_timerfd},
    {"socket", do_socket},
    {"datagram-socket", do_datagram_socket},
    {"shared", do_shared},
    {"entropy", do_entropy},
    {"getentropy", do_getentropy},
    {"entropy-locked", do_entropy_locked},
    {"write-locked", do_write_locked},
    {"read-locked", do_read_locked},
    {"mutex", do_mutex},
    {"recursive-mutex", do_recursive_mutex},
    {"checking-mutex", do_checking_mutex},
    {"robust-mutex", do_robust_mutex},
    {"far-lock", do_far_lock},
    {"unlocked", do_unlocked},
    {"numbers", do_numbers},
    {"urandom", do_urandom},
    {"pid", do_pid},
    {"malloc", do_malloc},
    {"raise", do_raise},
    {"exit", do_exit},
    {"read", do_read},
    {"readv", do_readv},
    {"fgets", do_fgets},
    {"recv", do_recv},
    {"recvmsg", do_recvmsg},
    {"write", do_write},
    {"printf", do_printf},
    {"send", do_send},
    {"getpeername", do_getpeername},
    {"getsockname", do_getsockname},
    {"peercred", do_peercred},
    {"setsockopt", do_setsockopt},
    {"poll", do_poll},
    {"select", do_select},
    {"fionread", do_fionread},
    {"shutdown", do_shutdown},
    {"fork", do_fork},
    {"spawn", do_spawn},
    {"exec", do_exec},
    {"thread", do_thread},
    {"setsid", do_setsid},
    {"kill", do_kill},
    {"alarm", do_alarm},
    {"itimer", do_itimer},
    {"timer", do_timer},
    {"lock", do_lock},
    {"death-signal", do_death_signal},
    {"list", do_list},
    {"create", do_create},
    {"sendfile", do_sendfile},
};

static void run(const char* name) {
  for (size_t i = 0; i < sizeof actions / sizeof *actions; ++i) {
    if (strcmp(actions[i].name, name) == 0) {
      actions[i].run();
      return;
    }
  }
  _exit(99);
}

/* What a child is to have as an exec'd server has it. */
static void say_state(void) {
  char text[256];
  struct sigaction action;
  sigset_t mask;
  stack_t stack;
  sigaction(SIGSYS, NULL, &action);
  sigprocmask(SIG_SETMASK, NULL, &mask);
  sigaltstack(NULL, &stack);
  snprintf(text, sizeof text, " flags %x %x sigsys %d %d altstack %d offset %d pid %d A=%s P=%s\n",
           (unsigned)fcntl(touched_fd, F_GETFD), (unsigned)fcntl(touched_fd, F_GETFL),
           action.sa_handler != SIG_DFL, sigismember(&mask, SIGSYS), stack.ss_sp != NULL,
           script_fd < 0 ? -1 : (int)lseek(script_fd, 0, SEEK_CUR),
           getpid() == (pid_t)syscall(SYS_gettid) && getsid(0) == getpid(), getenv("A"),
           getenv("PROTO"));
  say(text);
}

int main(int argc, char** argv) {
  if (argc < 3) return 98;
  run(argv[1]);
  run(argv[2]);
  say_state();
  fcntl(touched_fd, F_SETFL, fcntl(touched_fd, F_GETFL) & ~O_NONBLOCK);
  (void)!write(touched_fd, "served", 6);
  (void)!write(touched_fd, said, strlen(said));
  return 0;
}
