// SPDX-License-Identifier: ISC
#include <poll.h>

#include <algorithm>

#include "bench/load/poller.h"

namespace uvinetd::bench {
namespace {

#ifdef POLLRDHUP
constexpr short kEvents = POLLIN | POLLRDHUP;
constexpr short kHungUp = POLLRDHUP | POLLHUP | POLLERR;
#else
constexpr short kEvents = POLLIN;
constexpr short kHungUp = POLLHUP | POLLERR;
#endif

class PollSet final : public Poller {
 public:
  explicit PollSet(std::size_t slots) : entries_(slots, pollfd{-1, kEvents, 0}) {}

  Status watch(std::size_t slot, int fd) override {
    entries_[slot].fd = fd;
    return {};
  }
  void unwatch(std::size_t slot, int) override { entries_[slot].fd = -1; }
  void forget(std::size_t slot) override { entries_[slot].fd = -1; }

  const std::vector<Ready>& wait(nanoseconds longest) override {
    ready_.clear();
    if (call(std::max(longest, nanoseconds(0))) <= 0) return ready_;
    for (std::size_t slot = 0; slot < entries_.size(); ++slot)
      if (entries_[slot].fd >= 0 && entries_[slot].revents != 0)
        ready_.push_back({slot, (entries_[slot].revents & kHungUp) != 0});
    return ready_;
  }

 private:
  int call(nanoseconds longest) {
    const auto count = static_cast<nfds_t>(entries_.size());
#ifdef __APPLE__
    // No ppoll(2): rounded down, so that an open loop turns quickly rather than sleeps too long.
    return poll(entries_.data(), count, static_cast<int>(longest.count() / 1'000'000));
#else
    const timespec wait{static_cast<std::time_t>(longest.count() / 1'000'000'000),
                        static_cast<long>(longest.count() % 1'000'000'000)};
    return ppoll(entries_.data(), count, &wait, nullptr);
#endif
  }

  std::vector<pollfd> entries_;
  std::vector<Ready> ready_;
};

}  // namespace

std::unique_ptr<Poller> make_poll_set(std::size_t slots) {
  return std::make_unique<PollSet>(slots);
}

}  // namespace uvinetd::bench
