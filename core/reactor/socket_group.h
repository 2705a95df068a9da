// SPDX-License-Identifier: ISC
// The sockets that one server of a `wait` service gets: one of them, or with listen_fds all that
// the service has. They have one gate (wait_gate.h): any of them that is readable starts the
// server, and none is polled until it has ended.
//
// A group outlives its sockets. When a reload takes some away and brings others while a server
// runs, the server keeps what it has, and the group stays as it is until that server has ended; the
// next one gets the new set.
#pragma once

#include <vector>

#include "core/base/loop.h"
#include "core/reactor/datagram_head.h"
#include "core/reactor/launch_owner.h"
#include "core/reactor/wait_gate.h"

namespace uvinetd {

class Listener;
class ListenerHost;
class WaitListener;
struct Service;

class SocketGroup final : public LaunchOwner {
 public:
  SocketGroup(ListenerHost& host, Service& service) : host_(host), service_(service) {}
  ~SocketGroup() override;
  SocketGroup(const SocketGroup&) = delete;
  SocketGroup& operator=(const SocketGroup&) = delete;

  // Neither turns polling on or off: whoever calls it reconciles.
  void join(WaitListener& socket) { sockets_.push_back(&socket); }
  void leave(WaitListener& socket) { std::erase(sockets_, &socket); }

  // This socket is readable, and the service may start a server.
  void on_readable(WaitListener& socket);
  // The service has as many servers as it may have; and no longer.
  void on_limit();
  void on_limit_freed();

  void on_started(LaunchId id) override;
  void on_start_failed(LaunchId id, bool is_certain) override;
  void on_launch_lost(LaunchId id) override;
  void on_exited(LaunchId id, std::chrono::nanoseconds ran, int status) override;
  void on_adopted(LaunchId id, std::chrono::nanoseconds started) override;

  [[nodiscard]] bool wants_polling() const;
  // A server has the sockets, or is about to.
  [[nodiscard]] bool is_held() const;
  [[nodiscard]] bool is_backing_off() const { return backoff_ != 0; }

 private:
  void advance(WaitEvent event);
  void reconcile();
  void start();
  void back_off();
  // False: a socket has to be bound anew first.
  [[nodiscard]] bool heal_all();
  [[nodiscard]] WaitListener* cause() const;
  [[nodiscard]] std::vector<Listener*> in_order() const;
  [[nodiscard]] bool did_nothing(std::chrono::nanoseconds ran) const;
  [[nodiscard]] bool discard_datagram() const;
  [[nodiscard]] bool is_storm();

  ListenerHost& host_;
  Service& service_;
  std::vector<WaitListener*> sockets_;
  WaitState gate_ = WaitState::Idle;
  LaunchId launch_ = 0;
  std::vector<LaunchId> others_;  // servers found running that have sockets of this group, too
  std::uint32_t cause_ = 0;       // key of the socket that was readable
  DatagramHead head_;             // of it at the start, when it is a datagram socket
  std::uint32_t idle_exits_ = 0;  // in a row
  std::chrono::milliseconds window_{0};  // of is_storm()
  std::uint32_t exits_in_window_ = 0;
  bool is_at_limit_ = false;
  Timers::Id backoff_ = 0;  // set while it waits to try again
};

}  // namespace uvinetd
