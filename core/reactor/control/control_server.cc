// SPDX-License-Identifier: ISC
#include "core/reactor/control/control_server.h"

#include <sys/socket.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/base/process.h"
#include "core/control/event_line.h"
#include "core/reactor/admission/client_facts.h"
#include "internal/stream_io.h"

namespace uvinetd {
namespace {

constexpr int kAcceptsPerTurn = 8;

enum class Rights : std::uint8_t { None, Read, Owner, Write };

Rights rights_of(const PeerIds& ids, const ControlSocket& rules) {
  if (ids.user == 0U || ids.user == rules.owner) return Rights::Owner;
  const bool is_member = rules.has_group && std::find(ids.groups.begin(), ids.groups.end(),
                                                      rules.group) != ids.groups.end();
  if (is_member) return Rights::Write;
  return rules.everybody_reads ? Rights::Read : Rights::None;
}

bool listens_to(const ControlRequest& request, std::string_view name, std::string_view id) {
  const auto has = [](const std::vector<std::string>& list, std::string_view text) {
    return list.empty() || std::find(list.begin(), list.end(), text) != list.end();
  };
  return has(request.events, name) && has(request.ids, id);
}

}  // namespace

void ControlServer::open(UniqueFd socket, const ControlSocket& rules) {
  watcher_.reset();
  rules_ = rules;
  socket_ = std::move(socket);
  watcher_ = std::make_unique<FdWatcher>(loop_, socket_.get(), [this](int) { on_socket_ready(); });
  watcher_->watch(UV_READABLE);
}

void ControlServer::retire() {
  watcher_.reset();
  socket_.reset();
  for (auto at = clients_.begin(); at != clients_.end();) {
    auto& one = *at++;
    one.is_ending = true;
    if (one.is_over()) {
      close(one);
    } else {
      settle(one);
    }
  }
}

void ControlServer::on_socket_ready() {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    UniqueFd connection(accept(socket_.get(), nullptr, nullptr));
    if (!connection.is_open()) {
      if (errno != EMFILE && errno != ENFILE) return;
      watcher_->watch(0);  // it would be readable for ever
      timers_.after(std::chrono::seconds(1), [this] {
        if (watcher_ != nullptr) watcher_->watch(UV_READABLE);
      });
      return;
    }
    (void)set_cloexec(connection.get());
    (void)set_nonblocking(connection.get(), true);
    take(std::move(connection));
  }
}

void ControlServer::turn_away(const UniqueFd& connection, const ControlError& error) {
  (void)send_whole(connection.get(), reply_error(error));
}

void ControlServer::take(UniqueFd connection) {
  const auto ids = peer_ids(connection.get());
  const auto rights = ids ? rights_of(*ids, rules_) : Rights::None;
  if (rights == Rights::None) {
    return turn_away(connection, {"denied", "this user may not ask this daemon anything"});
  }
  const auto room = rights == Rights::Owner ? kMostClients : kMostClients - kKeptForOwner;
  if (clients_.size() >= room) {
    return turn_away(connection, {"busy", "too many clients of the control socket"});
  }
  auto& one = clients_.emplace_back();
  one.self = std::prev(clients_.end());
  one.fd = std::move(connection);
  one.may_write = rights != Rights::Read;
  one.watcher = std::make_unique<FdWatcher>(loop_, one.fd.get(),
                                            [this, &one](int events) { on_ready(one, events); });
  settle(one);
}

void ControlServer::on_ready(One& one, int events) {
  if ((events & UV_READABLE) != 0 && !read(one)) return close(one);
  if (!write(one)) return close(one);
  serve(one);
  if (!write(one)) return close(one);
  if (one.is_over()) return close(one);
  settle(one);
}

// A little at a time, and never more than a request ahead. A listener has nothing to say: what it
// says all the same is read to see its end.
bool ControlServer::read(One& one) {
  const auto got = read_some(one.fd.get(), stream_scratch);
  if (got.state == IoState::Ended) return false;
  if (got.state == IoState::Moved && !one.is_listener && !one.is_ending) {
    one.input.add({reinterpret_cast<const char*>(stream_scratch.data()), got.bytes});
  }
  return true;
}

bool ControlServer::write(One& one) {
  if (one.answer != nullptr && !one.has_output()) {
    one.output.clear();
    one.sent = 0;
    if (!one.answer->next(one.output)) one.answer.reset();
  }
  while (one.has_output()) {
    const auto rest = std::as_bytes(std::span(one.output)).subspan(one.sent);
    const auto put = write_some(one.fd.get(), rest);
    if (put.state == IoState::Ended) return false;
    if (put.state == IoState::Again) break;
    one.sent += put.bytes;
    timers_.cancel(one.deadline);  // it takes what it is told
  }
  if (one.has_output()) {
    if (one.sent > TextSource::kPiece) one.output.erase(0, std::exchange(one.sent, 0));
    return true;
  }
  one.output.clear();
  one.sent = 0;
  if (const auto missed = std::exchange(one.missed, 0); missed > 0) {
    say(one, reply_line("missed", missed));
  }
  return true;
}

void ControlServer::serve(One& one) {
  // The next answer begins when the one before is gone.
  while (one.is_answered() && !one.is_ending && !one.has_output()) {
    const auto line = one.input.next();
    if (line && line->size() <= kLongestControlRequest) {
      ask(one, *line);
      continue;
    }
    if (!line && !one.input.is_too_long()) return;
    say(one, reply_error({"malformed", "a request is at most 64 KiB"}));
    one.is_ending = true;
  }
}

void ControlServer::ask(One& one, const std::string& line) {
  auto parsed = parse_request(line);
  if (parsed.error) {
    say(one, reply_error(*parsed.error));
    one.is_ending = parsed.error->code == "malformed";
    return;
  }
  one.request = std::move(parsed.request);
  if (!one.may_write && !only_reads(one.request.verb)) {
    return say(one, reply_error({"denied", "this user may only look"}));
  }
  if (one.request.verb == ControlVerb::Tail) {
    one.is_listener = true;
    if (++listeners_ == 1) host_.listen(true);
    return;
  }
  one.answer = host_.answer(one.request);
  if (one.answer != nullptr) return;
  one.ticket = ++last_ticket_;
  host_.ask_monitor(one.ticket, print_request(one.request));
}

void ControlServer::told(const ControlText& reply) {
  const auto found = std::find_if(clients_.begin(), clients_.end(), [&](const One& one) {
    return one.ticket != 0 && one.ticket == reply.ticket;
  });
  if (found == clients_.end()) return;  // it has gone meanwhile
  auto& one = *found;
  say(one, reply.is_last ? reply.text : host_.complete(one.request, reply.text));
  if (reply.is_last) one.ticket = 0;
  on_ready(one, 0);
}

void ControlServer::publish(const Event& event) {
  std::string line;
  each_listener(event.name(), event.text_of("id"), [&]() -> const std::string& {
    if (line.empty()) line = event_line(event);
    return line;
  });
}

void ControlServer::publish(std::string_view name, std::string_view id, const std::string& line) {
  each_listener(name, id, [&]() -> const std::string& { return line; });
}

void ControlServer::each_listener(std::string_view name, std::string_view id,
                                  const std::function<const std::string&()>& line) {
  for (auto& one : clients_) {
    if (!one.is_listener || !listens_to(one.request, name, id)) continue;
    if (one.output.size() - one.sent >= kMostUnread || one.missed > 0) {
      ++one.missed;
      continue;
    }
    say(one, line());
    settle(one);  // written in the next turn, with what comes in this one
  }
}

void ControlServer::settle(One& one) {
  // What it has asked meanwhile has its turn when the answer is gone.
  const bool writes =
      one.has_output() || one.answer != nullptr || (one.is_answered() && one.input.has_line());
  const bool reads = one.is_listener || (one.is_answered() && !one.has_output() && !one.is_ending &&
                                         !one.input.has_line());
  one.watcher->watch((writes ? UV_WRITABLE : 0) | (reads ? UV_READABLE : 0));
  limit(one);
}

void ControlServer::limit(One& one) {
  if (one.is_listener && !one.has_output()) return timers_.cancel(one.deadline);
  const auto time = one.ticket != 0                             ? kMonitorLimit
                    : one.has_output() || one.answer != nullptr ? kWriteLimit
                                                                : kIdleLimit;
  if (one.deadline != 0 && time == one.limit) return;
  timers_.cancel(one.deadline);
  one.limit = time;
  one.deadline = timers_.after(time, [this, &one] {
    one.deadline = 0;
    if (one.missed > 0) host_.on_dropped(one.missed);
    close(one);
  });
}

void ControlServer::close(One& one) {
  if (one.is_listener && --listeners_ == 0) host_.listen(false);
  timers_.cancel(one.deadline);
  one.watcher.reset();  // before its descriptor is closed
  clients_.erase(one.self);
}

}  // namespace uvinetd
