// SPDX-License-Identifier: ISC
// The reactor's part of the TCP port multiplexer: from the name that a client has said to a server.
//
// Such a client is admitted by the limits of the service that it names, as if it had come to a
// socket of that service. But there is no backlog for it to wait in: where a listener would stop
// polling, it is refused.
#include <sys/socket.h>

#include <cctype>
#include <utility>

#include "core/base/process.h"
#include "core/reactor/reactor.h"

namespace uvinetd {
namespace {

constexpr const char* kNotAvailable = "-Service not available\r\n";
constexpr std::string_view kGreeting = "+Go\r\n";
constexpr std::size_t kMostHeld = Launchers::kMostInFlight;  // waiting for a launcher, by identity

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (auto& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// Into a connection that nothing has been sent to yet, so that it has room.
bool greet(int fd) {
  const auto size = static_cast<ssize_t>(kGreeting.size());
  return send(fd, kGreeting.data(), kGreeting.size(), MSG_NOSIGNAL | MSG_DONTWAIT) == size;
}

}  // namespace

void Reactor::note_mux_name(const TableOutline& entry) {
  if (!entry.mux_name->empty()) {
    mux_services_.try_emplace(lower_case(*entry.mux_name), entry.key);
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
  const auto name = lower_case(wanted.name);
  if (name == "help") return list_mux_names();
  const auto found = mux_services_.find(name);
  auto* service = found == mux_services_.end() ? nullptr : find_service(found->second);
  if (service == nullptr) {
    if (const auto* mux = find_service(wanted.service)) {
      refuse(*mux, wanted.peer.text(), "unknown-service");
    }
    return kNotAvailable;
  }
  if (const char* reason = refuse_muxed(*service, {wanted.peer, wanted.connection.get()})) {
    refuse(*service, wanted.peer.text(), reason);
    return kNotAvailable;
  }
  service->rate.count(now());
  if (service->entry.mux_greets && !greet(wanted.connection.get())) {
    admission_.ended(service->entry.key, wanted.peer);
    refuse(*service, wanted.peer.text(), "gone");
    wanted.connection.reset();
    return {};
  }
  serve_muxed(*service, std::move(wanted.connection), wanted.peer);
  return {};
}

// nullptr: admitted and counted, as by refuse_client().
const char* Reactor::refuse_muxed(Service& service, const Client& client) {
  if (!is_accepting_) return "stopping";
  switch (ask_limits(*this, service)) {
    case Permit::Yes:
      break;
    case Permit::AtLimit:
      return "instances";
    case Permit::Paused:
      return service.pause_reason;
    case Permit::NoRoom:
      return "busy";
  }
  if (!service.entry.is_internal() && !has_room_for_muxed(service.entry.identity)) return "busy";
  return refuse_client(service, client);
}

// A few may wait until their launcher has been started.
bool Reactor::has_room_for_muxed(std::uint32_t identity) {
  if (global_limit_ != 0 && instances_ >= global_limit_) return false;
  if (launchers_.has_room(identity)) return true;
  const auto held = held_.find(identity);
  return held == held_.end() || held->second.size() < kMostHeld;
}

void Reactor::serve_muxed(Service& service, UniqueFd connection, const SocketAddress& peer) {
  if (service.entry.is_internal()) {
    const auto* builtin = find_builtin(*service.entry.internal);
    if (builtin == nullptr || builtin->open == nullptr) {
      admission_.ended(service.entry.key, peer);
      return refuse(service, peer.text(), "internal");
    }
    ++service.instances;
    return sessions_.open(*builtin, service.entry.key, std::move(connection), peer);
  }
  (void)set_nonblocking(connection.get(), false);  // servers expect a blocking socket
  const int socket = connection.get();
  (void)launch_for(service, kNoListener, socket, connection, peer);
}

}  // namespace uvinetd
