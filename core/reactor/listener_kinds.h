// SPDX-License-Identifier: ISC
// The five kinds of listener; which one a service has is decided by make_listener().
#pragma once

#include "core/reactor/datagram_head.h"
#include "core/reactor/dgram_gate.h"
#include "core/reactor/listener.h"
#include "core/reactor/nowait_gate.h"
#include "internal/builtin.h"
#include "internal/datagram_server.h"

namespace uvinetd {

class SocketGroup;

// Accepts connections (nowait stream and seqpacket, built-in streams): at most 16 a turn, each
// handed over before the next is accepted.
class AcceptingListener : public Listener {
 public:
  static constexpr int kMostAccepts = 16;

  using Listener::Listener;
  void on_readable() override;
  void on_limit_freed() override;
  void on_pause(bool is_paused) override;

 protected:
  [[nodiscard]] bool wants_polling() const override;
  [[nodiscard]] virtual int accept_flags() const = 0;

 private:
  bool may_accept();
  void take_in(UniqueFd connection, const SocketAddress& peer);
  NowaitState gate_ = NowaitState::Open;
  const char* at_limit_ = nullptr;  // what the next client is refused with
};

class ConnectionListener final : public AcceptingListener {
 public:
  using AcceptingListener::AcceptingListener;

 protected:
  [[nodiscard]] int accept_flags() const override;
};

class BuiltinStreamListener final : public AcceptingListener {
 public:
  using AcceptingListener::AcceptingListener;

 protected:
  [[nodiscard]] int accept_flags() const override;
};

class BuiltinDatagramListener final : public Listener {
 public:
  BuiltinDatagramListener(ListenerHost& host, Service& service, std::uint32_t key, UniqueFd fd,
                          const Builtin& builtin);
  void on_readable() override;

 protected:
  [[nodiscard]] bool wants_polling() const override { return !service_.is_paused(); }

 private:
  void tell_refused(const char* reason, std::uint64_t count);
  DatagramServer server_;
};

// `wait`: the server gets the socket itself, alone or with the others of its group.
class WaitListener final : public Listener {
 public:
  WaitListener(ListenerHost& host, Service& service, std::uint32_t key, UniqueFd fd,
               std::shared_ptr<SocketGroup> group);
  ~WaitListener() override;
  void on_readable() override;
  [[nodiscard]] LaunchOwner& owner() override;
  void on_limit_freed() override;
  void on_pause(bool) override { reconcile(); }
  [[nodiscard]] bool is_held() const override;
  [[nodiscard]] bool is_backing_off() const override;
  [[nodiscard]] int type() const { return type_; }  // SOCK_STREAM, ...

 protected:
  [[nodiscard]] bool wants_polling() const override;

 private:
  std::shared_ptr<SocketGroup> group_;
  int type_;
};

// `nowait` datagrams: one start per datagram.
class DatagramListener final : public Listener {
 public:
  using Listener::Listener;
  ~DatagramListener() override;
  void on_readable() override;
  void on_start_failed(LaunchId id, bool is_certain) override;
  void on_launch_lost(LaunchId id) override;
  void on_exited(LaunchId id, std::chrono::nanoseconds ran, int status) override;
  void on_adopted(LaunchId id, std::chrono::nanoseconds started) override;
  void on_limit_freed() override;
  void on_pause(bool is_paused) override;

 protected:
  [[nodiscard]] bool wants_polling() const override;

 private:
  void advance(DgramEvent event);
  void start();
  void look();
  void discard(const char* reason);
  void look_later();

  DgramState gate_ = DgramState::Idle;
  DatagramHead head_;    // the datagram that has had its start
  LaunchId launch_ = 0;  // its server; 0: ended
  std::chrono::milliseconds delay_{1};
  Timers::Id timer_ = 0;
};

}  // namespace uvinetd
