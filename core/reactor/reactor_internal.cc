// SPDX-License-Identifier: ISC
// The reactor's clients for whom no server is started, those of built-ins and of redirects, and
// those of a proxy before it has said who they are.
#include <sys/resource.h>

#include <algorithm>
#include <utility>

#include "core/base/clock.h"
#include "core/base/errno_name.h"
#include "core/reactor/reactor.h"
#include "core/reactor/relay/proxy_reader.h"
#include "core/reactor/web/web_session.h"

namespace uvinetd {

// They may not use up the descriptors that all other services need too.
std::size_t Reactor::session_limit() const {
  constexpr std::size_t kKept = 256;  // launches in flight, channels
  constexpr std::size_t kLeast = 8;
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const auto used = listeners_.size() + kKept;
  return std::max<std::size_t>(limit.rlim_cur > used ? (limit.rlim_cur - used) / 4 * 3 : 0, kLeast);
}

bool Reactor::has_session_room() const {
  const auto used = sessions_.count() + relays_.descriptors() + health_.descriptors();
  return used + waiting_room_.count() < session_limit();
}

bool Reactor::can_answer(const TableOutline& entry) {
  if (*entry.internal == kRedirect) return !entry.more->relay.targets.empty();
  if (*entry.internal == kHealth) return true;
  const auto* builtin = find_builtin(*entry.internal);
  return builtin != nullptr && builtin->has_stream_form();
}

// can_answer() must hold.
void Reactor::answer(Service& service, Visitor& visitor) {
  const auto key = service.entry.key;
  const auto& client = visitor.client;
  ++service.instances;
  meter_.answered(service.counters);
  if (*service.entry.internal == kHealth) {
    return health_.open(key, service.entry.more->relay.health, std::move(visitor.connection),
                        client.peer, visitor.accepted);
  }
  if (const auto site = find_web_site(*service.entry.internal)) {
    return sessions_.open(std::make_unique<WebSession>(*site, static_cast<WebContent&>(*this)), key,
                          std::move(visitor.connection), client.peer, client.local,
                          visitor.accepted);
  }
  if (*service.entry.internal != kRedirect) {
    return sessions_.open(*find_builtin(*service.entry.internal), key,
                          std::move(visitor.connection), client.peer, client.local,
                          visitor.accepted);
  }
  const auto local = client.local.is_ip()
                         ? client.local
                         : SocketAddress::local_of(client.socket).value_or(SocketAddress());
  events_.started(service, 0, client.peer);
  relays_.open(key, service.entry.more,
               {std::move(visitor.connection), client.peer, local, visitor.accepted});
}

// HealthChecks::Callbacks
LaunchId Reactor::start_check(std::uint32_t key, UniqueFd socket) {
  auto* service = find_service(key);
  if (service == nullptr || is_stopping_) return 0;
  return launch_for(*service, kNoListener, std::move(socket), Client(), monotonic_now());
}

void Reactor::on_relay_end(const RelayEnd& ended) {
  if (auto* service = find_service(ended.service)) {
    if (ended.unreachable != 0) {
      refuse(*service, ended.peer.text(), "redirect errno=" + errno_name(ended.unreachable));
    }
    events_.relay_ended(*service, ended);
  }
  session_ended(ended.service, ended.peer);
}

void Reactor::session_ended(std::uint32_t key, const SocketAddress& peer) {
  if (auto* service = find_service(key)) {
    admission_.ended(*service, peer);
    instance_ended(*service);
  }
  forget_if_done(key);
  if (!starved_for_sessions_.empty()) wake(starved_for_sessions_);
}

// OnFirstByte of sessions, redirects and health checks.
void Reactor::on_first_byte(std::uint32_t key, Accepted accepted) {
  if (auto* service = find_service(key)) {
    meter_.spoke(service->counters, accepted, monotonic_now());
  }
}

// A proxy has begun to say for whom it comes.
void Reactor::read_header(WaitingRoom::Ticket ticket) {
  auto& visitor = *waiting_room_.find(ticket);
  const auto header = read_proxy_header(visitor.connection.get(), visitor.proxy_header);
  switch (header.state) {
    case ProxyHeader::State::Incomplete:
      return;
    case ProxyHeader::State::Malformed:
      return dismiss(ticket, "proxy");
    case ProxyHeader::State::Complete:
      break;
  }
  visitor.client.has_header = true;
  visitor.proxy_header = std::string();
  if (header.peer.is_ip()) {
    visitor.client.peer = header.peer;
    visitor.client.local = header.local;
  }
  readmit(ticket);
}

}  // namespace uvinetd
