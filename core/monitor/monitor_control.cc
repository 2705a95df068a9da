// SPDX-License-Identifier: ISC
// What the monitor does for those who talk to the control socket. The reactor has looked at who
// they are; it is trusted with no more than that they could do.
#include <signal.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/base/source.h"
#include "core/config/check_report.h"
#include "core/config/spec_json.h"
#include "core/control/event_line.h"
#include "core/control/request.h"
#include "core/monitor/monitor.h"

namespace uvinetd {
namespace {

using nlohmann::json;

constexpr std::int64_t kForEverSeconds = 0;  // of a ban: until it is lifted
constexpr std::size_t kMostTold = 200;       // diagnostics of a refused reload
constexpr std::chrono::seconds kPackDelay{1};
constexpr std::size_t kMostAsks = 1'000;  // for a reload

}  // namespace

void Monitor::open_control() {
  const auto* kept = start_.resumed ? &*start_.resumed : nullptr;
  if (auto status = control_.open(start_.options.control, kept); !status) {
    log_.warning("control: {}; uvinetctl cannot reach this daemon", status.error().text());
  }
}

void Monitor::send_control() {
  if (!control_.is_open()) return;
  reactor_->send(MessageType::ControlSocket, print(control_.rules()), {control_.fd()});
  for (const auto& [id, how] : holds_) reactor_->send(MessageType::Hold, print(Hold{id, how}));
}

void Monitor::reply(std::uint64_t ticket, std::string line, bool is_last) {
  if (!reactor_ || ticket == 0) return;
  if (line.size() > Channel::kMaxBody / 2) {
    line = reply_error({"refused", "the answer is too long"});
    is_last = true;
  }
  reactor_->send(MessageType::ControlTold, print(ControlText{ticket, is_last, std::move(line)}));
}

void Monitor::done(std::uint64_t ticket) {
  reply(ticket, reply_end(), true);
}

void Monitor::refuse(std::uint64_t ticket, std::string_view code, std::string message) {
  reply(ticket, reply_error({code, std::move(message)}), true);
}

void Monitor::on_control(const ControlText& ask) {
  const auto ticket = ask.ticket;
  const auto parsed = parse_request(ask.text);
  if (parsed.error) return reply(ticket, reply_error(*parsed.error), true);
  const auto& request = parsed.request;
  switch (request.verb) {
    case ControlVerb::DaemonStatus:
      reply(ticket, reply_line("status", status_json()), false);
      return done(ticket);
    case ControlVerb::Show:
      return show_service(ticket, request.id);
    case ControlVerb::Reload:
      if (is_stopping_) return refuse(ticket, "refused", "the daemon is stopping");
      if (reload_asks_.size() >= kMostAsks) return refuse(ticket, "busy", "too many ask for it");
      reload_asks_.push_back(ticket);
      return reload();
    case ControlVerb::Pause:
      return hold(ticket, request.id, request.refuse ? HoldHow::Refuse : HoldHow::Queue);
    case ControlVerb::Resume:
      return hold(ticket, request.id, HoldHow::None);
    case ControlVerb::Ban:
    case ControlVerb::Unban:
      return change_ban(ticket, request);
    case ControlVerb::Stop:
      done(ticket);
      log_.notice("control: stop");
      if (!request.drain_seconds) return stop(false);
      return stop_after(std::chrono::seconds(*request.drain_seconds));
    case ControlVerb::Upgrade:
      log_.notice("control: upgrade");
      return upgrade(ticket);
    case ControlVerb::ReopenLogs:
      reopen_logs();
      return done(ticket);
    default:
      return refuse(ticket, "unknown-verb", "not the monitor's");
  }
}

// To the log, and to those who listen.
void Monitor::tell(const Event& event) {
  log_.write(event);
  if (!reactor_) return;
  reactor_->send(MessageType::Happened, print(Happened{std::string(event.name()),
                                                       event.text_of("id"), event_line(event)}));
}

// ---- looks -----------------------------------------------------------------------------------

json Monitor::status_json() const {
  json out = {{"version", UVINETD_VERSION},
              {"pid", getpid()},
              {"summary", summary()},
              {"uptime_ms", (loop_.now() - began_).count()},
              {"configuration", start_.options.config_paths},
              {"stopping", is_stopping_},
              {"left_out", left_out_},
              {"retrying", sockets_.failed_count() + unresolved_.size()},
              {"sockets", sockets_.count()},
              {"launchers", launchers_->count()},
              {"upgrades", upgrades_},
              {"reactor_restarts", reactor_restarts()}};
  if (!syslogs_.is_empty()) out["syslog"] = syslogs_.counts();
  if (const auto found = troubles(); !found.empty()) out["degraded"] = found;
  return out;
}

void Monitor::show_service(std::uint64_t ticket, const std::string& id) {
  const auto& list = services_.list();
  const auto found =
      std::find_if(list.begin(), list.end(), [&](const auto& each) { return each.spec.id == id; });
  const bool is_known = found != list.end();
  const auto config = is_known ? json(spec_json(found->spec, &found->identity, true)) : json();
  pack_soon();
  reply(ticket, reply_line("service", {{"id", id}, {"config", config}}), false);
  done(ticket);
}

// ---- pauses and bans, which outlive the reactor ----------------------------------------------

// Of services that there are, and were: so many of them and no more.
void Monitor::hold(std::uint64_t ticket, const std::string& id, HoldHow how) {
  const auto found = holds_.find(id);
  const auto before = found == holds_.end() ? HoldHow::None : found->second;
  if (before == HoldHow::None && how == HoldHow::None) {
    return is_service(id) ? done(ticket) : refuse(ticket, "not-found", "no such service is paused");
  }
  if (how == HoldHow::None) {
    holds_.erase(found);
  } else if (before == HoldHow::None && !is_service(id)) {
    return refuse(ticket, "not-found", "no such service");
  } else {
    holds_[id] = how;
  }
  if (how != before && reactor_) reactor_->send(MessageType::Hold, print(Hold{id, how}));
  done(ticket);
}

bool Monitor::is_service(const std::string& id) {
  const auto& list = services_.list();
  const bool is_one =
      std::any_of(list.begin(), list.end(), [&](const auto& each) { return each.spec.id == id; });
  pack_soon();
  return is_one;
}

// Whoever asks again and again does not have all of them unpacked each time.
void Monitor::pack_soon() {
  if (pack_timer_ != 0) return;
  pack_timer_ = timers_.after(kPackDelay, [this] {
    pack_timer_ = 0;
    if (is_ready_ && !is_publishing_) services_.pack();
  });
}

void Monitor::change_ban(std::uint64_t ticket, const ControlRequest& request) {
  const auto source = parse_source(request.address);
  if (!source) {
    return refuse(ticket, "refused",
                  "no address or prefix: " +
                      json(request.address).dump(-1, ' ', true, json::error_handler_t::replace));
  }
  const bool is_lifted = request.verb == ControlVerb::Unban;
  const auto seconds = request.seconds.value_or(kForEverSeconds);
  const auto until = seconds == kForEverSeconds
                         ? BanList::kForEver
                         : loop_.now() + std::chrono::milliseconds(std::chrono::seconds(seconds));
  if (is_lifted) {
    (void)bans_.remove(*source);
  } else if (!bans_.add({*source, until}, loop_.now()) && !bans_.end_of(*source)) {
    return refuse(ticket, "refused", "so many are banned that there is no room for it");
  }
  if (reactor_) {
    const WireBan ban{source->high, source->low, source->bits, until.count()};
    reactor_->send(MessageType::Bans, print(Bans{is_lifted, {ban}}));
  }
  tell(Event(LogLevel::Notice, is_lifted ? "unban" : "ban").add("address", source_text(*source)));
  done(ticket);
}

// ---- reload ----------------------------------------------------------------------------------

// Those who ask while one is under way wait for the next.
void Monitor::answer_reload(const Diagnostics& problems) {
  for (const auto ticket : std::exchange(reload_answers_, {})) {
    std::size_t told = 0;
    for (const auto& each : problems) {
      if (++told > kMostTold) break;
      reply(ticket, reply_line("diagnostic", diagnostic_json(each)), false);
    }
    if (reload_) {
      reply(ticket,
            reply_line("reload", {{"kept", reload_->kept},
                                  {"added", reload_->added},
                                  {"removed", reload_->removed},
                                  {"changed", reload_->changed},
                                  {"added_ids", reload_->added_ids},
                                  {"removed_ids", reload_->removed_ids},
                                  {"changed_ids", reload_->changed_ids}}),
            false);
      done(ticket);
    } else {
      refuse(ticket, "refused", "the configuration has new errors; nothing has changed");
    }
  }
}

}  // namespace uvinetd
