// SPDX-License-Identifier: ISC
#include "core/monitor/syslog_keeper.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "core/base/shared_memory.h"
#include "core/monitor/syslog_files.h"
#include "spawn/wire.h"

namespace uvinetd {
namespace {

constexpr std::chrono::milliseconds kFirstRetry{1'000};
constexpr std::chrono::milliseconds kLongestRetry{30'000};
constexpr std::size_t kMostBacklog = 32;
constexpr int kMostAtOnce = 64;
constexpr std::chrono::seconds kBetweenOpenings{1};  // of a target that the server asks for

bool is_opened_here(const SyslogAction& action) {
  return action.kind == SyslogActionKind::File || action.kind == SyslogActionKind::Terminal ||
         action.kind == SyslogActionKind::Fifo;
}

SyslogCounts sum(const SyslogCounts& a, const SyslogCounts& b) {
  return {a.received + b.received, a.malformed + b.malformed, a.truncated + b.truncated,
          a.limited + b.limited,   a.written + b.written,     a.forwarded + b.forwarded,
          a.dropped + b.dropped};
}

nlohmann::json counts_json(const SyslogCounts& counts) {
  return {{"received", counts.received},   {"malformed", counts.malformed},
          {"truncated", counts.truncated}, {"limited", counts.limited},
          {"written", counts.written},     {"forwarded", counts.forwarded},
          {"dropped", counts.dropped}};
}

}  // namespace

SyslogKeeper::~SyslogKeeper() {
  for (auto& [id, one] : all_) {
    one->watcher.reset();
    timers_.cancel(one->retry);
  }
}

void SyslogKeeper::want(const std::vector<LoadedService>& services) {
  std::set<std::string> wanted;
  for (const auto& service : services) {
    if (service.syslog.is_default()) continue;
    const auto& id = service.spec.id;
    auto& place = all_[id];
    if (!place) place = std::make_unique<One>();
    auto& one = *place;
    one.id = id;
    one.setup = *service.syslog;
    one.told.clear();
    if (!one.channel.is_open() && !open_channel(one)) continue;
    wanted.insert(id);
  }
  for (auto each = all_.begin(); each != all_.end();) {
    if (wanted.contains(each->first)) {
      ++each;
      continue;
    }
    // Its server sees the end of the channel once launchers have let go of it too.
    each->second->watcher.reset();
    timers_.cancel(each->second->retry);
    each = all_.erase(each);
  }
  reopen();
}

void SyslogKeeper::reopen() {
  for (auto& [id, one] : all_) tell(*one);
}

bool SyslogKeeper::open_channel(One& one) {
  auto pair = Channel::make_pair();
  if (!pair) {
    log_.error("id={}: no channel to its server: {}", one.id, pair.error().text());
    return false;
  }
  one.channel = Channel(std::move(pair->first));
  one.server_end = std::move(pair->second);
  watch(one);
  return true;
}

void SyslogKeeper::watch(One& one) {
  if (!one.watcher) {
    one.watcher = std::make_unique<FdWatcher>(loop_, one.channel.fd(),
                                              [this, &one](int) { on_channel(one); });
  }
  one.watcher->watch(one.channel.has_backlog() ? UV_READABLE | UV_WRITABLE : UV_READABLE);
}

ErrorFileStore::Files SyslogKeeper::of(std::uint32_t identity) const {
  ErrorFileStore::Files out;
  const auto wanted = wanted_.find(identity);
  if (wanted == wanted_.end()) return out;
  for (const auto& [id, one] : all_) {
    auto name = channel_name(id);
    if (wanted->second.contains(name)) out.emplace_back(std::move(name), one->server_end.get());
  }
  return out;
}

void SyslogKeeper::end() {
  for (auto& [id, one] : all_) {
    one->watcher.reset();
    timers_.cancel(one->retry);
    one->channel.end();
    for (auto& channel : one->past) channel.end();
  }
  all_.clear();
}

std::vector<std::string> SyslogKeeper::services() const {
  std::vector<std::string> out;
  for (const auto& [id, one] : all_) out.push_back(id);
  return out;
}

nlohmann::json SyslogKeeper::counts() const {
  auto out = nlohmann::json::object();
  for (const auto& [id, one] : all_) out[id] = counts_json(one->counts);
  return out;
}

// ---- the channel -----------------------------------------------------------------------------

void SyslogKeeper::on_channel(One& one) {
  const int channel = one.channel.fd();
  if (!one.channel.flush()) return spoilt(one, "cannot be written");
  for (int i = 0; i < kMostAtOnce; ++i) {
    auto received = one.channel.receive();
    switch (received.event) {
      case Channel::Event::Message:
        on_message(one, received.message);
        break;
      case Channel::Event::TooFewDescriptors:  // it sends none
      case Channel::Event::Malformed:
        return spoilt(one, "says what is no message");
      case Channel::Event::Closed:  // somebody has shut it down: we hold its other end too
        return spoilt(one, "is shut");
      case Channel::Event::Nothing:
        return watch(one);
    }
    if (one.channel.fd() != channel) return;  // it was spoilt
  }
}

void SyslogKeeper::spoilt(One& one, const char* why) {
  log_.error("id={}: the channel to its server {}; it is made anew", one.id, why);
  if (renew(one)) channel_changed_();
}

// The server has the other end of the old one only. It goes on writing until that is shut; by then
// launchers have the new one for the next server.
bool SyslogKeeper::renew(One& one) {
  one.watcher.reset();
  one.past.push_back(std::move(one.channel));
  one.channel = Channel();
  one.has_server = one.is_awaited = one.is_due = false;
  return open_channel(one);
}

void SyslogKeeper::set_sockets(const std::string& id, std::vector<std::uint32_t> keys) {
  const auto found = all_.find(id);
  if (found == all_.end()) return;
  auto& one = *found->second;
  std::sort(keys.begin(), keys.end());
  // A server that was started with others may not have said so yet.
  if (!one.sockets.empty() && one.sockets != keys) {
    log_.debug("id={}: other sockets; its server is replaced", id);
    (void)renew(one);
  }
  one.sockets = std::move(keys);
}

void SyslogKeeper::committed() {
  for (auto& [id, one] : all_) {
    for (auto& channel : one->past) channel.end();
    one->past.clear();
  }
}

// What a server does not read stands here, with a descriptor each: a set and some answers at most.
bool SyslogKeeper::send(One& one, SyslogMessageType type, const std::string& body,
                        std::span<const int> fds) {
  const auto sent = one.channel.send(static_cast<std::uint16_t>(type), body,
                                     std::vector<int>(fds.begin(), fds.end()));
  if (!sent) {
    spoilt(one, "cannot be written");
    return false;
  }
  if (one.channel.backlog() > one.setup.rules.actions.size() + kMostBacklog) {
    spoilt(one, "is not read");
    return false;
  }
  watch(one);
  return true;
}

void SyslogKeeper::on_message(One& one, const Message& message) {
  switch (static_cast<SyslogMessageType>(message.type)) {
    case SyslogMessageType::Hello:
      if (const auto hello = parse_as<SyslogHello>(message.body)) return on_hello(one, *hello);
      break;
    case SyslogMessageType::Used:
      if (const auto used = parse_as<SyslogGeneration>(message.body)) {
        if (used->generation != one.generation) return;
        one.is_awaited = false;
        if (one.is_due) tell(one);
        return;
      }
      break;
    case SyslogMessageType::Rotate:
      if (const auto target = parse_as<SyslogTarget>(message.body)) return rotate(one, *target);
      break;
    case SyslogMessageType::Reopen:
      return tell(one);
    case SyslogMessageType::AskTerminals:
      if (const auto asked = parse_as<SyslogTerminals>(message.body)) {
        return ask_terminals(one, *asked);
      }
      break;
    case SyslogMessageType::Counts:
      if (const auto counts = parse_as<SyslogCounts>(message.body)) {
        one.counts = sum(one.before, *counts);
        return;
      }
      break;
    default:
      break;
  }
  spoilt(one, "says what is no message");
}

void SyslogKeeper::on_hello(One& one, const SyslogHello& hello) {
  if (hello.version != kSyslogWireVersion) {
    log_.error(
        "id={}: its server is of another version and gets no rules; \"uvinetctl upgrade\" brings "
        "the daemon to the same",
        one.id);
    one.has_server = false;
    return;
  }
  one.has_server = true;
  one.is_awaited = false;
  one.before = one.counts;
  tell(one);
}

// ---- what it writes to -----------------------------------------------------------------------

void SyslogKeeper::tell(One& one) {
  if (!one.has_server || one.is_awaited) {
    one.is_due = true;
    return;
  }
  const auto memory = make_read_only_memory("uvinetd-syslog", print(one.setup));
  if (!memory) {
    one.is_due = true;
    timers_.cancel(one.retry);
    one.retry = timers_.after(kFirstRetry, [this, &one] {
      one.retry = 0;
      tell(one);
    });
    return log_.error("id={}: {}; trying again", one.id, memory.error().text());
  }
  timers_.cancel(one.retry);
  one.is_due = false;
  one.is_awaited = true;
  one.missing.clear();
  one.files.clear();
  const auto generation = print(SyslogGeneration{++one.generation});
  if (!send(one, SyslogMessageType::Setup, generation, {{memory->get()}})) return;
  for (std::uint32_t action = 0; action < one.setup.rules.actions.size(); ++action) {
    if (!is_opened_here(one.setup.rules.actions[action])) continue;
    if (!tell_target(one, action)) return;
  }
  if (!send(one, SyslogMessageType::Use, generation)) return;
  one.retry_delay = kFirstRetry;
  retry(one);
}

bool SyslogKeeper::tell_target(One& one, std::uint32_t action) {
  return send_target(
      one, action,
      open_syslog_action(one.setup.rules.actions[action], one.setup.settings.file_mode));
}

bool SyslogKeeper::send_target(One& one, std::uint32_t action, Result<UniqueFd> opened) {
  const auto& rule = one.setup.rules.actions[action];
  if (!opened) {
    one.missing.insert(action);
    if (one.told.insert(rule.path).second) {
      log_.error("{}: {}; it is tried again", rule.place, opened.error().text());
    }
    return send(one, SyslogMessageType::Target,
                print(SyslogTarget{one.generation, action, opened.error().code}));
  }
  one.missing.erase(action);
  if (one.told.erase(rule.path) > 0) log_.notice("{}: {} is written", rule.place, rule.path);
  struct stat about {};
  if (::fstat(opened->get(), &about) == 0) one.files[action] = {about.st_dev, about.st_ino};
  const int fd = opened->get();
  return send(one, SyslogMessageType::Target, print(SyslogTarget{one.generation, action, 0}),
              {{fd}});
}

void SyslogKeeper::retry(One& one) {
  timers_.cancel(one.retry);
  if (one.missing.empty()) return;
  one.retry = timers_.after(one.retry_delay, [this, &one] {
    one.retry = 0;
    if (!one.has_server) return;
    const auto before = one.missing;
    for (const auto action : before) {
      auto opened =
          open_syslog_action(one.setup.rules.actions[action], one.setup.settings.file_mode);
      if (opened && !send_target(one, action, std::move(opened))) return;
    }
    one.retry_delay = std::min(one.retry_delay * 2, kLongestRetry);
    retry(one);
  });
}

// The server says when; what is on the disk says whether. A file that somebody else has moved away
// is only opened anew.
void SyslogKeeper::rotate(One& one, const SyslogTarget& target) {
  const auto& actions = one.setup.rules.actions;
  if (target.generation != one.generation || target.action >= actions.size()) return;
  const auto& action = actions[target.action];
  const auto& settings = one.setup.settings;
  const auto size = action.rotate_size != 0 ? action.rotate_size : settings.rotate_size;
  if (action.kind != SyslogActionKind::File) return open_anew(one, target.action);
  if (size == 0) return;
  const unsigned keep = action.rotate_size != 0 ? action.rotate_count : settings.rotate_count;
  struct stat about {};
  const bool is_there = ::lstat(action.path.c_str(), &about) == 0;
  const bool is_same =
      is_there && one.files[target.action] == std::pair(about.st_dev, about.st_ino);
  if (is_same && static_cast<std::uint64_t>(about.st_size) < size) return;
  auto fresh = is_same ? rotate_syslog_file(action, keep, settings.file_mode)
                       : open_syslog_action(action, settings.file_mode);
  if (fresh) {
    (void)send_target(one, target.action, std::move(fresh));
    return;
  }
  if (one.told.insert(action.path).second) {
    log_.error("{}: it cannot be rotated: {}", action.place, fresh.error().text());
  }
}

// A terminal that was hung up (vhangup(2)) takes nothing any more by the descriptor of before.
void SyslogKeeper::open_anew(One& one, std::uint32_t action) {
  const auto& target = one.setup.rules.actions[action];
  if (!is_opened_here(target)) return;
  const auto now = loop_.now();
  const auto [last, is_first] = one.reopened.try_emplace(action, now);
  if (!is_first && now - last->second < kBetweenOpenings) return;
  last->second = now;
  auto opened = open_syslog_action(target, one.setup.settings.file_mode);
  if (opened) (void)send_target(one, action, std::move(opened));
}

// ---- over an upgrade -------------------------------------------------------------------------

void SyslogKeeper::save(UpgradeState& state) const {
  for (const auto& [id, one] : all_) {
    if (one->channel.is_open()) state.syslogs.push_back({id, one->channel.fd()});
  }
}

// The server is of the program before: it writes what it has until launchers have the channel for
// the next one, which is of ours.
void SyslogKeeper::restore(const UpgradeState& state) {
  for (const auto& saved : state.syslogs) {
    auto one = std::make_unique<One>();
    one->id = saved.service;
    one->past.emplace_back(UniqueFd(saved.channel));
    all_.emplace(saved.service, std::move(one));
  }
}

}  // namespace uvinetd
