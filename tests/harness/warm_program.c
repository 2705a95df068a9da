/* SPDX-License-Identifier: ISC
 * A server to be started warm. It is C, dynamically linked and without sanitizers: what it finds is
 * what an unmodified program finds. Its first argument says what main() does, the variable AT_START
 * what a constructor has done before.
 *
 *   state          what the kernel and the C library say of this process, without what differs from
 *                  one process to the next
 *   work           threads, signals, children, locks: "ok", or what did not work
 *   join-main      "joined" from a thread that has waited for the end of the first one
 *   leave-lock     "owner died" from a child that waits for a lock which this process ends with
 *   secret WHICH   canary: the stack protector's number; auxiliary: AT_RANDOM
 *   offset FD      three bytes read from FD, and where it stands then
 *   exit N, die N  status N, after 10 ms of processor time; by signal N
 *   echo           lines, until the end of file
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "forbid.h"

extern char** environ;

/* ---- before main ---------------------------------------------------------------------------- */

static void* sleep_on(void* unused) {
  for (;;) pause();
  return unused;
}

static void map_file(const char* path) {
  const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || ftruncate(fd, 1) != 0 ||
      mmap(NULL, 1, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED) {
    _exit(99);
  }
  close(fd);
}

static void map_many(const char* folder) {
  char path[512];
  for (int i = 0; i < 400; ++i) {
    snprintf(path, sizeof path, "%s/%0200d", folder, i);
    map_file(path);
  }
}

/* What the kernel says to a program with file capabilities, for whoever asks here. */
static int claims_secure = 0;
unsigned long getauxval(unsigned long type) {
  if (type == AT_SECURE) return (unsigned long)claims_secure;
  unsigned long (*const real)(unsigned long) =
      (unsigned long (*)(unsigned long))dlsym(RTLD_NEXT, "getauxval");
  return real(type);
}

__attribute__((constructor)) static void at_start(void) {
  const char* what = getenv("AT_START");
  if (what == NULL) return;
  const char* value = strchr(what, ' ');
  value = value == NULL ? "" : value + 1;
  pthread_t thread;
  if (strncmp(what, "thread", 6) == 0) {
    for (int i = atoi(value); i > 0; --i) pthread_create(&thread, NULL, sleep_on, NULL);
  } else if (strncmp(what, "open ", 5) == 0) {
    char first;
    (void)!read(open(value, O_RDONLY), &first, 1);
  } else if (strncmp(what, "map-and-remove ", 15) == 0) {
    map_file(value);
    unlink(value);
  } else if (strncmp(what, "map-many ", 9) == 0) {
    map_many(value);
  } else if (strncmp(what, "print ", 6) == 0) {
    printf("%s\n", value);
  } else if (strncmp(what, "exit ", 5) == 0) {
    _exit(atoi(value));
  } else if (strncmp(what, "abort", 5) == 0) {
    abort();
  } else if (strncmp(what, "set ", 4) == 0) {
    setenv("SET_AT_START", value, 1);
  } else if (strncmp(what, "copy ", 5) == 0) {
    fcntl(0, F_DUPFD_CLOEXEC, atoi(value));
  } else if (strncmp(what, "close ", 6) == 0) {
    close(atoi(value));
  } else if (strncmp(what, "secure", 6) == 0) {
    claims_secure = 1;
  } else if (strncmp(what, "forbid-prctl ", 13) == 0) {
    if (forbid_prctl(atoi(value)) != 0) _exit(99);
  } else if (strncmp(what, "block ", 6) == 0) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, atoi(value));
    sigprocmask(SIG_BLOCK, &set, NULL);
  }
}

/* ---- state ---------------------------------------------------------------------------------- */

static void print_status(void) {
  static const char* const kept[] = {
      "Name:",   "Umask:",  "TracerPid:", "Uid:",        "Gid:",    "Groups:", "Threads:",
      "SigPnd:", "ShdPnd:", "SigBlk:",    "SigIgn:",     "SigCgt:", "CapInh:", "CapPrm:",
      "CapEff:", "CapBnd:", "CapAmb:",    "NoNewPrivs:", "Seccomp:"};
  char line[4096];
  FILE* file = fopen("/proc/self/status", "re");
  while (file != NULL && fgets(line, sizeof line, file) != NULL) {
    for (size_t i = 0; i < sizeof kept / sizeof *kept; ++i) {
      if (strncmp(line, kept[i], strlen(kept[i])) == 0) fputs(line, stdout);
    }
  }
  if (file != NULL) fclose(file);
}

static void print_descriptors(void) {
  for (int fd = 0; fd < 256; ++fd) {
    struct stat status;
    if (fstat(fd, &status) != 0) continue;
    struct stat first;
    fstat(0, &first);
    printf("fd %d mode %o same %d flags %x %x\n", fd, status.st_mode & S_IFMT,
           status.st_ino == first.st_ino && status.st_dev == first.st_dev,
           (unsigned)fcntl(fd, F_GETFD), (unsigned)fcntl(fd, F_GETFL));
  }
  const int next = dup(0);
  printf("next %d\n", next);
  close(next);
}

static void print_limits(void) {
  for (int i = 0; i < RLIM_NLIMITS; ++i) {
    struct rlimit limit;
    getrlimit((__rlimit_resource_t)i, &limit);
    printf("limit %d %ju %ju\n", i, (uintmax_t)limit.rlim_cur, (uintmax_t)limit.rlim_max);
  }
  printf("nice %d\n", getpriority(PRIO_PROCESS, 0));
}

static void print_state(int argc, char** argv, char** environment) {
  char path[4096] = "";
  for (int i = 0; i < argc; ++i) printf("argument %s\n", argv[i]);
  for (char** at = environ; *at != NULL; ++at) printf("variable %s\n", *at);
  printf("environment %d\n", environment == environ);
  printf("cwd %s\n", getcwd(path, sizeof path));
  memset(path, 0, sizeof path);
  (void)!readlink("/proc/self/exe", path, sizeof path - 1);
  printf("exe %s\nname %s\n", path, program_invocation_name);
  printf("parent %d\n", (int)getppid());
  printf("leads session %d group %d\n", getsid(0) == getpid(), getpgrp() == getpid());
  printf("first thread %d\n", getpid() == (pid_t)syscall(SYS_gettid));
  printf("dumpable %d\n", prctl(PR_GET_DUMPABLE));
  printf("death signal %d\n", ({
           int number = 0;
           prctl(PR_GET_PDEATHSIG, &number);
           number;
         }));
  print_status();
  print_descriptors();
  print_limits();
}

/* ---- work ----------------------------------------------------------------------------------- */

static volatile sig_atomic_t caught;
static void on_signal(int number) {
  caught = number;
}

static pthread_mutex_t robust;
static void* leave_locked(void* unused) {
  pthread_mutex_lock(&robust);
  return unused;
}

static int waited(pid_t pid) {
  int status = 0;
  return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static const char* work(void) {
  pthread_t thread;
  pthread_mutexattr_t kind;
  pthread_mutexattr_init(&kind);
  pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&robust, &kind);
  if (pthread_create(&thread, NULL, leave_locked, NULL) != 0) return "pthread_create";
  if (pthread_join(thread, NULL) != 0) return "pthread_join";
  if (pthread_mutex_lock(&robust) != EOWNERDEAD) return "a robust mutex of a dead thread";
  pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_ERRORCHECK);
  pthread_mutex_t checked;
  pthread_mutex_init(&checked, &kind);
  if (pthread_mutex_lock(&checked) != 0 || pthread_mutex_lock(&checked) != EDEADLK) {
    return "an errorcheck mutex";
  }
#if defined(__GLIBC__)
  if (checked.__data.__owner != (int)syscall(SYS_gettid)) return "the thread's id";
#endif
  signal(SIGUSR1, on_signal);
  if (raise(SIGUSR1) != 0 || caught != SIGUSR1) return "raise";
  if (pthread_kill(pthread_self(), SIGUSR1) != 0) return "pthread_kill";
  if (system("exit 3") != 3 << 8) return "system";
  const pid_t pid = fork();
  if (pid == 0) _exit(getppid() == 1 ? 1 : 5);
  if (waited(pid) != 5) return "fork";
  return "ok";
}

static void* join(void* first) {
  if (pthread_join(*(pthread_t*)first, NULL) == 0) puts("joined");
  exit(0);
}

static void join_main(void) {
  static pthread_t first;
  pthread_t thread;
  first = pthread_self();
  alarm(10); /* whoever waits in vain ends by it */
  if (pthread_create(&thread, NULL, join, &first) == 0) pthread_exit(NULL);
}

static void leave_lock(void) {
  pthread_mutex_t* shared =
      mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pthread_mutexattr_t kind;
  pthread_mutexattr_init(&kind);
  pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_ROBUST);
  pthread_mutexattr_setpshared(&kind, PTHREAD_PROCESS_SHARED);
  pthread_mutex_init(shared, &kind);
  pthread_mutex_lock(shared);
  if (fork() != 0) _exit(0);
  alarm(10);
  if (pthread_mutex_lock(shared) == EOWNERDEAD) puts("owner died");
}

static void print_secret(const char* which) {
  uint64_t secret = 0;
  if (strcmp(which, "auxiliary") == 0) {
    memcpy(&secret, (const char*)getauxval(AT_RANDOM) + 8, sizeof secret);
  }
#if defined(__x86_64__)
  if (strcmp(which, "canary") == 0) __asm__("movq %%fs:0x28, %0" : "=r"(secret));
#endif
  printf("%016jx\n", (uintmax_t)secret);
}

static void burn(void) {
  struct rusage used;
  do {
    getrusage(RUSAGE_SELF, &used);
  } while (used.ru_utime.tv_sec == 0 && used.ru_utime.tv_usec + used.ru_stime.tv_usec < 10000);
}

int main(int argc, char** argv, char** environment) {
  const char* what = argc > 1 ? argv[1] : "";
  const int number = argc > 2 ? atoi(argv[2]) : 0;
  char text[256] = "";
  if (strcmp(what, "state") == 0) {
    print_state(argc, argv, environment);
  } else if (strcmp(what, "work") == 0) {
    puts(work());
  } else if (strcmp(what, "join-main") == 0) {
    join_main();
  } else if (strcmp(what, "leave-lock") == 0) {
    leave_lock();
  } else if (strcmp(what, "secret") == 0 && argc > 2) {
    print_secret(argv[2]);
  } else if (strcmp(what, "offset") == 0) {
    (void)!read(number, text, 3);
    printf("%s %d\n", text, (int)lseek(number, 0, SEEK_CUR));
  } else if (strcmp(what, "exit") == 0) {
    burn();
    return number;
  } else if (strcmp(what, "die") == 0) {
    raise(number);
  } else if (strcmp(what, "echo") == 0) {
    while (fgets(text, sizeof text, stdin) != NULL) {
      fputs(text, stdout);
      fflush(stdout);
    }
  }
  return 0;
}
