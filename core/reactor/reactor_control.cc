// SPDX-License-Identifier: ISC
// The reactor as what its control socket talks to: what it knows it answers itself, what changes
// something is the monitor's.
#include <nlohmann/json.hpp>

#include "core/base/clock.h"
#include "core/reactor/control/answers.h"
#include "core/reactor/control/each_text.h"
#include "core/reactor/control/text_replies.h"
#include "core/reactor/reactor.h"

namespace uvinetd {

ReactorState Reactor::state() {
  return {services_, running_, table_, launchers_, admission_, *this};
}

std::unique_ptr<TextSource> Reactor::answer(const ControlRequest& request) {
  const Answers answers(state());
  switch (request.verb) {
    case ControlVerb::List:
      return answers.list();
    case ControlVerb::Ps:
      return answers.servers(request.id);
    case ControlVerb::Match:
      return answers.match(request, now());
    case ControlVerb::Bans:
      return answers.bans(now());
    case ControlVerb::Metrics:
      return std::make_unique<TextReplies>(metrics_text(request.services));
    case ControlVerb::Unban: {
      // The monitor may not have heard of all that sensors have seen.
      const auto source = parse_source(request.address);
      const bool is_there = !source || admission_.bans().end_of(*source).has_value();
      return is_there ? nullptr : Answers::refuse("not-found", request.address + " is not banned");
    }
    case ControlVerb::Kill:
      return kill_servers(request);
    case ControlVerb::Show:
    case ControlVerb::Pause: {
      const auto* service = answers.find(request.id);
      return service == nullptr ? Answers::no_service(request.id) : nullptr;
    }
    case ControlVerb::DaemonStatus:
    case ControlVerb::Tail:
    case ControlVerb::Reload:
    case ControlVerb::Resume:  // also of a service that there is not any more
    case ControlVerb::Ban:
    case ControlVerb::Stop:
    case ControlVerb::Upgrade:
    case ControlVerb::ReopenLogs:
      return nullptr;
  }
  return nullptr;
}

void Reactor::ask_monitor(std::uint64_t ticket, const std::string& line) {
  tell(MessageType::ControlAsk, print(ControlText{ticket, true, line}));
}

// A line that is no such object is passed on as it is.
std::string Reactor::complete(const ControlRequest& request, std::string line) {
  const bool has_part =
      request.verb == ControlVerb::DaemonStatus || request.verb == ControlVerb::Show;
  if (!has_part) return line;
  auto object = nlohmann::json::parse(line, nullptr, false);
  const char* key = request.verb == ControlVerb::DaemonStatus ? "status" : "service";
  if (!object.is_object() || !object.contains(key) || !object[key].is_object()) return line;
  const Answers answers(state());
  if (request.verb == ControlVerb::DaemonStatus) {
    ReactorFacts facts;
    facts.incarnation = epoch_;
    facts.uptime = std::chrono::duration_cast<std::chrono::milliseconds>(monotonic_now() - began_);
    facts.running = instances_;
    facts.limit = global_limit_;
    facts.clients = control_.count();
    facts.is_accepting = is_accepting_ && !is_exhausted_;
    answers.add_status(object[key], facts);
  } else {
    answers.add_service(object[key], request.id);
  }
  return reply_line(key, object[key]);
}

void Reactor::listen(bool on) {
  events_.listen(on ? [this](const Event& event) { control_.publish(event); }
                    : std::function<void(const Event&)>());
}

void Reactor::on_dropped(std::uint64_t missed) {
  log_.notice("control: a listener that did not read was let go; it missed {} events", missed);
}

std::unique_ptr<TextSource> Reactor::kill_servers(const ControlRequest& request) {
  const int signal = request.signal != 0 ? request.signal : SIGTERM;
  const Answers answers(state());
  if (request.pid == 0 && answers.find(request.id) == nullptr)
    return Answers::no_service(request.id);
  std::size_t count = 0;
  for (const auto& [id, running] : running_) {
    const auto* service = find_service(running.service);
    const bool is_meant = request.pid != 0 ? running.pid == request.pid
                                           : service != nullptr && service->entry.id == request.id;
    if (!is_meant) continue;
    end_server(id, signal);
    ++count;
  }
  if (count == 0 && request.pid != 0) {
    return Answers::refuse("not-found", "no server has pid " + std::to_string(request.pid));
  }
  if (count > 0) log_.notice("control: signal {} to {} servers", signal, count);
  return std::make_unique<WholeText>(reply_line("killed", {{"count", count}}) + reply_end());
}

}  // namespace uvinetd
