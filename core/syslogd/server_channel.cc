// SPDX-License-Identifier: ISC
// What the monitor says, and what it is told.
#include <algorithm>
#include <utility>

#include "core/base/shared_memory.h"
#include "core/syslogd/server.h"

namespace uvinetd {

void SyslogServer::on_channel() {
  if (channel_.has_backlog() && !channel_.flush()) return lose_monitor();
  for (;;) {
    auto received = channel_.receive();
    switch (received.event) {
      case Channel::Event::Message:
      case Channel::Event::TooFewDescriptors:  // it is then as if it had not been opened
        handle(std::move(received.message));
        break;
      case Channel::Event::Nothing:
        channel_watcher_->watch(UV_READABLE | (channel_.has_backlog() ? UV_WRITABLE : 0));
        want_turn();
        return;
      case Channel::Event::Closed:
        return lose_monitor();
      case Channel::Event::Malformed:
        tell(SyslogSeverity::Error, "the monitor's message is malformed", nullptr, false);
        status_ = 1;
        return lose_monitor();
    }
  }
}

void SyslogServer::handle(Message message) {
  switch (static_cast<SyslogMessageType>(message.type)) {
    case SyslogMessageType::Setup:
      if (const auto told = parse_as<SyslogGeneration>(message.body))
        return begin(*told, std::move(message.fds));
      break;
    case SyslogMessageType::Target:
      if (const auto told = parse_as<SyslogTarget>(message.body))
        return take_target(*told, std::move(message.fds));
      break;
    case SyslogMessageType::Use:
      if (const auto told = parse_as<SyslogGeneration>(message.body)) return use(*told);
      break;
    case SyslogMessageType::Terminals:
      if (const auto told = parse_as<SyslogTerminals>(message.body)) {
        if (!router_) return;
        for (const auto& sink : router_->sinks())
          if (sink && sink->is_asking(told->ticket)) sink->terminals(*told, message.fds);
        return;
      }
      break;
    default:
      break;  // of a newer monitor
  }
  tell(SyslogSeverity::Warning,
       "a message of the monitor is not understood: type " + std::to_string(message.type), nullptr,
       false);
}

void SyslogServer::begin(const SyslogGeneration& told, std::vector<UniqueFd> fds) {
  coming_.reset();
  auto memory = fds.size() == 1 ? map_read_only(fds[0].get(), 1)
                                : Result<Mapping>(fail("map", "the rules", EBADF));
  auto setup = memory ? parse_syslog_setup(memory->bytes()) : std::nullopt;
  if (!setup) {
    const auto why = memory ? "the rules are not understood" : memory.error().text();
    refused_ = told.generation;
    return tell(SyslogSeverity::Error, why + "; those before stay", nullptr, false);
  }
  coming_ = std::make_unique<Coming>();
  coming_->generation = told.generation;
  coming_->targets.resize(setup->rules.actions.size());
  coming_->setup = std::move(*setup);
}

void SyslogServer::take_target(const SyslogTarget& told, std::vector<UniqueFd> fds) {
  UniqueFd fd = fds.empty() ? UniqueFd() : std::move(fds.front());
  const int code = fd.is_open() ? 0 : told.code != 0 ? told.code : EMFILE;
  if (coming_ && coming_->generation == told.generation) {
    if (told.action < coming_->targets.size())
      coming_->targets[told.action] = Coming::Opened{std::move(fd), code};
  } else if (router_ && router_->generation() == told.generation) {
    if (auto* const sink = router_->sink(told.action)) sink->open(std::move(fd), code);
  }
}

// From here on the new rules hold, for the next message already.
void SyslogServer::use(const SyslogGeneration& told) {
  // The monitor waits for an answer, and may have better ones later. A server that has none at all
  // makes place for the next, which may understand them: a program is replaced while it runs.
  if (!coming_ && refused_ == told.generation && told.generation != 0) {
    if (router_) return send(SyslogMessageType::Used, print(told));
    status_ = 1;
    return stop();
  }
  // Rules that this server knows nothing of, as those that the one before it was told by half.
  if (!coming_ || coming_->generation != told.generation)
    return send(SyslogMessageType::Used, print(told));
  auto coming = std::move(*coming_);
  coming_.reset();
  end_turn();
  const bool is_first = router_ == nullptr;
  auto router =
      std::make_unique<SyslogRouter>(*this, coming.generation, std::move(coming.setup), key_);
  if (router_) router->adopt(*router_);
  dirty_.clear();
  router_ = std::move(router);
  for (const auto& sink : router_->sinks()) {
    if (!sink) continue;
    auto& opened = coming.targets[sink->id().action];
    if (opened) sink->open(std::move(opened->fd), opened->code);
    sink->wants_flush = false;
    want_flush(*sink);
  }
  record_rules_.host = router_->host_name();
  record_rules_.trusts_time = router_->settings().trusts_time;
  record_rules_.trusts_host = router_->settings().trusts_host;
  rate_ = StartRate{router_->settings().rate, router_->settings().burst, 1'000};
  set_mark_timer();
  send(SyslogMessageType::Used, print(told));
  if (!is_first) return;
  for (std::size_t i = 0; i < sockets_.size(); ++i) {
    if (!sockets_[i].fd.is_open()) continue;
    if (auto watched = poller_.watch(sockets_[i].fd.get(), static_cast<std::uint32_t>(i)); !watched)
      tell(SyslogSeverity::Error, watched.error().text(), nullptr, false);
  }
  poller_watcher_->watch(UV_READABLE);
  tell(SyslogSeverity::Info, "started", nullptr, false);
}

void SyslogServer::send(SyslogMessageType type, std::string_view body) {
  if (!channel_.is_open()) return;
  // A monitor that is gone shows itself to on_channel().
  if (!channel_.send(static_cast<std::uint16_t>(type), body)) return;
  if (channel_.has_backlog()) channel_watcher_->watch(UV_READABLE | UV_WRITABLE);
}

void SyslogServer::ask_rotation(SyslogSink& target) {
  send(SyslogMessageType::Rotate,
       print(SyslogTarget{target.id().generation, target.id().action, 0}));
}

// What is asked for in one turn is one question. "*" is one of its own: it reaches those who take
// no messages, too.
std::uint64_t SyslogServer::ask_terminals(const std::vector<std::string>& users) {
  const bool is_everybody = std::find(users.begin(), users.end(), "*") != users.end();
  auto& question = is_everybody ? ask_all_ : ask_some_;
  if (question.ticket == 0) question.ticket = ++last_ticket_;
  const auto ticket = question.ticket;
  for (const auto& user : users) {
    if (is_everybody && user != "*") continue;
    if (std::find(question.users.begin(), question.users.end(), user) != question.users.end())
      continue;
    question.users.push_back(user);
    question.bytes += user.size();
  }
  if (question.bytes >= kMostAsked) send_question(question);
  want_turn();
  return ticket;
}

void SyslogServer::send_question(Question& question) {
  if (question.ticket == 0) return;
  const auto now = std::exchange(question, {});
  send(SyslogMessageType::AskTerminals, print(SyslogTerminals{now.ticket, now.users}));
}

void SyslogServer::send_counts() {
  const std::array<std::uint64_t, 7> now = {counts_.received, counts_.malformed, counts_.truncated,
                                            counts_.limited,  counts_.written,   counts_.forwarded,
                                            counts_.dropped};
  if (std::exchange(told_counts_, now) != now) send(SyslogMessageType::Counts, print(counts_));
}

// Nobody else opens targets, so that it is better to end; what is queued stays for the next server
// as far as it is not written now.
void SyslogServer::lose_monitor() {
  channel_watcher_.reset();
  channel_.close();
  stop();
}

}  // namespace uvinetd
