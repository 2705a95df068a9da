// SPDX-License-Identifier: ISC
// Connections that are over on our side, and whose clients may still be sending. A connection that
// is closed with unread data in it is reset, and the client may never see the answer that was on
// its way; so what comes is read and forgotten until the client has closed, too.
//
// Bounded in time, bytes and number: at the most, the one that has been here longest is closed.
// Their flags are not touched (poller.h): somebody may hold the same connection.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>

#include "core/base/loop.h"
#include "core/base/poller.h"
#include "core/base/unique_fd.h"

namespace uvinetd {

class LingeringConnections {
 public:
  // uvinetd.toml(5) says them.
  static constexpr std::size_t kMost = 256;
  static constexpr std::size_t kMostBytes = std::size_t{16} << 20U;  // of one client
  static constexpr std::chrono::seconds kLongest{5};

  LingeringConnections(Loop& loop, Timers& timers) : loop_(loop), timers_(timers) {}
  ~LingeringConnections();
  LingeringConnections(const LingeringConnections&) = delete;
  LingeringConnections& operator=(const LingeringConnections&) = delete;

  // Ends what we send, at once. Where the system has no means to watch it, it is closed.
  void add(UniqueFd connection);
  [[nodiscard]] std::size_t count() const { return all_.size(); }

 private:
  using Number = std::uint32_t;
  struct One {
    UniqueFd connection;
    std::size_t bytes = 0;  // read so far
    Timers::Id deadline = 0;
  };

  [[nodiscard]] bool open_poller();
  void on_ready();
  void read(Number number);
  void close(Number number);

  Loop& loop_;
  Timers& timers_;
  std::optional<Poller> poller_;  // since the first one
  std::unique_ptr<FdWatcher> watcher_;
  std::map<Number, One> all_;  // the oldest first
  Number last_ = 0;
};

}  // namespace uvinetd
