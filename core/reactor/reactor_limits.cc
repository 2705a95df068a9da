// SPDX-License-Identifier: ISC
// The reactor's part in bans and in limits of time: both are carried out by others.
#include <algorithm>
#include <utility>

#include "core/reactor/reactor.h"

namespace uvinetd {
namespace {

constexpr std::chrono::milliseconds kTellBans{50};

std::chrono::milliseconds ban_end(std::chrono::milliseconds now, std::uint32_t seconds) {
  return seconds == kForEver ? BanList::kForEver
                             : now + std::chrono::milliseconds(std::int64_t{seconds} * 1000);
}

}  // namespace

// ---- bans ------------------------------------------------------------------------------------

// Banned here at once. A flood of sources is a few messages to the monitor; what is more than one
// of them carries is forgotten with this process.
void Reactor::ban(const Service& service, const SocketAddress& peer) {
  const auto& limits = service.entry.more->limits;
  if (limits.ban_seconds == 0 || !peer.is_ip()) return;
  const Ban ban{source_of(peer, limits.prefix_v6), ban_end(now(), limits.ban_seconds)};
  if (!admission_.bans().add(ban, now())) return;
  if (untold_bans_.size() >= kMostBansInMessage) return;
  untold_bans_.push_back({ban.source.high, ban.source.low, ban.source.bits, ban.until.count()});
  if (ban_timer_ == 0) tell_bans();
}

void Reactor::tell_bans() {
  ban_timer_ = 0;
  if (untold_bans_.empty()) return;
  tell(MessageType::Bans, print(Bans{false, std::exchange(untold_bans_, {})}));
  ban_timer_ = timers_.after(kTellBans, [this] { tell_bans(); });
}

void Reactor::on_bans(const Bans& bans) {
  for (const auto& each : bans.list) {
    const Source source{each.high, each.low, each.bits};
    if (bans.is_lifted) {
      admission_.bans().remove(source);
    } else {
      admission_.bans().add({source, std::chrono::milliseconds(each.until_ms)}, now());
    }
  }
}

// ---- time ------------------------------------------------------------------------------------

void Reactor::on_timeout(LaunchId id, const char* reason) {
  // That one is seen without the connection, and told by the reactor in our place.
  if (is_retired_ && std::string_view(reason) == "runtime") return;
  const auto running = running_.find(id);
  if (running == running_.end()) return;
  const auto* service = find_service(running->second.service);
  if (service == nullptr) return;
  events_.tell(Event(LogLevel::Warning, "timeout")
                   .add("id", service->entry.id)
                   .add("pid", running->second.pid)
                   .add("reason", reason));
}

// This process has no right to signal anybody: the server's parent has.
void Reactor::end_server(LaunchId id, int signal) {
  tell(MessageType::EndServer, print(EndServer{launchers_.launcher_of(id), id, signal}));
}

}  // namespace uvinetd
