// SPDX-License-Identifier: ISC
#include "core/reactor/lingering.h"

#include <sys/socket.h>

#include <array>
#include <utility>

#include "internal/stream_io.h"

namespace uvinetd {

LingeringConnections::~LingeringConnections() {
  while (!all_.empty()) close(all_.begin()->first);
}

bool LingeringConnections::open_poller() {
  if (poller_) return true;
  auto poller = Poller::open();
  if (!poller) return false;
  poller_ = std::move(*poller);
  watcher_ = std::make_unique<FdWatcher>(loop_, poller_->fd(), [this](int) { on_ready(); });
  watcher_->watch(UV_READABLE);
  return true;
}

void LingeringConnections::add(UniqueFd connection) {
  if (!open_poller()) return;
  if (shutdown(connection.get(), SHUT_WR) != 0) return;  // the client has left already
  if (all_.size() >= kMost) close(all_.begin()->first);
  const auto number = ++last_;
  if (!poller_->watch(connection.get(), number)) return;
  auto& one = all_[number];
  one.connection = std::move(connection);
  one.deadline = timers_.after(kLongest, [this, number] { close(number); });
}

void LingeringConnections::on_ready() {
  std::array<std::uint32_t, 64> numbers{};
  const auto count = poller_->ready(numbers);
  for (std::size_t i = 0; i < count; ++i) read(numbers[i]);
}

// A bounded amount per turn: a client that sends without end must not hold up the others.
void LingeringConnections::read(Number number) {
  constexpr int kMostReads = 16;
  const auto found = all_.find(number);
  if (found == all_.end()) return;
  auto& one = found->second;
  for (int i = 0; i < kMostReads; ++i) {
    const auto got = read_some(one.connection.get(), stream_scratch);
    if (got.state == IoState::Again) return;
    if (got.state == IoState::Ended) return close(number);
    one.bytes += got.bytes;
    if (one.bytes >= kMostBytes) return close(number);
  }
}

void LingeringConnections::close(Number number) {
  auto node = all_.extract(number);
  if (!node) return;
  timers_.cancel(node.mapped().deadline);
  (void)poller_->unwatch(node.mapped().connection.get());
}

}  // namespace uvinetd
