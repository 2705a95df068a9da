// SPDX-License-Identifier: ISC
// The reactor's clients, from accept to a launch or a session: taken in by what admission says,
// from a listener or from the multiplexer, and after a wait once more.
//
// Who comes from a listener finds room, or is left in the backlog (Listener::ask_permit). There is
// none for those who have waited or come through the multiplexer: where a listener would stop
// polling, they are refused.
#include <utility>

#include "core/base/escape.h"
#include "core/base/process.h"
#include "core/reactor/reactor.h"
#include "internal/stream_io.h"

namespace uvinetd {
namespace {

constexpr std::string_view kGreeting = "+Go\r\n";

// Why a client is refused of whom this was not to be had in time.
const char* reason_without(Awaited awaited) {
  switch (awaited) {
    case Awaited::Header:
      return "proxy";
    case Awaited::Name:
      return "name";
    case Awaited::Ident:
      return "ident";
  }
  return "";
}

}  // namespace

// ListenerHost
const char* Reactor::take_in(Service& service, Visitor& visitor) {
  if (!greet(service, visitor)) return "banner";
  auto verdict = admission_.ask(service, visitor.client, now());
  if (verdict.answer == Verdict::Answer::Wait && verdict.awaited == Awaited::Name) {
    visitor.client.name = names_.known(visitor.client.peer);
    if (visitor.client.name) verdict = admission_.ask(service, visitor.client, now());
  }
  switch (verdict.answer) {
    case Verdict::Answer::Refuse:
      if (std::string_view(verdict.reason) == "sensor") ban(service, visitor.client.peer);
      return verdict.reason;
    case Verdict::Answer::Wait:
      if (visitor.client.at_limit != nullptr) return visitor.client.at_limit;
      return seat(service, visitor, verdict.awaited);
    case Verdict::Answer::Serve:
      break;
  }
  service.rate.count(service.entry, now());
  const char* reason = serve(service, visitor);
  if (reason != nullptr) admission_.ended(service, visitor.client.peer);
  return reason;
}

const char* Reactor::serve(Service& service, Visitor& visitor) {
  const int socket = visitor.connection.get();
  if (service.entry.is_internal() && !can_answer(service.entry)) return "internal";
  const bool is_greeted = visitor.is_muxed() && service.entry.mux_greets;
  if (is_greeted && !send_whole(socket, kGreeting)) return "gone";
  if (!welcome(service, visitor)) return "banner";
  if (service.entry.is_internal()) {
    answer(service, visitor);
    return nullptr;
  }
  if (visitor.was_watched) (void)set_nonblocking(socket, false);  // servers expect it so
  (void)launch_for(service, visitor.listener, std::move(visitor.connection), visitor.client,
                   visitor.accepted);
  return nullptr;
}

// ---- who has to wait -------------------------------------------------------------------------

const char* Reactor::seat(Service& service, Visitor& visitor, Awaited awaited) {
  if (!waiting_room_.has_place(visitor.client.peer, awaited)) return "waiting";
  visitor.counts_globally = !service.entry.is_internal();
  count(service, visitor);
  const auto peer = visitor.client.peer;
  const int connection = visitor.client.socket;
  const auto ticket = waiting_room_.enter(std::move(visitor), awaited);
  if (awaited == Awaited::Name) names_.ask(ticket, peer);
  if (awaited == Awaited::Ident && !idents_.ask(ticket, connection, peer)) {
    timers_.after(std::chrono::milliseconds(0), [this, ticket] { dismiss(ticket, "ident"); });
  }
  return nullptr;
}

// What waits for this ticket waits no more.
std::optional<Visitor> Reactor::let_out(WaitingRoom::Ticket ticket) {
  names_.drop(ticket);
  idents_.drop(ticket);
  return waiting_room_.leave(ticket);
}

void Reactor::on_name(WaitingRoom::Ticket ticket, const std::optional<std::string>& name) {
  auto* visitor = waiting_room_.find(ticket);
  if (visitor == nullptr) return;
  if (!name) return dismiss(ticket, "name");
  visitor->client.name = *name;
  readmit(ticket);
}

void Reactor::on_ident(WaitingRoom::Ticket ticket, const std::optional<std::string>& user) {
  constexpr std::size_t kLongestLogged = 64;
  auto* visitor = waiting_room_.find(ticket);
  if (visitor == nullptr) return;
  if (!user) return dismiss(ticket, "ident");
  events_.identified(*find_service(visitor->service), visitor->client.peer,
                     one_line(*user, kLongestLogged));
  visitor->client.is_identified = true;
  readmit(ticket);
}

// WaitingRoom::OnEvent
void Reactor::on_waiting(WaitingRoom::Ticket ticket, Awaited awaited, WaitingRoom::Event event) {
  switch (event) {
    case WaitingRoom::Event::Readable:
      return read_header(ticket);
    case WaitingRoom::Event::Gone:
      return dismiss(ticket, "gone");
    case WaitingRoom::Event::Late:
      return dismiss(ticket, reason_without(awaited));
  }
}

// What this client waited for is known, and stands in it.
void Reactor::readmit(WaitingRoom::Ticket ticket) {
  auto* visitor = waiting_room_.find(ticket);
  if (visitor == nullptr) return;
  auto& service = *find_service(visitor->service);  // kept while it has instances
  if (is_gone(visitor->client.socket)) return dismiss(ticket, "gone");
  if (is_retiring_) return hand_back(std::move(*let_out(ticket)));
  // It has its place already: it gives it up and takes it again, and nobody hears of that.
  uncount(service, *visitor);
  if (const char* reason = refuse_without_backlog(service)) {
    count(service, *visitor);
    return dismiss(ticket, reason);
  }
  auto taken = let_out(ticket);
  if (const char* reason = take_in(service, *taken)) {
    count(service, *taken);
    turn_away(service, *taken, reason);
  }
}

void Reactor::count(Service& service, const Visitor& visitor) {
  ++service.instances;
  if (visitor.counts_globally) ++instances_;
}

void Reactor::uncount(Service& service, const Visitor& visitor) {
  --service.instances;
  if (visitor.counts_globally) --instances_;
}

void Reactor::dismiss(WaitingRoom::Ticket ticket, const char* reason) {
  auto visitor = let_out(ticket);
  if (!visitor) return;
  turn_away(*find_service(visitor->service), *visitor, reason);
}

// One who has waited in vain, and is counted still.
void Reactor::turn_away(Service& service, Visitor& visitor, const char* reason) {
  turn_down(service, visitor, reason);
  if (visitor.counts_globally) {
    --instances_;
  } else if (!starved_for_sessions_.empty()) {
    wake(starved_for_sessions_);
  }
  instance_ended(service);
  after_end(service.entry.key, visitor.listener);
  check_stopped();
}

// Those whose service is not served any more, or all.
void Reactor::dismiss_stopped() {
  for (const auto ticket : waiting_room_.tickets()) {
    const auto* visitor = waiting_room_.find(ticket);
    if (visitor == nullptr) continue;
    const auto& service = *find_service(visitor->service);
    const bool takes_clients = !service.entry.is_wait && !service.entry.is_datagram();
    if (is_stopping_ || service.is_removed || !takes_clients) dismiss(ticket, "stopping");
  }
}

}  // namespace uvinetd
