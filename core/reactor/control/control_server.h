// SPDX-License-Identifier: ISC
// The clients of the control socket: who they are, what they ask, and answers as fast as each
// takes them. What is asked is answered by a ControlHost.
//
//     connect ──▶ asked ──request──▶ answered ──last line──▶ asked ...
//                   │ kIdleLimit        │ kWriteLimit without progress
//                   ▼                   ▼
//                 closed              closed
//
// A client that is slow, silent, cut off or talks nonsense holds up nobody but itself: one piece of
// an answer is made per turn and client, and only when the piece before is gone.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/event.h"
#include "core/base/loop.h"
#include "core/base/unique_fd.h"
#include "core/control/line_buffer.h"
#include "core/control/request.h"
#include "core/reactor/text_source.h"
#include "spawn/wire.h"

namespace uvinetd {

class ControlHost {
 public:
  virtual ~ControlHost() = default;
  // The answer to a request that only reads, whole with its last line; null: the monitor has a
  // part in it, and is asked.
  virtual std::unique_ptr<TextSource> answer(const ControlRequest& request) = 0;
  // `line` is for the monitor: told() follows with this ticket.
  virtual void ask_monitor(std::uint64_t ticket, const std::string& line) = 0;
  // What the monitor says, a line of the answer, may lack what only the reactor knows.
  virtual std::string complete(const ControlRequest& request, std::string line) = 0;
  // Whether somebody listens to events, which are then to be published.
  virtual void listen(bool on) = 0;
  // A listener that did not read any more was let go, and had missed so many events.
  virtual void on_dropped(std::uint64_t missed) = 0;
};

class ControlServer {
 public:
  static constexpr std::size_t kMostClients = 64;
  static constexpr std::size_t kKeptForOwner = 16;  // of these, for root and the owner
  static constexpr std::chrono::seconds kIdleLimit{120};
  static constexpr std::chrono::seconds kWriteLimit{30};
  static constexpr std::chrono::seconds kMonitorLimit{60};  // for its answer
  static constexpr std::size_t kMostUnread = 256 * 1024;  // bytes of events; the others are missed

  ControlServer(Loop& loop, Timers& timers, ControlHost& host)
      : loop_(loop), timers_(timers), host_(host) {}

  // In the place of the socket before. `rules` say who may do what.
  void open(UniqueFd socket, const ControlSocket& rules);
  // Takes nobody any more, and lets everybody go who is not being answered.
  void retire();
  // A line of the answer to what the monitor was asked with this ticket.
  void told(const ControlText& reply);
  // Somebody listens to events.
  [[nodiscard]] bool has_listeners() const { return listeners_ > 0; }
  void publish(const Event& event);
  // One that somebody else has put into a line; `id` "": it is about no service.
  void publish(std::string_view name, std::string_view id, const std::string& line);
  [[nodiscard]] std::size_t count() const { return clients_.size(); }

 private:
  struct One {
    UniqueFd fd;
    bool may_write = false;
    LineBuffer input{kLongestControlRequest};
    std::string output;
    std::size_t sent = 0;  // of it
    std::unique_ptr<TextSource> answer;
    ControlRequest request;    // that is being answered
    std::uint64_t ticket = 0;  // of the monitor's answer; 0: none is awaited
    bool is_listener = false;  // tail
    std::uint64_t missed = 0;  // events
    bool is_ending = false;    // when its output is gone
    Timers::Id deadline = 0;
    std::chrono::seconds limit{0};  // that it is for
    std::unique_ptr<FdWatcher> watcher;
    std::list<One>::iterator self;

    [[nodiscard]] bool has_output() const { return sent < output.size(); }
    [[nodiscard]] bool is_answered() const {
      return answer == nullptr && ticket == 0 && !is_listener;
    }
    [[nodiscard]] bool is_over() const {
      return is_ending && !has_output() && answer == nullptr && ticket == 0;
    }
  };

  void on_socket_ready();
  void take(UniqueFd connection);
  void on_ready(One& one, int events);
  bool read(One& one);   // false: it is gone
  bool write(One& one);  // false: it is gone
  void serve(One& one);  // the next request, if it may have one
  void ask(One& one, const std::string& line);
  void say(One& one, std::string_view text) { one.output += text; }
  // Says it to those who want to hear it; `line` is asked for at the first.
  void each_listener(std::string_view name, std::string_view id,
                     const std::function<const std::string&()>& line);
  void settle(One& one);  // what to wait for, and for how long
  void limit(One& one);
  void close(One& one);
  void turn_away(const UniqueFd& connection, const ControlError& error);

  Loop& loop_;
  Timers& timers_;
  ControlHost& host_;
  UniqueFd socket_;
  ControlSocket rules_;
  std::unique_ptr<FdWatcher> watcher_;
  std::list<One> clients_;
  std::size_t listeners_ = 0;
  std::uint64_t last_ticket_ = 0;
};

}  // namespace uvinetd
