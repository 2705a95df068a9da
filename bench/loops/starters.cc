// SPDX-License-Identifier: ISC
#include "bench/loops/starters.h"

#include <errno.h>
#include <unistd.h>

#include <csignal>

namespace bench {
namespace {

class PosixSpawn : public Starter {
 public:
  PosixSpawn() {
    sigset_t all;
    sigset_t none;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
                                               static_cast<short>(POSIX_SPAWN_SETSID));
  }
  ~PosixSpawn() override { posix_spawnattr_destroy(&attributes_); }
  PosixSpawn(const PosixSpawn&) = delete;
  PosixSpawn& operator=(const PosixSpawn&) = delete;

  int start(int connection, char* const* argv, char* const* environment) override {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    int code = 0;
    for (int fd = 0; fd <= 2 && code == 0; ++fd) {
      code = posix_spawn_file_actions_adddup2(&actions, connection, fd);
    }
    pid_t pid = -1;
    if (code == 0) code = posix_spawn(&pid, argv[0], &actions, &attributes_, argv, environment);
    posix_spawn_file_actions_destroy(&actions);
    return code;
  }

 private:
  posix_spawnattr_t attributes_{};
};

class Fork : public Starter {
 public:
  int start(int connection, char* const* argv, char* const* environment) override {
    const pid_t pid = fork();
    if (pid < 0) return errno;
    if (pid == 0) become(connection, argv, environment);
    return 0;
  }

 private:
  [[noreturn]] static void become(int connection, char* const* argv, char* const* environment) {
    struct sigaction plain = {};
    plain.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; ++number) sigaction(number, &plain, nullptr);
    setsid();
    for (int fd = 0; fd <= 2; ++fd) dup2(connection, fd);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    execve(argv[0], argv, environment);
    _exit(127);
  }
};

}  // namespace

std::unique_ptr<Starter> make_starter(std::string_view name) {
  if (name == "posix_spawn") return std::make_unique<PosixSpawn>();
  if (name == "fork") return std::make_unique<Fork>();
  return nullptr;
}

}  // namespace bench
