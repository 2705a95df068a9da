// SPDX-License-Identifier: ISC
#include "core/ctl/top/top_source.h"

#include <unordered_map>
#include <utility>

#include "core/config/quote.h"
#include "core/ctl/live/answer.h"
#include "core/ctl/live/process_cpu.h"
#include "core/ctl/live/values.h"

namespace uvinetd {
namespace {

// For connecting: a daemon that has no room is tried again at the next look.
constexpr std::chrono::milliseconds kNoPatience{1};
// Above this many servers it would take too long to look at each.
constexpr std::int64_t kMostLookedAt = 2'000;

std::int64_t running_of(const std::vector<ServiceView>& services) {
  std::int64_t sum = 0;
  for (const auto& service : services) sum += service.running;
  return sum;
}

}  // namespace

tl::unexpected<ClientError> TopSource::give_up(ClientError error) {
  client_.reset();
  is_looking_ = false;
  return tl::unexpected<ClientError>(std::move(error));
}

Asked<void> TopSource::ask_next(ControlVerb verb) {
  asked_ = verb;
  ControlRequest request;
  request.verb = verb;
  if (auto sent = client_->send(request); !sent) return give_up(sent.error());
  return {};
}

Asked<void> TopSource::begin(Time now) {
  if (is_looking_) return {};
  if (!client_) {
    auto client = ControlClient::connect(path_, kNoPatience);
    if (!client) return tl::unexpected(client.error());
    client_ = std::move(*client);
  }
  is_looking_ = true;
  last_word_ = now;
  asked_at_ = now;
  heard_ = 0;
  daemon_.clear();
  services_.clear();
  servers_.clear();
  return ask_next(ControlVerb::DaemonStatus);
}

Asked<void> TopSource::check(Time now) {
  if (!is_looking_ || now - last_word_ < patience_) return {};
  return give_up({ClientTrouble::Silent, "not a word for a while"});
}

Asked<std::optional<TopSnapshot>> TopSource::on_input(Time now) {
  const auto is_open = client_->take_input();
  if (!is_open) return give_up(is_open.error());
  last_word_ = now;
  for (;;) {
    const auto line = client_->next_line();
    if (!line) return give_up(line.error());
    if (!*line) break;
    heard_ += (*line)->size();
    if (heard_ > kMostAnswer || now - asked_at_ > kLongestAnswer) {
      return give_up({ClientTrouble::Nonsense, "an answer without end"});
    }
    const auto is_complete = on_line(**line, now);
    if (!is_complete) return give_up(is_complete.error());
    if (*is_complete) return snapshot(now);
  }
  if (*is_open) return std::nullopt;
  // A daemon lets clients go that have not asked for long: the next look connects again.
  const bool was_looking = is_looking_;
  client_.reset();
  is_looking_ = false;
  if (!was_looking) return std::nullopt;
  return tl::unexpected(ClientError{ClientTrouble::Lost, "closed by the daemon"});
}

Asked<bool> TopSource::on_line(const std::string& line, Time now) {
  auto reply = read_reply(line);
  if (!reply) {
    return tl::unexpected(ClientError{ClientTrouble::Nonsense, quoted(std::string_view(line))});
  }
  if (reply->is_last) return on_end(*reply, now);
  if (const auto* status = member_of(reply->object, "status")) daemon_ = daemon_line(*status);
  if (const auto* service = member_of(reply->object, "service")) {
    services_.push_back(read_service(*service));
  }
  if (reply->object.contains("server")) servers_.push_back(std::move(reply->object["server"]));
  return false;
}

// Whoever may not ask for servers sees the rest all the same.
Asked<bool> TopSource::on_end(const Reply& reply, Time /*now*/) {
  if (reply.error && asked_ != ControlVerb::Ps) {
    const auto trouble = reply.error->code == "denied" ? ClientTrouble::NotAllowed
                         : reply.error->code == "busy" ? ClientTrouble::Silent
                                                       : ClientTrouble::Nonsense;
    return tl::unexpected(ClientError{trouble, reply.error->message});
  }
  auto next = ControlVerb::List;
  if (asked_ == ControlVerb::List) next = ControlVerb::Ps;
  const auto running = asked_ == ControlVerb::List ? running_of(services_) : 0;
  const bool has_enough = asked_ == ControlVerb::List && (running == 0 || running > kMostLookedAt);
  if (asked_ == ControlVerb::Ps || has_enough) return true;
  if (auto sent = ask_next(next); !sent) return tl::unexpected(sent.error());
  return false;
}

// What has ended is counted by the daemon; what runs is looked at here.
TopSnapshot TopSource::snapshot(Time now) {
  is_looking_ = false;
  std::unordered_map<std::string, std::int64_t> running;
  for (const auto& server : servers_) {
    const auto pid = number_of(server, "pid");
    const auto usec = pid ? process_cpu_usec(static_cast<pid_t>(*pid)) : std::nullopt;
    running[text_of(server, "id")] += usec.value_or(0);
  }
  for (auto& service : services_) {
    if (const auto found = running.find(service.id); found != running.end()) {
      service.cpu_usec += found->second;
    }
  }
  return {now, std::move(daemon_), std::move(services_)};
}

}  // namespace uvinetd
