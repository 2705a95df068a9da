// SPDX-License-Identifier: ISC
#include "core/monitor/upgrade/upgrade_check.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <sstream>
#include <utility>

#include "core/base/process.h"
#include "core/monitor/upgrade/program_swap.h"

namespace uvinetd {
namespace {

constexpr int kLowestSpare = 10;  // above the standard descriptors

[[noreturn]] void run(const char* program, char* const* argv, char* const* environment, int state,
                      int output) {
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  const int spare = fcntl(output, F_DUPFD_CLOEXEC, kLowestSpare);
  if (null < 0 || spare < 0) _exit(127);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO}) dup2(null, fd);
  dup2(spare, STDERR_FILENO);
  fcntl(state, F_SETFD, 0);
  struct sigaction plain {};
  plain.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) sigaction(number, &plain, nullptr);
  unblock_signals();
  execve(program, argv, environment);
  dprintf(STDERR_FILENO, "cannot execute %s: %s\n", program, std::strerror(errno));
  _exit(127);
}

}  // namespace

UpgradeCheck::~UpgradeCheck() {
  if (pid_ > 0) ::kill(pid_, SIGKILL);
  timers_.cancel(deadline_);
}

Status UpgradeCheck::start(const std::string& program, const std::string& name, int state,
                           const std::vector<std::string>& variables) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return fail_errno("pipe");
  output_.reset(ends[0]);
  const UniqueFd theirs(ends[1]);
  for (const int end : ends) (void)set_cloexec(end);
  // Its number in the other process: not one that is in use there.
  const UniqueFd copy(::fcntl(state, F_DUPFD_CLOEXEC, kLowestSpare));
  if (!copy.is_open()) return fail_errno("dup");
  std::vector<std::string> words{name, upgrade_check_argument(copy.get())};
  auto environment = environment_with(variables);
  const auto argv = pointers_to(words);
  const auto envp = pointers_to(environment);
  const SignalsBlocked blocked;  // no handler of ours may run in the child
  pid_ = ::fork();
  if (pid_ < 0) return fail_errno("fork");
  if (pid_ == 0) run(program.c_str(), argv.data(), envp.data(), copy.get(), theirs.get());
  watcher_ = std::make_unique<FdWatcher>(loop_, output_.get(), [this](int) { read(); });
  watcher_->watch(UV_READABLE);
  deadline_ = timers_.after(kDeadline, [this] {
    deadline_ = 0;
    ::kill(pid_, SIGKILL);
  });
  return {};
}

void UpgradeCheck::read() {
  std::array<char, 4096> part{};
  for (;;) {
    const auto size = ::read(output_.get(), part.data(), part.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return;
    if (size == 0) return watcher_->watch(0);
    if (told_.size() < kMostTold) told_.append(part.data(), static_cast<std::size_t>(size));
  }
}

bool UpgradeCheck::on_process_end(const Exit& exit) {
  if (exit.pid != pid_ || pid_ <= 0) return false;
  pid_ = 0;
  read();
  const bool is_late = deadline_ == 0;
  timers_.cancel(deadline_);
  watcher_.reset();
  std::vector<std::string> lines;
  if (exit.status != 0) {
    std::istringstream text(told_);
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    if (is_late) lines.emplace_back("it has not answered in time");
    if (lines.empty()) lines.push_back("it ended with status=" + status_text(exit.status));
  }
  // Not from here: whoever is told may want to make another one.
  timers_.after(std::chrono::milliseconds(0),
                [told = std::move(on_done_), lines = std::move(lines)] { told(lines); });
  return true;
}

}  // namespace uvinetd
