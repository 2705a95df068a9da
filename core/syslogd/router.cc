// SPDX-License-Identifier: ISC
#include "core/syslogd/router.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/base/clock.h"
#include "core/syslogd/targets/file_sink.h"
#include "core/syslogd/targets/forward_sink.h"
#include "core/syslogd/targets/users_sink.h"

namespace uvinetd {
namespace {

constexpr std::string_view kMark = "-- MARK --";
constexpr std::uint8_t kInfo = 6;

std::unique_ptr<SyslogSink> make_sink(SyslogSinkHost& host, const SyslogAction& action,
                                      SyslogSink::Id id, const SyslogSettings& settings) {
  switch (action.kind) {
    case SyslogActionKind::File: {
      const auto size = action.rotate_size != 0 ? action.rotate_size : settings.rotate_size;
      return std::make_unique<FileSink>(host, action, id, size);
    }
    case SyslogActionKind::Terminal:
      return std::make_unique<TerminalSink>(host, action, id);
    case SyslogActionKind::Fifo:
      return std::make_unique<FifoSink>(host, action, id);
    case SyslogActionKind::Users:
      return std::make_unique<UsersSink>(host, action, id);
    case SyslogActionKind::Forward:
      return std::make_unique<ForwardSink>(host, action, id);
    case SyslogActionKind::Discard:
      break;
  }
  return nullptr;
}

}  // namespace

SyslogRouter::SyslogRouter(SyslogSinkHost& host, std::uint32_t generation, SyslogSetup setup,
                           const SipKey& key)
    : host_(host),
      generation_(generation),
      setup_(std::move(setup)),
      matcher_(setup_.rules, setup_.host),
      guard_(key, setup_.settings.trusts_time) {
  const auto& actions = setup_.rules.actions;
  sinks_.reserve(actions.size());
  for (std::uint32_t i = 0; i < actions.size(); ++i) {
    sinks_.push_back(make_sink(host_, actions[i], {generation_, i}, setup_.settings));
  }
}

SyslogRouter::~SyslogRouter() {
  host_.timers().cancel(repeat_timer_);
  host_.timers().cancel(unrelayed_timer_);
}

SyslogSink* SyslogRouter::sink(std::uint32_t action) const {
  return action < sinks_.size() ? sinks_[action].get() : nullptr;
}

void SyslogRouter::adopt(SyslogRouter& before) {
  before.tell_repeats();
  before.tell_unrelayed();
  for (auto& old : before.sinks_) {
    if (!old) continue;
    const auto same = std::find_if(sinks_.begin(), sinks_.end(), [&](const auto& sink) {
      return sink && !sink->is_adopted && sink->is_same_place(*old);
    });
    if (same == sinks_.end()) {
      old->flush();
      old->let_go();
      continue;
    }
    (*same)->is_adopted = true;
    (*same)->adopt(*old);
  }
}

std::size_t SyslogRouter::route(const SyslogRecord& record, std::string_view sender,
                                const SyslogSink* except) {
  matcher_.match(record, actions_);
  if (actions_.empty()) return 0;
  text_.set(record);
  std::size_t count = 0;
  for (const auto action : actions_) {
    auto* const to = sink(action);
    if (to == nullptr || to == except) continue;
    ++count;
    if (to->action().kind == SyslogActionKind::Forward && !may_forward(*to, sender)) continue;
    deliver(*to);
  }
  return count;
}

// What came from the network goes on only where that is wanted, never back, and not twice.
bool SyslogRouter::may_forward(const SyslogSink& sink, std::string_view sender) {
  const auto& record = text_.record();
  const auto now = host_.loop().now();
  const auto action = sink.id().action;
  const bool is_repeat = setup_.settings.folds_repeats && sink.fold.is_repeat(record, now);
  if (record.is_local) {
    if (setup_.settings.relays && !is_repeat) guard_.remember(record, action, now);
    return true;
  }
  if (!setup_.settings.relays) return false;
  // Whoever sent it has it: nothing is lost.
  if (sender == static_cast<const ForwardSink&>(sink).address()) return false;
  if (guard_.may_relay(record, sender, action, is_repeat, now)) return true;
  count_unrelayed(action);
  return false;
}

void SyslogRouter::count_unrelayed(std::uint32_t action) {
  ++host_.counts().dropped;
  unrelayed_.resize(sinks_.size());
  ++unrelayed_[action];
  if (unrelayed_timer_ != 0) return;
  unrelayed_timer_ = host_.timers().after(kTellAfter, [this] {
    unrelayed_timer_ = 0;
    tell_unrelayed();
  });
}

void SyslogRouter::tell_unrelayed() {
  host_.timers().cancel(unrelayed_timer_);
  for (std::uint32_t action = 0; action < unrelayed_.size(); ++action) {
    const auto count = std::exchange(unrelayed_[action], 0);
    if (count == 0) continue;
    host_.tell(SyslogSeverity::Warning,
               std::to_string(count) + (count == 1 ? " message was" : " messages were") +
                   " not relayed to " + sinks_[action]->name() + ": the same had been before",
               sinks_[action].get());
  }
}

void SyslogRouter::deliver(SyslogSink& sink) {
  const auto& record = text_.record();
  sink.is_since_mark = true;
  if (setup_.settings.folds_repeats) {
    const auto now = host_.loop().now();
    if (const auto count = sink.fold.over(record, now); count > 0) add_repeated(sink, count);
    if (!sink.fold.allows(record, now)) {
      if (repeat_timer_ == 0) set_repeat_timer();
      return;
    }
  }
  sink.add(text_);
}

void SyslogRouter::set_repeat_timer() {
  std::optional<RepeatFold::Time> first;
  for (const auto& sink : sinks_) {
    const auto due = sink ? sink->fold.due() : std::nullopt;
    if (due && (!first || *due < *first)) first = due;
  }
  if (!first) return;
  const auto wait = std::max(*first - host_.loop().now(), RepeatFold::Time(0));
  repeat_timer_ = host_.timers().after(wait, [this] {
    repeat_timer_ = 0;
    tell_repeats(host_.loop().now());
    set_repeat_timer();
  });
}

void SyslogRouter::tell_repeats(RepeatFold::Time now) {
  for (auto& sink : sinks_)
    if (sink) tell_repeats(*sink, now);
}

void SyslogRouter::tell_repeats(SyslogSink& sink, RepeatFold::Time now) {
  if (const auto count = sink.fold.take_due(now); count > 0) add_repeated(sink, count);
}

void SyslogRouter::add_repeated(SyslogSink& sink, std::uint64_t count) {
  make_repeated_record(sink.fold.last(), count, wall_clock(), own_);
  own_text_.set(own_);
  if (setup_.settings.relays && sink.action().kind == SyslogActionKind::Forward)
    guard_.remember(own_, sink.id().action, host_.loop().now());
  sink.add(own_text_);
}

void SyslogRouter::mark() {
  SyslogMessage message;
  message.severity = kInfo;
  message.text = kMark;
  SyslogRecordRules rules;
  rules.host = setup_.host;
  SyslogRecord record;
  make_syslog_record(message, SyslogOrigin{}, rules, wall_clock(), record);
  record.facility = static_cast<std::uint8_t>(kMarkFacility);
  matcher_.match(record, actions_);
  text_.set(record);
  for (const auto action : actions_) {
    auto* const to = sink(action);
    if (to == nullptr || to->is_since_mark) continue;
    tell_repeats(*to, RepeatFold::Time::max());
    to->add(text_);
  }
  for (auto& sink : sinks_)
    if (sink) sink->is_since_mark = false;
}

}  // namespace uvinetd
