// SPDX-License-Identifier: ISC
// One service socket: decides by its gate whether it is polled, and what a readable socket means.
//
// reconcile() is the one place where polling is turned on or off; it is called after every change
// and may be called at any time.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "core/base/address.h"
#include "core/base/unique_fd.h"
#include "core/reactor/launch_owner.h"
#include "core/reactor/service.h"
#include "internal/builtin.h"

namespace uvinetd {

class ListenerHost;

// Whether a service may start one more server now.
enum class Permit : std::uint8_t { Yes, AtLimit, Paused, NoRoom };
// By its own limits; pauses it when it has started too many in the minute.
[[nodiscard]] Permit ask_limits(ListenerHost& host, Service& service);
// The reason that a client is refused with because of them, where a service wants that; else
// nullptr, and ask_limits() decides.
[[nodiscard]] const char* refusal_at_limit(ListenerHost& host, Service& service);

// Why the service takes nobody just now, at one of its sockets or at all, or refuses who comes; "":
// it does neither.
[[nodiscard]] std::string_view pause_text(const Service& service);

class Listener : public LaunchOwner {
 public:
  Listener(ListenerHost& host, Service& service, std::uint32_t key, UniqueFd fd)
      : host_(host),
        service_(service),
        key_(key),
        fd_(std::move(fd)),
        internal_(service.entry.internal),
        socket_type_(service.entry.socket_type),
        is_wait_(service.entry.is_wait),
        listen_fds_(service.entry.listen_fds) {}
  ~Listener() override;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // The poller says that the socket is readable (or broken). Does a bounded amount of work.
  virtual void on_readable() = 0;

  // Who hears what became of a launch from this socket.
  [[nodiscard]] virtual LaunchOwner& owner() { return *this; }

  // The service's limit was freed, or its pause has begun or is over.
  virtual void on_limit_freed() {}
  virtual void on_pause(bool /*is_paused*/) {}
  // Its servers have ended too soon: it waits before the next.
  [[nodiscard]] virtual bool is_backing_off() const { return false; }
  // A server owns the socket now: the socket must keep its gate over a change of its service.
  [[nodiscard]] virtual bool is_held() const { return false; }

  // Whether this kind of listener is still what the service's entry asks for.
  [[nodiscard]] bool suits(const TableOutline& entry) const {
    return entry.internal == internal_ && entry.socket_type == socket_type_ &&
           entry.is_wait == is_wait_ && entry.listen_fds == listen_fds_;
  }

  void reconcile();
  void retry_reconcile();  // as asked for by reconcile_later()
  // Room for launches was wanting when this listener wanted to launch; it is there again.
  void set_starved(bool on);
  [[nodiscard]] bool is_starved() const { return is_starved_; }

  [[nodiscard]] std::uint32_t key() const { return key_; }
  [[nodiscard]] Service& service() { return service_; }
  [[nodiscard]] int fd() const { return fd_.get(); }
  // Gives the socket up (to another kind of listener); not watched any more.
  [[nodiscard]] UniqueFd release_fd();

 protected:
  [[nodiscard]] virtual bool wants_polling() const = 0;
  // The same, and by the room for launches: without it this listener is marked as starved.
  Permit ask_permit();

  ListenerHost& host_;
  Service& service_;

 private:
  std::uint32_t key_;
  UniqueFd fd_;
  Rare<std::string> internal_;  // "" for a program
  std::int32_t socket_type_;
  bool is_wait_;
  bool listen_fds_;
  bool is_polled_ = false;
  bool is_starved_ = false;
  bool is_unwatchable_ = false;  // told once, until it can be watched
  bool is_retry_due_ = false;
};

// The kind of listener that the service's entry asks for; null for an unknown built-in. Sets the
// flags of the socket: non-blocking only where we read or accept ourselves.
[[nodiscard]] std::unique_ptr<Listener> make_listener(ListenerHost& host, Service& service,
                                                      std::uint32_t key, UniqueFd fd);

}  // namespace uvinetd
