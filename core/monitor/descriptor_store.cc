// SPDX-License-Identifier: ISC
#include "core/monitor/descriptor_store.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "core/monitor/inherited_sockets.h"

namespace uvinetd {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kPiece = 64;  // messages in one turn of the loop
constexpr milliseconds kFullQueue{5};
// Standard ones, and what the manager itself needs to start a process.
constexpr std::uint64_t kOthers = 24;

}  // namespace

DescriptorStore::DescriptorStore(Timers& timers, Log& log, Readiness& readiness,
                                 std::uint64_t soft_limit)
    : timers_(timers), log_(log), readiness_(readiness) {
  // systemd moves them to the numbers from 3 on when the limit is in force already, and needs as
  // many free numbers below it to do so: with more it fails at every start (status=202/FDS).
  const auto limit = soft_limit > kOthers ? (soft_limit - kOthers) / 2 : 0;
  most_ = static_cast<std::size_t>(std::min<std::uint64_t>(readiness.descriptor_store(), limit));
}

void DescriptorStore::want(const std::vector<StorableSocket>& sockets) {
  if (!is_there()) return;
  std::unordered_set<std::uint32_t> wanted;
  for (const auto& socket : sockets) wanted.insert(socket.key);
  for (auto at = names_.begin(); at != names_.end();) {
    if (wanted.contains(at->first)) {
      ++at;
    } else {
      remove(std::move(at->second));
      at = names_.erase(at);
    }
  }
  missing_.clear();
  for (const auto& socket : sockets) {
    if (names_.contains(socket.key)) continue;
    if (socket.name.empty()) {
      missing_.push_back(socket);
    } else if (names_.size() < most_) {
      names_.emplace(socket.key, socket.name);
    } else {
      remove(socket.name);
    }
  }
  const auto room = most_ - std::min(most_, names_.size());
  if (missing_.size() > room) {
    missing_.resize(room);
    if (!std::exchange(has_told_of_limit_, true)) {
      log_.warning(
          "{} of {} sockets are kept over a restart: the manager takes no more, or could "
          "not start a daemon with more under its limit of open files",
          most_, sockets.size());
    }
  }
  std::reverse(missing_.begin(), missing_.end());
  send();
}

void DescriptorStore::forget(std::uint32_t key) {
  std::erase_if(missing_, [key](const auto& each) { return each.key == key; });
  if (auto node = names_.extract(key)) remove(std::move(node.mapped()));
  send();
}

void DescriptorStore::remove(const std::vector<std::string>& names) {
  for (const auto& name : names) remove(name);
  send();
}

void DescriptorStore::remove(std::string name) {
  ++removal_count_;
  removals_.push_back(std::move(name));
}

// What goes comes first: there may be no place for both.
void DescriptorStore::send() {
  timers_.cancel(timer_);
  for (std::size_t i = 0; i < kPiece && has_more(); ++i) {
    if (removals_.empty() ? send_socket() : send_removal()) continue;
    timer_ = timers_.after(kFullQueue, [this] {
      timer_ = 0;
      send();
    });
    return;
  }
  if (!has_more()) return;
  timer_ = timers_.after(milliseconds(1), [this] {
    timer_ = 0;
    send();
  });
}

// False: later.
bool DescriptorStore::send_removal() {
  const auto text = "FDSTOREREMOVE=1\nFDNAME=" + removals_.front();
  if (readiness_.try_notify(text, -1) == Readiness::Sent::Later) return false;
  removals_.pop_front();
  return true;
}

// FDPOLL=0: a server can spoil a socket so that the manager would let it go, which is ours to
// notice, to mend and to tell.
bool DescriptorStore::send_socket() {
  const auto& socket = missing_.back();
  auto name = stored_name(last_number_ + 1, socket.path);
  const auto sent = readiness_.try_notify("FDSTORE=1\nFDPOLL=0\nFDNAME=" + name, socket.fd);
  if (sent == Readiness::Sent::Later) return false;
  ++last_number_;
  if (sent == Readiness::Sent::Done) names_.emplace(socket.key, std::move(name));
  missing_.pop_back();
  return true;
}

}  // namespace uvinetd
