// SPDX-License-Identifier: ISC
// The reactor's part of the TCP port multiplexer: from the name that a client has said to a server.
//
// Such a client is admitted by the limits of the service that it names, as if it had come to a
// socket of that service. But there is no backlog for it to wait in: where a listener would stop
// polling, it is refused.
#include <utility>

#include "core/base/words.h"
#include "core/reactor/reactor.h"

namespace uvinetd {
namespace {

constexpr std::size_t kMostHeld = Launchers::kMostInFlight;  // waiting for a launcher, by identity

}  // namespace

void Reactor::note_mux_name(const TableOutline& entry) {
  if (!entry.mux_name->empty()) {
    mux_services_.try_emplace(lower(*entry.mux_name), entry.key);
  }
}

std::string Reactor::list_mux_names() {
  std::string out;
  for (const auto& [name, key] : mux_services_) {
    if (const auto* service = find_service(key)) out += *service->entry.mux_name + "\r\n";
  }
  return out;
}

// Sessions::OnWanted
std::string Reactor::multiplex(const Sessions::Wanted& wanted) {
  const auto name = lower(wanted.name);
  if (name == "help") return list_mux_names();
  const auto found = mux_services_.find(name);
  auto* service = found == mux_services_.end() ? nullptr : find_service(found->second);
  if (service == nullptr) {
    if (const auto* mux = find_service(wanted.service)) {
      refuse(*mux, wanted.peer.text(), "unknown-service");
    }
    return std::string(kMuxNotAvailable);
  }
  Visitor visitor{service->entry.key, kNoListener, std::move(wanted.connection), {}, true};
  visitor.accepted = wanted.accepted;
  visitor.client.peer = wanted.peer;
  visitor.client.local = wanted.local;
  visitor.client.socket = visitor.connection.get();
  if (is_retiring_) {
    count(*service, visitor);
    hand_back(std::move(visitor));
    return {};
  }
  const char* reason = refuse_without_backlog(*service);
  if (reason == nullptr) reason = take_in(*service, visitor);
  if (reason == nullptr) return {};
  refuse(*service, wanted.peer.text(), reason);
  wanted.connection = std::move(visitor.connection);
  return std::string(kMuxNotAvailable);
}

// nullptr: there is room for one more, now, who could not be left in a backlog.
const char* Reactor::refuse_without_backlog(Service& service) {
  if (!is_accepting_) return "stopping";
  if (const char* limit = refusal_at_limit(*this, service)) return limit;
  switch (ask_limits(*this, service)) {
    case Permit::Yes:
      break;
    case Permit::AtLimit:
      return "instances";
    case Permit::Paused:
      return service.pause != 0 ? service.pause_reason : "held";
    case Permit::NoRoom:
      return "busy";
  }
  const bool has_room =
      service.entry.is_internal() ? has_session_room() : has_room_to_hold(service.entry.identity);
  return has_room ? nullptr : "busy";
}

// A few may wait until their launcher has been started.
bool Reactor::has_room_to_hold(std::uint32_t identity) {
  if (is_full()) return false;
  if (launchers_.has_room(identity)) return true;
  const auto held = held_.find(identity);
  return held == held_.end() || held->second.size() < kMostHeld;
}

}  // namespace uvinetd
