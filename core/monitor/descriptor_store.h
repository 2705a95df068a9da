// SPDX-License-Identifier: ISC
// The sockets that the service manager keeps for us (FDSTORE=1 of sd_notify(3)), so that the
// clients in their queues are served by a daemon after us, whatever has become of this one.
//
// It is told what is to be there, and sends what is missing in pieces: the manager has other things
// to do, and so have we.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/log.h"
#include "core/base/loop.h"
#include "core/monitor/bind.h"
#include "core/monitor/readiness.h"

namespace uvinetd {

// A socket that would be missed.
struct StorableSocket {
  std::uint32_t key = 0;
  int fd = -1;  // borrowed
  PathIdentity path;
  std::string name;  // under which the store has it already; "": it has not
};

class DescriptorStore {
 public:
  // `soft_limit` is that of descriptors for the next daemon's start: it decides with how many the
  // manager can start one.
  DescriptorStore(Timers& timers, Log& log, Readiness& readiness, std::uint64_t soft_limit);
  ~DescriptorStore() { timers_.cancel(timer_); }
  DescriptorStore(const DescriptorStore&) = delete;
  DescriptorStore& operator=(const DescriptorStore&) = delete;

  [[nodiscard]] bool is_there() const { return most_ > 0; }
  // No new name has a number up to this one.
  void reserve_numbers(std::uint64_t last) { last_number_ = std::max(last_number_, last); }
  // So many others come along with what is kept at each start: those of socket units.
  void leave_room(std::size_t others) { most_ -= std::min(most_, others); }
  // What is to be kept, and nothing else. To be called again before one of them is closed.
  void want(const std::vector<StorableSocket>& sockets);
  // This socket is another one now, or will be.
  void forget(std::uint32_t key);
  // Not to be kept, from a daemon before us.
  void remove(const std::vector<std::string>& names);

  [[nodiscard]] bool has(std::uint32_t key) const { return names_.contains(key); }
  // The names of those that are kept, by key.
  [[nodiscard]] const std::unordered_map<std::uint32_t, std::string>& names() const {
    return names_;
  }
  // How many it was told to let go, since the start.
  [[nodiscard]] std::uint64_t removals() const { return removal_count_; }

 private:
  void remove(std::string name);
  void send();
  bool send_removal();
  bool send_socket();
  [[nodiscard]] bool has_more() const { return !removals_.empty() || !missing_.empty(); }

  Timers& timers_;
  Log& log_;
  Readiness& readiness_;
  std::size_t most_ = 0;
  std::uint64_t last_number_ = 0;
  std::unordered_map<std::uint32_t, std::string> names_;
  std::deque<std::string> removals_;
  std::vector<StorableSocket> missing_;  // the next one last
  Timers::Id timer_ = 0;
  std::uint64_t removal_count_ = 0;
  bool has_told_of_limit_ = false;
};

}  // namespace uvinetd
