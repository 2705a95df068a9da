// SPDX-License-Identifier: ISC
#include "core/resolver/resolver.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "core/base/process.h"
#include "spawn/identity.h"

namespace uvinetd {

Resolver::Resolver(Channel monitor) : monitor_(std::move(monitor)) {
  // Read by libuv and the C library when they begin. A name server that does not answer holds up a
  // thread.
  setenv("UV_THREADPOOL_SIZE", std::to_string(kMostAtOnce).c_str(), 1);
  setenv("RES_OPTIONS", "timeout:2 attempts:2", 0);
}

int Resolver::run() {
  monitor_watcher_ =
      std::make_unique<FdWatcher>(loop_, monitor_.fd(), [this](int) { on_monitor_ready(); });
  monitor_watcher_->watch(UV_READABLE);
  loop_.run();
  // Threads may be in a look-up that takes long: nobody waits for them.
  std::fflush(nullptr);
  _exit(exit_status_);
}

void Resolver::end(int status) {
  exit_status_ = status;
  loop_.stop();
}

void Resolver::on_monitor_ready() {
  for (;;) {
    auto received = monitor_.receive();
    if (received.event == Channel::Event::Nothing) return;
    if (received.event != Channel::Event::Message) return end(0);
    if (static_cast<MessageType>(received.message.type) == MessageType::ResolverStart) {
      on_start(received.message);
    }
  }
}

void Resolver::on_start(Message& message) {
  const auto start = parse_as<ResolverStart>(message.body);
  if (!start || message.fds.size() != 1 || reactor_.is_open()) return end(1);
  if (start->becomes_user && !become({start->uid, start->gid, {}, 0})) return end(1);
  set_dumpable(start->is_dumpable);
  reactor_ = Channel(std::move(message.fds[0]));
  reactor_watcher_ =
      std::make_unique<FdWatcher>(loop_, reactor_.fd(), [this](int) { on_reactor_ready(); });
  reactor_watcher_->watch(UV_READABLE);
}

void Resolver::on_reactor_ready() {
  (void)reactor_.flush();
  for (;;) {
    auto received = reactor_.receive();
    if (received.event == Channel::Event::Nothing) break;
    if (received.event != Channel::Event::Message) return end(0);
    if (static_cast<MessageType>(received.message.type) != MessageType::FindName) continue;
    if (const auto question = parse_as<FindName>(received.message.body)) take(*question);
  }
  reactor_watcher_->watch(reactor_.has_backlog() ? UV_READABLE | UV_WRITABLE : UV_READABLE);
}

void Resolver::take(const FindName& asked) {
  if (open_.size() >= kMostInLine) return answer(asked.address, std::nullopt);
  const auto number = ++last_;
  auto& question = open_[number];
  question.number = number;
  question.address = asked.address;
  question.deadline = timers_.after(kDeadline, [this, number] { give_up(number); });
  line_.push_back(number);
  ask_next();
}

void Resolver::ask_next() {
  while (!line_.empty() && asked_.size() < kMostAtOnce) {
    const auto number = line_.front();
    line_.pop_front();
    const auto found = open_.find(number);
    if (found == open_.end()) continue;  // given up on
    const auto address = SocketAddress::parse_ip(found->second.address, 0);
    if (!address) {
      give_up(number);
      continue;
    }
    auto& query = asked_[number];
    query = std::make_unique<NameQuery>(
        loop_.get(), *address,
        [this, number](const std::optional<std::string>& name) { on_answer(number, name); });
    query->ask();
  }
}

// From the query itself: it goes with the next turn.
void Resolver::on_answer(std::uint64_t number, const std::optional<std::string>& name) {
  timers_.after(std::chrono::milliseconds(0), [this, number] {
    asked_.erase(number);
    ask_next();
  });
  auto node = open_.extract(number);
  if (!node) return;
  timers_.cancel(node.mapped().deadline);
  answer(node.mapped().address, name);
}

// The thread, if one is at it, stays busy until the look-up ends by itself.
void Resolver::give_up(std::uint64_t number) {
  auto node = open_.extract(number);
  if (!node) return;
  timers_.cancel(node.mapped().deadline);
  answer(node.mapped().address, std::nullopt);
}

void Resolver::answer(const std::string& address, const std::optional<std::string>& name) {
  const NameFound found{address, name.value_or(std::string()), name.has_value()};
  (void)reactor_.send(static_cast<std::uint16_t>(MessageType::NameFound), print(found));
  if (reactor_.has_backlog()) reactor_watcher_->watch(UV_READABLE | UV_WRITABLE);
}

}  // namespace uvinetd
