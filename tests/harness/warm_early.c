/* SPDX-License-Identifier: ISC
 * A server that misbehaves before main(), but only where its descriptor 0 is not a connection: in a
 * zygote, never in a server that is exec'd for a client. Its argument says how:
 *
 *     well | thread | exit | crash | sleep | nonsense
 *     no-thread-copy | no-dispatch      the kernel has nothing that the zygote's library asks for
 *     unborn                            children die before they have said that they are there
 *
 * As a server it sends "served", its argument and its pid, and waits for the client's end of file.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "forbid.h"

enum { GET_TID_ADDRESS = 40, SYSCALL_USER_DISPATCH = 59 }; /* options of prctl(2) */

static int is_connected(void) {
  struct sockaddr_storage peer;
  socklen_t size = sizeof peer;
  return getpeername(0, (struct sockaddr*)&peer, &size) == 0;
}

static void* rest(void* unused) {
  (void)unused;
  while (1) pause();
  return NULL;
}

static void dump_no_core(void) {
  const struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
}

static void crash(void) {
  dump_no_core();
  raise(SIGSEGV);
}

/* A child of a zygote leads a session before it says anything. */
static void lose_children(void) {
  dump_no_core();
  forbid(SYS_setsid, -1, SECCOMP_RET_KILL_PROCESS);
}

/* Whatever it finds as a channel is filled with what nobody understands. */
static void talk_nonsense(void) {
  char nonsense[64];
  memset(nonsense, 0x55, sizeof nonsense);
  for (int fd = 3; fd < 128; ++fd) {
    while (send(fd, nonsense, sizeof nonsense, MSG_DONTWAIT | MSG_NOSIGNAL) > 0) {
    }
  }
}

__attribute__((constructor)) static void misbehave(int argc, char** argv) {
  static pthread_t thread;
  if (argc < 2 || is_connected()) return;
  if (strcmp(argv[1], "thread") == 0) pthread_create(&thread, NULL, rest, NULL);
  if (strcmp(argv[1], "exit") == 0) _exit(3);
  if (strcmp(argv[1], "crash") == 0) crash();
  if (strcmp(argv[1], "sleep") == 0) rest(NULL);
  if (strcmp(argv[1], "nonsense") == 0) talk_nonsense();
  if (strcmp(argv[1], "no-thread-copy") == 0) forbid_prctl(GET_TID_ADDRESS);
  if (strcmp(argv[1], "no-dispatch") == 0) forbid_prctl(SYSCALL_USER_DISPATCH);
  if (strcmp(argv[1], "unborn") == 0) lose_children();
}

int main(int argc, char** argv) {
  char buffer[256];
  int size = snprintf(buffer, sizeof buffer, "served %s ", argc > 1 ? argv[1] : "");
  if (write(1, buffer, (size_t)size) != size) return 1;
  size = snprintf(buffer, sizeof buffer, "%ld\n", (long)getpid());
  if (write(1, buffer, (size_t)size) != size) return 1;
  while (read(0, buffer, sizeof buffer) > 0) {
  }
  return 0;
}
