// SPDX-License-Identifier: ISC
#include "core/monitor/syslog_keeper.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "core/base/shared_memory.h"
#include "core/monitor/logged_in.h"
#include "core/monitor/syslog_files.h"
#include "spawn/wire.h"

namespace uvinetd {
namespace {

constexpr std::chrono::milliseconds kFirstRetry{1'000};
constexpr std::chrono::milliseconds kLongestRetry{30'000};
constexpr std::chrono::milliseconds kBetweenAsks{200};
constexpr std::size_t kMostAsks = 16;
constexpr std::size_t kMostTerminals = 200;  // of one answer

bool is_opened_here(const SyslogAction& action) {
  return action.kind == SyslogActionKind::File || action.kind == SyslogActionKind::Terminal ||
         action.kind == SyslogActionKind::Fifo;
}

template <typename T>
std::optional<T> parse_body(const Message& message) {
  return parse(message.body, static_cast<const T*>(nullptr));
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

std::size_t SyslogKeeper::server_count() const {
  return static_cast<std::size_t>(std::count_if(
      all_.begin(), all_.end(), [](const auto& each) { return each.second->has_server; }));
}

nlohmann::json SyslogKeeper::counts() const {
  auto out = nlohmann::json::object();
  for (const auto& [id, one] : all_) out[id] = counts_json(one->counts);
  return out;
}

// ---- the channel -----------------------------------------------------------------------------

void SyslogKeeper::on_channel(One& one) {
  if (!one.channel.flush()) return spoilt(one, "cannot be written");
  for (;;) {
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
    if (!one.channel.is_open()) return;
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
  if (one.has_server && one.sockets != keys) {
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

void SyslogKeeper::send(One& one, SyslogMessageType type, const std::string& body, int fd) {
  const auto fds = fd < 0 ? std::vector<int>() : std::vector<int>{fd};
  // Out of descriptors to queue it: the server begins again when its channel does.
  const auto sent = one.channel.send(static_cast<std::uint16_t>(type), body, fds);
  if (!sent) log_.error("id={}: {}", one.id, sent.error().text());
  watch(one);
}

void SyslogKeeper::on_message(One& one, const Message& message) {
  switch (static_cast<SyslogMessageType>(message.type)) {
    case SyslogMessageType::Hello:
      if (const auto hello = parse_body<SyslogHello>(message)) return on_hello(one, *hello);
      break;
    case SyslogMessageType::Used:
      if (const auto used = parse_body<SyslogGeneration>(message)) {
        if (used->generation != one.generation) return;
        one.is_awaited = false;
        if (one.is_due) tell(one);
        return;
      }
      break;
    case SyslogMessageType::Rotate:
      if (const auto target = parse_body<SyslogTarget>(message)) return rotate(one, *target);
      break;
    case SyslogMessageType::Reopen:
      return tell(one);
    case SyslogMessageType::AskTerminals:
      if (const auto asked = parse_body<SyslogTerminals>(message)) {
        return ask_terminals(one, *asked);
      }
      break;
    case SyslogMessageType::Counts:
      if (const auto counts = parse_body<SyslogCounts>(message)) {
        one.counts = *counts;
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
  send(one, SyslogMessageType::Setup, generation, memory->get());
  for (std::uint32_t action = 0; action < one.setup.rules.actions.size(); ++action) {
    if (is_opened_here(one.setup.rules.actions[action])) tell_target(one, action);
  }
  send(one, SyslogMessageType::Use, generation);
  one.retry_delay = kFirstRetry;
  retry(one);
}

void SyslogKeeper::tell_target(One& one, std::uint32_t action) {
  send_target(one, action,
              open_syslog_action(one.setup.rules.actions[action], one.setup.settings.file_mode));
}

void SyslogKeeper::send_target(One& one, std::uint32_t action, Result<UniqueFd> opened) {
  const auto& rule = one.setup.rules.actions[action];
  if (!opened) {
    one.missing.insert(action);
    if (one.told.insert(rule.path).second) {
      log_.error("{}: {}; what goes there is lost until it can be opened", rule.place,
                 opened.error().text());
    }
    return send(one, SyslogMessageType::Target,
                print(SyslogTarget{one.generation, action, opened.error().code}));
  }
  one.missing.erase(action);
  if (one.told.erase(rule.path) > 0) log_.notice("{}: {} is written", rule.place, rule.path);
  struct stat about {};
  if (::fstat(opened->get(), &about) == 0) one.files[action] = {about.st_dev, about.st_ino};
  send(one, SyslogMessageType::Target, print(SyslogTarget{one.generation, action, 0}),
       opened->get());
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
      if (opened) send_target(one, action, std::move(opened));
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
  if (action.kind != SyslogActionKind::File || size == 0) return;
  const unsigned keep = action.rotate_size != 0 ? action.rotate_count : settings.rotate_count;
  struct stat about {};
  const bool is_there = ::lstat(action.path.c_str(), &about) == 0;
  const bool is_same =
      is_there && one.files[target.action] == std::pair(about.st_dev, about.st_ino);
  if (is_same && static_cast<std::uint64_t>(about.st_size) < size) return;
  if (!is_same)
    return send_target(one, target.action, open_syslog_action(action, settings.file_mode));
  auto fresh = rotate_syslog_file(action, keep, settings.file_mode);
  if (fresh) return send_target(one, target.action, std::move(fresh));
  if (one.told.insert(action.path).second) {
    log_.error("{}: it cannot be rotated: {}", action.place, fresh.error().text());
  }
}

// ---- terminals -------------------------------------------------------------------------------

// A server that asks and asks is answered now and then.
void SyslogKeeper::ask_terminals(One& one, const SyslogTerminals& asked) {
  const auto now = loop_.now();
  const auto due = one.last_ask + kBetweenAsks * static_cast<int>(one.asks + 1);
  if (one.asks == 0 && now >= one.last_ask + kBetweenAsks) {
    one.last_ask = now;
    return tell_terminals(one, asked);
  }
  if (one.asks >= kMostAsks) {
    return send(one, SyslogMessageType::Terminals, print(SyslogTerminals{asked.ticket, {}, {}}));
  }
  ++one.asks;
  timers_.after(std::max(due - now, kBetweenAsks), [this, id = one.id, asked] {
    const auto found = all_.find(id);
    if (found == all_.end()) return;
    --found->second->asks;
    found->second->last_ask = loop_.now();
    tell_terminals(*found->second, asked);
  });
}

void SyslogKeeper::tell_terminals(One& one, const SyslogTerminals& asked) {
  const auto asks_for = [&](const std::string& name) {
    return std::find(asked.users.begin(), asked.users.end(), name) != asked.users.end();
  };
  const bool is_everybody = asks_for("*");
  SyslogTerminals told{asked.ticket, {}, {}};
  std::vector<UniqueFd> terminals;
  for (const auto& [user, terminal] : who_is_logged_in()) {
    if (terminals.size() == kMostTerminals) break;
    if (!is_everybody && !asks_for(user)) continue;
    auto fd = open_user_terminal(terminal, is_everybody);
    if (!fd) continue;
    told.users.push_back(user);
    terminals.push_back(std::move(*fd));
  }
  for (const auto& name : asked.users) {
    const bool is_there = std::find(told.users.begin(), told.users.end(), name) != told.users.end();
    if (name != "*" && !is_there) told.absent.push_back(name);
  }
  std::vector<int> fds;
  for (const auto& terminal : terminals) fds.push_back(terminal.get());
  (void)one.channel.send(static_cast<std::uint16_t>(SyslogMessageType::Terminals), print(told),
                         fds);
  watch(one);
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
