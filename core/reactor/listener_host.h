// SPDX-License-Identifier: ISC
// What listeners need of the reactor around them.
#pragma once

#include <string_view>

#include "core/base/log.h"
#include "core/base/poller.h"
#include "core/reactor/event_log.h"
#include "core/reactor/launchers.h"
#include "core/reactor/metrics/meter.h"
#include "core/reactor/service.h"
#include "core/reactor/sessions.h"
#include "core/reactor/visitor.h"

namespace uvinetd {

class Listener;

class ListenerHost {
 public:
  virtual ~ListenerHost() = default;

  virtual Poller& poller() = 0;
  virtual Timers& timers() = 0;
  virtual Log& log() = 0;
  virtual EventLog& events() = 0;
  virtual Sessions& sessions() = 0;
  virtual Meter& meter() = 0;
  [[nodiscard]] virtual std::chrono::milliseconds now() const = 0;  // loop time
  [[nodiscard]] virtual std::uint16_t random_bits() = 0;            // for jitter

  // False while stopping: nothing is polled.
  [[nodiscard]] virtual bool is_accepting() const = 0;
  // At the global limit of running servers.
  [[nodiscard]] virtual bool is_full() const = 0;
  // False at the global limit of running servers or without room at the service's launchers; the
  // listener is then woken by set_starved(false).
  virtual bool has_room(Listener& listener) = 0;

  // Starts the service's program, which gets these sockets; `listener` is the one of them that was
  // readable. 0: it could not be sent; nothing has happened.
  virtual LaunchId launch(Listener& listener, const std::vector<Listener*>& sockets) = 0;
  // Takes a client in: by what admission says it is served, or waits until that can be said.
  // nullptr: the connection is taken, and counts as an instance; else the reason why not.
  virtual const char* take_in(Service& service, Visitor& visitor) = 0;
  // A client that was not taken in: it is logged, told what its service has to say to such, and
  // its connection is closed.
  virtual void turn_down(const Service& service, Visitor& visitor, std::string_view reason) = 0;

  // The same for what is no client yet (a datagram): whether nobody is served now.
  virtual const char* refuse_all(Service& service) = 0;

  // Nobody serves it for now.
  [[nodiscard]] virtual bool is_banned(const SocketAddress& peer) = 0;

  // One refused client, datagram or start: counted, and logged at a bounded rate.
  virtual void refuse(const Service& service, std::string_view from, std::string_view reason) = 0;
  // Stops polling all sockets of the service for a while.
  virtual void pause(Service& service, const char* reason, std::chrono::milliseconds time) = 0;
  // Out of descriptors: stops polling everything for a while.
  virtual void pause_everything(int code) = 0;
  // This socket can only be mended by binding it anew, which is the monitor's.
  virtual void rebind(Listener& listener) = 0;
  // The kernel has no memory to watch this socket with: it is reconciled again after a while.
  virtual void reconcile_later(Listener& listener) = 0;
};

}  // namespace uvinetd
