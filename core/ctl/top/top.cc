// SPDX-License-Identifier: ISC
#include "core/ctl/top/top.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>

#include "core/ctl/live/control_socket.h"
#include "core/ctl/live/live_verbs.h"
#include "core/ctl/live/print.h"
#include "core/ctl/live/terminal.h"
#include "core/ctl/top/top_screen.h"
#include "core/ctl/top/top_source.h"

namespace uvinetd {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kPatience{5'000};

// Set by the signals that end a program; then the terminal is put back first.
volatile std::sig_atomic_t ended_by = 0;

void on_signal(int number) {
  ended_by = number;
}

// The signals that end the program as they were before, at its end. They are let in only where the
// loop waits, so that none is missed between a look at `ended_by` and the wait.
class Signals {
 public:
  Signals() {
    sigset_t blocked;
    sigemptyset(&blocked);
    for (const int number : kNumbers) sigaddset(&blocked, number);
    sigaddset(&blocked, SIGWINCH);
    sigprocmask(SIG_BLOCK, &blocked, &before_);
    struct sigaction action {};
    action.sa_handler = on_signal;
    for (std::size_t i = 0; i < kNumbers.size(); ++i) sigaction(kNumbers[i], &action, &old_[i]);
  }
  ~Signals() {
    for (std::size_t i = 0; i < kNumbers.size(); ++i) sigaction(kNumbers[i], &old_[i], nullptr);
    sigprocmask(SIG_SETMASK, &before_, nullptr);
  }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // As ppoll(2).
  int wait(std::array<pollfd, 2>& entries, milliseconds most) const {
    timespec limit{};
    limit.tv_sec = most.count() / 1'000;
    limit.tv_nsec = most.count() % 1'000 * 1'000'000;
    return ppoll(entries.data(), entries.size(), &limit, &before_);
  }

 private:
  static constexpr std::array<int, 4> kNumbers{SIGINT, SIGTERM, SIGHUP, SIGQUIT};
  std::array<struct sigaction, kNumbers.size()> old_{};
  sigset_t before_{};
};

class Top {
 public:
  Top(const Command& command, std::string path, TopScreen& screen, const Signals& signals)
      : path_(std::move(path)),
        delay_(command.live.delay),
        source_(path_, command.live.wait.count() > 0 ? milliseconds(command.live.wait) : kPatience),
        model_(command.live),
        screen_(screen),
        signals_(signals) {}

  // Until the user quits, or the first look fails: what there is to say then.
  Asked<void> run() {
    while (ended_by == 0) {
      const auto now = steady_clock::now();
      if (now >= next_look_) {
        next_look_ = now + delay_;
        tell(source_.begin(now));
      }
      tell(source_.check(now));
      if (first_error_) return tl::unexpected(*first_error_);
      screen_.draw(top_frame(model_, screen_.size()));
      if (!wait()) return {};
    }
    return {};
  }

 private:
  // False: the user quits.
  bool wait() {
    std::array<pollfd, 2> entries{pollfd{STDIN_FILENO, POLLIN, 0}, pollfd{source_.fd(), POLLIN, 0}};
    const auto left = std::chrono::ceil<milliseconds>(next_look_ - steady_clock::now());
    const int count = signals_.wait(entries, std::max(left, milliseconds(0)));
    if (count > 0 && entries[1].revents != 0) take();
    if (count > 0 && (entries[0].revents & (POLLHUP | POLLERR)) != 0) return false;
    // After a signal too: ncurses tells a change of the size as a key.
    while (const auto key = screen_.next_key()) {
      if (!model_.on_key(key->first, key->second, page_of(screen_.size()))) return false;
    }
    return true;
  }

  void take() {
    auto snapshot = source_.on_input(steady_clock::now());
    if (!snapshot) return tell(tl::unexpected(snapshot.error()));
    if (!*snapshot) return;
    model_.set_trouble("");
    model_.take(std::move(**snapshot));
  }

  void tell(const Asked<void>& done) {
    if (done) return;
    if (!model_.is_filled()) first_error_ = done.error();
    model_.set_trouble("trying again: " + trouble_text(done.error(), path_));
  }

  std::string path_;
  milliseconds delay_;
  TopSource source_;
  TopModel model_;
  TopScreen& screen_;
  const Signals& signals_;
  steady_clock::time_point next_look_{};
  std::optional<ClientError> first_error_;
};

int fail_with(const std::string& text, int status) {
  std::fprintf(stderr, "uvinetctl: %s\n", text.c_str());
  return status;
}

Asked<void> show(const Command& command, const std::string& path, std::string& no_screen) {
  const Signals signals;
  auto screen = TopScreen::open(has_colors(command.live.color, STDOUT_FILENO));
  if (!screen) {
    no_screen = screen.error().text();
    return {};
  }
  return Top(command, path, **screen, signals).run();
}

}  // namespace

int run_top(const Command& command) {
  const auto path = control_socket(command.live.socket);
  // Before the terminal is touched: is there a daemon at all?
  if (const auto trial = ControlClient::connect(path, kPatience); !trial) {
    return fail_with(trouble_text(trial.error(), path), trouble_status(trial.error().trouble));
  }
  std::string no_screen;
  const auto done = show(command, path, no_screen);
  if (!no_screen.empty()) return fail_with(no_screen, kAnswerFailed);
  if (!done)
    return fail_with(trouble_text(done.error(), path), trouble_status(done.error().trouble));
  if (ended_by != 0 && ended_by != SIGINT) raise(ended_by);
  return 0;
}

}  // namespace uvinetd
