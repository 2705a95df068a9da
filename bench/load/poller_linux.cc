// SPDX-License-Identifier: ISC
#include <sys/epoll.h>
#include <sys/prctl.h>

#include <algorithm>
#include <array>

#include "bench/load/poller.h"

namespace uvinetd::bench {
namespace {

constexpr std::size_t kFew = 4;  // slots up to which poll(2) is the cheaper one
constexpr std::uint32_t kHungUp = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

class EpollSet final : public Poller {
 public:
  explicit EpollSet(UniqueFd epoll) : epoll_(std::move(epoll)) {}

  Status watch(std::size_t slot, int fd) override {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLRDHUP;
    event.data.u64 = slot;
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return fail_errno("epoll_ctl");
    return {};
  }
  void unwatch(std::size_t, int fd) override {
    epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  }
  void forget(std::size_t) override {}  // the last close of a socket ends its registration

  const std::vector<Ready>& wait(nanoseconds longest) override {
    ready_.clear();
    const int count = call(std::max(longest, nanoseconds(0)));
    for (int i = 0; i < count; ++i) {
      const auto& event = events_[static_cast<std::size_t>(i)];
      ready_.push_back({static_cast<std::size_t>(event.data.u64), (event.events & kHungUp) != 0});
    }
    return ready_;
  }

 private:
  int call(nanoseconds longest) {
    const timespec wait{longest.count() / 1'000'000'000, longest.count() % 1'000'000'000};
    const auto size = static_cast<int>(events_.size());
    const int count = epoll_pwait2(epoll_.get(), events_.data(), size, &wait, nullptr);
    if (count >= 0 || errno != ENOSYS) return count;
    // Before Linux 5.11. Rounded down: an open loop turns quickly rather than sleeps too long.
    return epoll_wait(epoll_.get(), events_.data(), size,
                      static_cast<int>(longest.count() / 1'000'000));
  }

  UniqueFd epoll_;
  std::array<epoll_event, 256> events_{};
  std::vector<Ready> ready_;
};

}  // namespace

Result<std::unique_ptr<Poller>> make_poller(std::size_t slots) {
  prctl(PR_SET_TIMERSLACK, 1UL);  // ns: arrivals on time, not up to 50 us late
  if (slots <= kFew) return make_poll_set(slots);
  UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.is_open()) return fail_errno("epoll_create1");
  return std::make_unique<EpollSet>(std::move(epoll));
}

}  // namespace uvinetd::bench
