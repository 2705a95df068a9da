// SPDX-License-Identifier: ISC
// The reactor's retirement: another one, of a newer build, takes its place.
//
//     serves ──Retire──▶ retiring ──nothing in a launcher's hands: Stopped──▶ retired ──▶ ends
//                        polls nothing                                        with its last client
//
// Who is answered here stays to the end. Who was about to get a server goes to the reactor in our
// place, by way of the monitor: our launchers are on their way out. What is kept of servers that
// run, a second descriptor of their connection, stays here too, for their limits and their close.
#include <algorithm>
#include <utility>
#include <vector>

#include "core/reactor/reactor.h"
#include "core/reactor/socket_group.h"

namespace uvinetd {
namespace {

constexpr std::chrono::milliseconds kFirstLook{50};
constexpr std::chrono::milliseconds kLongestLook{5'000};

}  // namespace

void Reactor::retire() {
  if (std::exchange(is_retiring_, true)) return;
  is_accepting_ = false;
  poller_watcher_->watch(0);
  control_.retire();
  for (auto& [identity, waiting] : std::exchange(held_, {})) {
    for (auto& launch : waiting) hand_back(std::move(launch));
  }
  on_retired();
}

// Nobody may be polling or holding a socket here once the monitor lets the next one begin: it may
// be closed by a reload, and its address bound anew.
void Reactor::on_retired() {
  if (is_retired_ || launchers_.in_flight() != 0) return;
  is_retired_ = true;
  for (auto& [key, service] : services_) {
    service->group.reset();
    service->listeners.clear();
  }
  listeners_.clear();
  next_fds_.clear();
  errors_.stop();
  std::erase_if(running_, [this](const auto& each) {
    const bool is_kept = kept_connections_.find(each.first) >= 0;
    if (!is_kept) time_limits_.forget(each.first);
    return !is_kept;
  });
  events_.flush();
  tell(MessageType::Stopped, "");
  leave_if_done(kFirstLook);
}

// What a launcher tells here, nobody else is told. All others are counted and told by the reactor
// in our place.
void Reactor::on_exited_retired(const Report& report, bool is_from_launcher, UniqueFd connection) {
  auto* service = find_service(report.service);
  if (service == nullptr) return;
  if (is_from_launcher) events_.exited(*service, report, run_time(report));
  if (connection.is_open()) linger(*service, std::move(connection), report.pid);
}

void Reactor::leave_if_done(std::chrono::milliseconds next_look) {
  const auto left = sessions_.count() + relays_.count() + health_.count() + waiting_room_.count() +
                    lingering_.count() + kept_connections_.count() + control_.count() +
                    retrying_.size();
  if (left == 0 && !monitor_.has_backlog()) return loop_.stop();
  timers_.after(next_look,
                [this, next_look] { leave_if_done(std::min(next_look * 2, kLongestLook)); });
}

void Reactor::send_back(ClientBack back, const Service& service, Accepted accepted,
                        const UniqueFd& connection) {
  back.service = service.entry.id;
  back.accepted_ns = accepted.count();
  if (monitor_.send(static_cast<std::uint16_t>(MessageType::ClientBack), print(back),
                    {connection.get()})) {
    return watch_monitor();
  }
  refuse(service, SocketAddress::from_bytes(back.peer).text(), "descriptors");
}

// One who is counted, but has no server yet.
void Reactor::hand_back(Visitor visitor) {
  auto& service = *find_service(visitor.service);
  uncount(service, visitor);
  const auto& client = visitor.client;
  ClientBack back;
  back.listener = visitor.listener;
  back.has_banner = visitor.has_banner;
  back.was_watched = visitor.was_watched;
  back.has_header = client.has_header;
  back.is_identified = client.is_identified;
  back.has_name = client.name.has_value();
  back.name = client.name.value_or("");
  back.peer = client.peer.bytes();
  back.local = client.local.bytes();
  send_back(std::move(back), service, visitor.accepted, visitor.connection);
  forget_if_done(visitor.service);
}

// A launch without a connection is asked for again by whoever has its socket.
void Reactor::hand_back(InFlight launch) {
  auto* service = find_service(launch.service);
  if (service == nullptr) return;
  if (launch.is_connection && *service->entry.internal == kHealth) {
    return give_up(launch, "stopping", true);  // its client is told so here
  }
  if (launch.is_connection) {
    ClientBack back;
    back.listener = launch.listener;
    back.is_admitted = true;
    back.peer = launch.peer.bytes();
    back.local = launch.local.bytes();
    send_back(std::move(back), *service, launch.accepted, launch.copy);
    admission_.ended(*service, launch.peer);
  }
  (void)kept_connections_.take(launch.id);
  time_limits_.forget(launch.id);
  if (instances_ > 0) --instances_;
  if (service->instances > 0) --service->instances;
  forget_if_done(launch.service);
}

// A client of the reactor before this one.
void Reactor::on_client_back(const ClientBack& back, UniqueFd connection) {
  const auto found = std::find_if(services_.begin(), services_.end(), [&](const auto& each) {
    return each.second->entry.id == back.service && !each.second->is_removed;
  });
  if (found == services_.end()) return;  // it is not served any more
  auto& service = *found->second;
  Visitor visitor{service.entry.key, back.listener, std::move(connection), {}, back.was_watched};
  visitor.has_banner = back.has_banner;
  visitor.accepted = Accepted(back.accepted_ns);
  auto& client = visitor.client;
  client.peer = SocketAddress::from_bytes(back.peer);
  client.local = SocketAddress::from_bytes(back.local);
  client.socket = visitor.connection.get();
  client.has_header = back.has_header;
  client.is_identified = back.is_identified;
  if (back.has_name) client.name = back.name;
  if (back.is_admitted && !service.entry.is_internal()) {
    admission_.adopt(service, client.peer);
    (void)launch_for(service, visitor.listener, std::move(visitor.connection), client,
                     visitor.accepted);
    return;
  }
  const char* reason = refuse_without_backlog(service);
  if (reason == nullptr) reason = take_in(service, visitor);
  if (reason != nullptr) turn_down(service, visitor, reason);
}

}  // namespace uvinetd
