// SPDX-License-Identifier: ISC
#include "core/reactor/event_log.h"

#include <algorithm>

#include "core/base/clock.h"
#include "core/reactor/connection_lines.h"
#include "core/reactor/service.h"

namespace uvinetd {
namespace {

std::chrono::milliseconds now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(monotonic_now());
}

const LogSettings& log_of(const Service& service) {
  return service.entry.more->ends.log;
}

// What a listener gets has all parts, whatever the service's lines have.
const LogSettings& everything() {
  static const LogSettings all;
  return all;
}

}  // namespace

EventLog::~EventLog() {
  timers_.cancel(timer_);
}

void EventLog::configure(const ReactorStart& start) {
  const auto format = static_cast<LogFormat>(start.log_format);
  daemon_.set_format(format);
  services_.set_format(format);
  logs_connections_ = start.logs_connections;
  addresses_ = static_cast<AddressPrivacy>(start.log_addresses);
  std::copy_n(start.log_key.begin(), std::min(start.log_key.size(), key_.size()), key_.begin());
}

void EventLog::make_private(Event& event) const {
  if (addresses_ == AddressPrivacy::Full || event.find("from") == nullptr) return;
  event.replace("from", private_address(event.text_of("from"), addresses_, key_));
}

void EventLog::tell_listener(Event event) {
  make_private(event);
  listener_(event);
}

void EventLog::write(const LogSettings& where, Event event) {
  make_private(event);
  services_.write(where, std::move(event));
}

void EventLog::tell(Event event) {
  make_private(event);
  if (is_wanted()) listener_(event);
  if (daemon_.is_enabled(event.level())) daemon_.write(std::move(event));
}

void EventLog::started(const Service& service, pid_t pid, const SocketAddress& peer) {
  const auto& where = log_of(service);
  const auto make = [&](const LogSettings& parts) {
    return start_event(parts, service.entry.id, pid, peer.text());
  };
  if (is_wanted()) tell_listener(make(everything()));
  if (logs_starts(where, logs_connections_)) write(where, make(where));
}

void EventLog::exited(const Service& service, const Report& report, std::chrono::nanoseconds ran) {
  const auto& where = log_of(service);
  const auto make = [&](const LogSettings& parts) {
    return exit_event(parts, service.entry.id, report, ran);
  };
  if (is_wanted()) tell_listener(make(everything()));
  if (logs_exits(where, logs_connections_)) write(where, make(where));
}

void EventLog::relay_ended(const Service& service, const RelayEnd& ended) {
  const auto& where = log_of(service);
  const auto make = [&](const LogSettings& parts) {
    return relay_end_event(parts, service.entry.id, ended);
  };
  if (is_wanted()) tell_listener(make(everything()));
  if (logs_relay_ends(where, logs_connections_)) write(where, make(where));
}

void EventLog::identified(const Service& service, const SocketAddress& peer,
                          std::string_view user) {
  if (!is_wanted() && !logs_connections_) return;
  Event event(LogLevel::Info, "ident");
  event.add("id", service.entry.id).add("from", peer.text()).add("user", user);
  make_private(event);
  if (is_wanted()) listener_(event);
  if (logs_connections_ && daemon_.is_enabled(event.level())) daemon_.write(std::move(event));
}

// ---- refusals --------------------------------------------------------------------------------

void EventLog::refused(const Service& service, std::string_view from, std::string_view reason) {
  const auto& where = log_of(service);
  const auto& id = service.entry.id;
  if (is_wanted()) tell_listener(refusal_event(everything(), id, from, reason));
  const auto time = now();
  const auto host = host_of(from);
  const bool is_same = run_.reason == reason && run_.host == host && run_.id == id;
  tell_repeated(repeats_.over(is_same, time));
  if (!is_same && !has_room(time)) {
    ++withheld_;
    return arm();
  }
  if (!is_same) {
    run_ = {where, std::string(id), std::string(host), std::string(reason),
            refusal_event(where, id, host, reason)};
  }
  if (!repeats_.allows(time)) return arm();
  if (is_same && !has_room(time)) {
    ++withheld_;
    return arm();
  }
  ++lines_;
  tell_withheld();
  write(where, refusal_event(where, id, from, reason));
}

bool EventLog::has_room(std::chrono::milliseconds time) {
  if (time - second_ >= std::chrono::seconds(1)) {
    second_ = time;
    lines_ = 0;
  }
  return lines_ < kRefusalsPerSecond;
}

void EventLog::tell_withheld() {
  if (withheld_ == 0) return;
  daemon_.warning("{} refusals were not logged", std::exchange(withheld_, 0));
}

void EventLog::tell_repeated(std::uint64_t count) {
  if (count == 0) return;
  Event event(LogLevel::Warning, "repeated");
  event.add("n", count).add("event", run_.event.name());
  for (const auto& field : run_.event.fields()) {
    event.add(field.key, run_.event.text_of(field.key));
  }
  write(run_.where, std::move(event));
}

// What was left out is told even if nobody is refused any more.
void EventLog::arm() {
  if (timer_ != 0) return;
  timer_ = timers_.after(Repeats::kTime, [this] {
    timer_ = 0;
    tell_repeated(repeats_.take());
    tell_withheld();
  });
}

void EventLog::flush() {
  tell_repeated(repeats_.take());
  tell_withheld();
  daemon_.tell_repeats();
  daemon_.flush();
  services_.flush();
}

}  // namespace uvinetd
