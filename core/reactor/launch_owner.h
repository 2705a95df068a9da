// SPDX-License-Identifier: ISC
// Who hears what became of a launch: a listener, or the sockets that go to one server together.
#pragma once

#include <chrono>

#include "spawn/wire.h"

namespace uvinetd {

class LaunchOwner {
 public:
  virtual ~LaunchOwner() = default;

  virtual void on_started(LaunchId) {}
  // The program could not be started. Not `is_certain`: its launcher died at that moment, and a
  // server may be running that nobody knows.
  virtual void on_start_failed(LaunchId, bool /*is_certain*/) {}
  // It never got to a child: as if it had not been asked for.
  virtual void on_launch_lost(LaunchId) {}
  virtual void on_exited(LaunchId, std::chrono::nanoseconds /*ran*/, int /*status*/) {}
  // A server that has run since before this reactor.
  virtual void on_adopted(LaunchId, std::chrono::nanoseconds /*started*/) {}
};

}  // namespace uvinetd
