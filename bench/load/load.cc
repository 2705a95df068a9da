// SPDX-License-Identifier: ISC
#include "bench/load/load.h"

#include <algorithm>
#include <csignal>
#include <memory>
#include <utility>

#include "bench/load/arrivals.h"
#include "core/base/clock.h"

namespace uvinetd::bench {
namespace {

using namespace std::chrono_literals;

volatile std::sig_atomic_t stopped = 0;

constexpr std::uint64_t kHopeless = 100;  // failures without a success
constexpr std::size_t kSamplesAtOnce = 1 << 16;

class Load {
 public:
  Load(const LoadPlan& plan, TargetDeck& targets, std::unique_ptr<Poller> poller)
      : plan_(plan),
        poller_(std::move(poller)),
        context_{plan.exchange, plan.size,     plan.line, plan.timeout,
                 &targets,      poller_.get(), plan.held, plan.sources},
        begin_(monotonic_now()),
        now_(begin_),
        end_(begin_ + plan.duration),
        arrivals_(begin_, end_, plan.limit, plan.rate_per_second),
        tick_(std::clamp<nanoseconds>(plan.timeout / 10, 1ms, 100ms)),
        next_tick_(begin_ + tick_) {
    for (std::size_t slot = 0; slot < plan.clients; ++slot) {
      slots_.push_back({make_client(context_, slot), State::Free});
      free_.push_back(plan.clients - 1 - slot);
    }
    tally_.samples.reserve(kSamplesAtOnce);
  }

  Tally run() {
    for (;;) {
      start_due();
      if (free_.size() == slots_.size() && !arrivals_.next(now_)) return finish(plan_.duration);
      if (is_hopeless() || stopped != 0) return finish(kForever);
      for (const auto& ready : poller_->wait(longest_wait())) on_ready(ready);
      now_ = monotonic_now();
      if (blocked_ > 0) retry_blocked();
      if (now_ >= next_tick_) on_tick();
    }
  }

 private:
  // By time, a load lasts as long as it was to; otherwise until its last connection has ended.
  Tally finish(nanoseconds planned) {
    tally_.duration = planned == kForever ? monotonic_now() - begin_ : planned;
    return std::move(tally_);
  }

  enum class State : std::uint8_t { Free, Busy, Blocked };
  struct Slot {
    std::unique_ptr<Client> client;
    State state;
  };

  void start_due() {
    while (!free_.empty() && !is_hopeless() && stopped == 0) {
      const auto due = arrivals_.next(now_);
      if (!due || *due > now_) return;
      arrivals_.take();
      if (now_ - *due > plan_.timeout) {
        count_failure(Failure::Timeout, 0);
        continue;
      }
      const auto slot = free_.back();
      free_.pop_back();
      settle(slot, slots_[slot].client->start(arrivals_.is_open() ? *due : Sample::kAbsent));
      now_ = monotonic_now();
    }
  }

  void on_ready(const Ready& ready) {
    auto& slot = slots_[ready.slot];
    if (slot.state == State::Free) {
      slot.client->abandon();  // a kept connection has ended between two exchanges
    } else {
      settle(ready.slot, slot.client->on_ready(ready.has_hung_up));
    }
  }

  void settle(std::size_t slot, Step step) {
    const auto& client = *slots_[slot].client;
    switch (step) {
      case Step::Pending:
        return enter(slot, State::Busy);
      case Step::Blocked:
        return enter(slot, State::Blocked);
      case Step::Done:
        count_success(client.sample());
        return enter(slot, State::Free);
      case Step::Failed:
        count_failure(client.failure(), client.error_code());
        return enter(slot, State::Free);
    }
  }

  void enter(std::size_t slot, State state) {
    blocked_ -= slots_[slot].state == State::Blocked ? 1 : 0;
    blocked_ += state == State::Blocked ? 1 : 0;
    slots_[slot].state = state;
    if (state == State::Free) free_.push_back(slot);
  }

  void count_success(const Sample& sample) {
    const auto last = std::max(sample.eof, sample.first_byte);
    if (last > plan_.timeout) return count_failure(Failure::Timeout, 0);
    if (sample.start + last <= end_) ++tally_.ended_in_time;
    tally_.samples.push_back(sample);
  }

  void count_failure(Failure failure, int code) {
    ++tally_.failures[static_cast<std::size_t>(failure)];
    ++failed_;
    if (code != 0) tally_.last_errno = code;
  }

  void retry_blocked() {
    for (std::size_t slot = 0; slot < slots_.size(); ++slot)
      if (slots_[slot].state == State::Blocked) settle(slot, slots_[slot].client->retry());
  }

  void on_tick() {
    next_tick_ = now_ + tick_;
    for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
      auto& client = *slots_[slot].client;
      if (slots_[slot].state == State::Free || now_ - client.sample().start <= plan_.timeout)
        continue;
      client.abandon();
      count_failure(Failure::Timeout, 0);
      enter(slot, State::Free);
    }
    if (plan_.on_progress) plan_.on_progress(arrivals_.progress(now_), tally_);
  }

  [[nodiscard]] nanoseconds longest_wait() const {
    auto until = next_tick_;
    if (blocked_ > 0) until = std::min<nanoseconds>(until, now_ + 1ms);
    if (const auto due = arrivals_.next(now_); due && !free_.empty()) until = std::min(until, *due);
    return until - monotonic_now();
  }

  [[nodiscard]] bool is_hopeless() const {
    return tally_.samples.empty() && failed_ >= std::max<std::uint64_t>(kHopeless, slots_.size());
  }

  const LoadPlan& plan_;
  std::unique_ptr<Poller> poller_;
  ClientContext context_;
  nanoseconds begin_;
  nanoseconds now_;
  nanoseconds end_;
  Arrivals arrivals_;
  nanoseconds tick_;
  nanoseconds next_tick_;
  std::vector<Slot> slots_;
  std::vector<std::size_t> free_;
  std::size_t blocked_ = 0;
  std::uint64_t failed_ = 0;
  Tally tally_;
};

}  // namespace

Result<Tally> run_load(const LoadPlan& plan, TargetDeck& targets) {
  auto poller = make_poller(plan.clients);
  if (!poller) return tl::unexpected(poller.error());
  return Load(plan, targets, std::move(*poller)).run();
}

void stop_loads() noexcept {
  stopped = 1;
}
bool loads_are_stopped() noexcept {
  return stopped != 0;
}

}  // namespace uvinetd::bench
