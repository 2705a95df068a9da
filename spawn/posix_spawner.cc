// SPDX-License-Identifier: ISC
#include "spawn/posix_spawner.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

namespace uvinetd {

// What the child does with its descriptors, and where it goes.
class FileActions {
 public:
  FileActions() { posix_spawn_file_actions_init(&actions_); }
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;

  // Returns an errno value, as the calls themselves do.
  int set(const SpawnRequest& request) {
    int code = 0;
    for (int fd = 0; fd <= 2 && code == 0; ++fd) {
      const int from = fd == 2 && request.errors >= 0 ? request.errors : request.connection;
      code = posix_spawn_file_actions_adddup2(&actions_, from, fd);
    }
    if (code == 0 && request.channel >= 0) {
      code = posix_spawn_file_actions_adddup2(&actions_, request.channel, kSpawnedChannelFd);
    }
    if (code != 0 || request.working_directory == nullptr) return code;
    return posix_spawn_file_actions_addchdir_np(&actions_, request.working_directory);
  }
  [[nodiscard]] const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

namespace {

bool can_enter(const char* directory) {
  struct stat status {};
  return ::stat(directory, &status) == 0 && S_ISDIR(status.st_mode) &&
         ::faccessat(AT_FDCWD, directory, X_OK, AT_EACCESS) == 0;
}

// posix_spawn tells what was wrong, but not where.
const char* failed_step(const SpawnRequest& request, int code) {
  if (code == EAGAIN || code == ENOMEM) return "posix_spawn";  // mostly the new process itself
  const char* const directory = request.working_directory;
  return directory == nullptr || can_enter(directory) ? "execve" : "chdir";
}

}  // namespace

PosixSpawner::PosixSpawner() {
  posix_spawnattr_init(&attributes_);
  // With the full set glibc resets every signal without asking for each one's disposition first:
  // half the system calls.
  sigset_t all;
  sigset_t none;
  sigfillset(&all);
  sigemptyset(&none);
  posix_spawnattr_setsigdefault(&attributes_, &all);
  posix_spawnattr_setsigmask(&attributes_, &none);
  posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
                                             static_cast<short>(POSIX_SPAWN_SETSID));
}

PosixSpawner::~PosixSpawner() {
  posix_spawnattr_destroy(&attributes_);
}

// A connection comes as the lowest free descriptor, which is the same one nearly always, and glibc
// asks for the limit of descriptors twice for each action that it is given: the last list is kept.
Result<const FileActions*> PosixSpawner::actions_for(const SpawnRequest& request) {
  const bool is_usual = request.working_directory == nullptr && request.channel < 0;
  if (actions_ != nullptr && kept_connection_ == request.connection &&
      kept_errors_ == request.errors && is_usual) {
    return actions_.get();
  }
  kept_connection_ = -1;
  actions_ = std::make_unique<FileActions>();
  const int code = actions_->set(request);
  if (code != 0) return fail("file_actions", {}, code);
  if (is_usual) {
    kept_connection_ = request.connection;
    kept_errors_ = request.errors;
  }
  return actions_.get();
}

Result<pid_t> PosixSpawner::spawn(const SpawnRequest& request) noexcept {
  if (!request.steps.is_empty()) return fork_.spawn(request);
  const auto actions = actions_for(request);
  if (!actions) return tl::unexpected(actions.error());
  pid_t pid = -1;
  const int code = posix_spawn(&pid, request.program, (*actions)->get(), &attributes_, request.argv,
                               request.environment);
  if (code == 0) {
    if (request.pid != nullptr) request.pid->store(pid, std::memory_order_release);
    return pid;
  }
  return fail(failed_step(request, code), {}, code);
}

}  // namespace uvinetd
