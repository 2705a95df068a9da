// SPDX-License-Identifier: ISC
// The one place through which goes what happens to services and their clients: to the log that the
// service wants it in, and to whoever listens. What nobody wants is not put together.
//
// A flood of refusals does not become a flood of lines. Of the same ones (service, source, reason)
// in a run, the first kWrittenOfRun are written and the others counted (`repeated`); of all of
// them, so many lines per second, and how many were left out.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/address.h"
#include "core/base/address_privacy.h"
#include "core/base/event.h"
#include "core/base/log.h"
#include "core/base/loop.h"
#include "core/base/repeats.h"
#include "core/reactor/relay/relays.h"
#include "core/reactor/service_logs.h"
#include "spawn/wire.h"

namespace uvinetd {

struct Service;

class EventLog {
 public:
  static constexpr std::uint32_t kRefusalsPerSecond = 50;
  static constexpr std::uint32_t kWrittenOfRun = 10;

  EventLog(Timers& timers, Log& daemon, ServiceLogs& services)
      : timers_(timers), daemon_(daemon), services_(services) {}
  ~EventLog();
  EventLog(const EventLog&) = delete;
  EventLog& operator=(const EventLog&) = delete;

  // The format, and what is told of addresses, of all logs.
  void configure(const ReactorStart& start);
  // Who gets every event too, those that no log wants among them; empty: nobody. It is called at
  // once, and may not call back.
  void listen(std::function<void(const Event&)> listener) { listener_ = std::move(listener); }
  // Somebody listens: what no log wants is still to be told.
  [[nodiscard]] bool is_wanted() const { return listener_ != nullptr; }

  // To the daemon's log.
  void tell(Event event);

  // `pid` 0: there is no process.
  void started(const Service& service, pid_t pid, const SocketAddress& peer);
  void exited(const Service& service, const Report& report, std::chrono::nanoseconds ran);
  void relay_ended(const Service& service, const RelayEnd& ended);
  void identified(const Service& service, const SocketAddress& peer, std::string_view user);
  void refused(const Service& service, std::string_view from, std::string_view reason);

  void flush();

 private:
  // The run of refusals that repeats_ counts.
  struct Run {
    LogSettings where;
    std::string id;
    std::string host;
    std::string reason;
    Event event{LogLevel::Warning, "refuse"};
  };

  void tell_listener(Event event);
  void write(const LogSettings& where, Event event);
  void make_private(Event& event) const;
  [[nodiscard]] bool has_room(std::chrono::milliseconds now);
  void tell_repeated(std::uint64_t count);
  void tell_withheld();
  void arm();

  Timers& timers_;
  Log& daemon_;
  ServiceLogs& services_;
  std::function<void(const Event&)> listener_;
  AddressPrivacy addresses_ = AddressPrivacy::Full;
  SipKey key_{};
  bool logs_connections_ = false;

  Repeats repeats_{kWrittenOfRun};
  Run run_;
  std::chrono::milliseconds second_{0};  // when it began
  std::uint32_t lines_ = 0;              // in it
  std::uint64_t withheld_ = 0;
  Timers::Id timer_ = 0;
};

}  // namespace uvinetd
