// SPDX-License-Identifier: ISC
#include "core/reactor/relay/relays.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/base/process.h"
#include "core/reactor/relay/proxy_header.h"
#include "internal/stream_io.h"

namespace uvinetd {
namespace {

void set_option(int fd, int level, int name, int value) {
  (void)setsockopt(fd, level, name, &value, sizeof value);
}

// Nothing is held back here: who is relayed has chosen when to send. A host that is gone without a
// word is noticed in the end, also where silence has no limit.
void set_options(int fd) {
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
}

// Non-blocking, bound to `source` if there is one.
UniqueFd open_socket(int family, const SocketAddress& source) {
  UniqueFd fd(socket(family, SOCK_STREAM, 0));
  if (!fd.is_open() || !set_cloexec(fd.get()) || !set_nonblocking(fd.get(), true)) return {};
  set_options(fd.get());
  if (!source.is_ip()) return fd;
#ifdef IP_BIND_ADDRESS_NO_PORT
  // The port is chosen when it is known where to: as many connections to each target as there are
  // ports.
  set_option(fd.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
#endif
  if (bind(fd.get(), source.data(), source.size()) != 0) return {};
  return fd;
}

int pending_error(int fd) {
  int code = 0;
  socklen_t size = sizeof code;
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size) == 0 ? code : errno;
}

// Whoever is at the other end hears that this was no orderly end.
void reset_on_close(int fd) {
  const linger now{1, 0};
  (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

bool is_over(Pump::State state) {
  return state == Pump::State::Done || state == Pump::State::Refused;
}

// A port of our own that the kernel has chosen may be the one that nobody listens at.
bool is_connected_to_itself(int fd) {
  const auto local = SocketAddress::local_of(fd);
  return local && local == SocketAddress::peer_of(fd);
}

}  // namespace

void Relays::open(std::uint32_t service, const Rare<ReactorSettings>& settings,
                  RelayClient client) {
  auto& one = all_.emplace_back(pool_);
  one.self = std::prev(all_.end());
  one.service = service;
  one.settings = settings;
  one.peer = client.peer;
  one.announcement = print_proxy_header(settings->relay.announces, client.peer, client.local);
  one.client = std::move(client.connection);
  one.accepted = client.accepted;
  one.began = loop_.now();
  set_options(one.client.get());
  try_next(one);
}

// ---- the target ------------------------------------------------------------------------------

// An address that does not answer gets its share of the time.
void Relays::try_next(One& one) {
  timers_.cancel(one.deadline);
  const auto& targets = one.settings->relay.targets;
  while (one.next_target < targets.size()) {
    one.target_watcher.reset();
    one.target.reset();
    if (!begin_connect(one, targets[one.next_target++])) continue;
    one.deadline = timers_.after(kConnectLimit / targets.size(), [this, &one] {
      one.deadline = 0;
      one.code = ETIMEDOUT;
      try_next(one);
    });
    return;
  }
  end(one, true);
}

bool Relays::begin_connect(One& one, const SocketAddress& target) {
  one.target = open_socket(target.family(), one.settings->relay.source);
  const bool is_begun =
      one.target.is_open() && (connect(one.target.get(), target.data(), target.size()) == 0 ||
                               errno == EINPROGRESS || errno == EINTR);
  if (!is_begun) {
    one.code = errno;
    return false;
  }
  one.target_watcher = std::make_unique<FdWatcher>(loop_, one.target.get(),
                                                   [this, &one](int) { on_target_ready(one); });
  one.target_watcher->watch(UV_WRITABLE);
  return true;
}

void Relays::on_target_ready(One& one) {
  if (one.is_connected) return pump(one);
  one.code = pending_error(one.target.get());
  if (one.code == 0 && is_connected_to_itself(one.target.get())) one.code = ECONNREFUSED;
  if (one.code != 0) return try_next(one);
  on_connected(one);
}

void Relays::on_connected(One& one) {
  one.is_connected = true;
  timers_.cancel(one.deadline);
  if (!send_whole(one.target.get(), one.announcement)) {
    return end(one, true);
  }
  one.announcement = std::string();
  one.client_watcher =
      std::make_unique<FdWatcher>(loop_, one.client.get(), [this, &one](int) { pump(one); });
  arm_idle(one);
  pump(one);
}

// ---- both ways -------------------------------------------------------------------------------

void Relays::pump(One& one) {
  const bool was_silent = one.to_client.moved() == 0;
  const auto before = one.to_target.moved() + one.to_client.moved();
  const auto forth = one.to_target.step(one.client.get(), one.target.get());
  const auto back = one.to_client.step(one.target.get(), one.client.get());
  if (was_silent && one.to_client.moved() != 0 && on_first_byte_) {
    on_first_byte_(one.service, one.accepted);
  }
  if (forth == Pump::State::Broken || back == Pump::State::Broken) return end(one, true);
  // A side that does not listen any more may still have something to say.
  if (is_over(forth) && is_over(back)) {
    return end(one, forth == Pump::State::Refused || back == Pump::State::Refused);
  }
  if (one.to_target.moved() + one.to_client.moved() != before) one.last_active = loop_.now();
  watch(one);
}

// Only for what a pump waits for: a side that has ended, or that nobody can take from just now,
// would be ready for ever.
void Relays::watch(One& one) {
  const auto events = [](const Pump& from, const Pump& to) {
    return (from.state() == Pump::State::Reading ? UV_READABLE : 0) |
           (to.state() == Pump::State::Writing ? UV_WRITABLE : 0);
  };
  one.client_watcher->watch(events(one.to_target, one.to_client));
  one.target_watcher->watch(events(one.to_client, one.to_target));
}

void Relays::arm_idle(One& one) {
  const std::chrono::seconds limit(one.settings->relay.idle_seconds);
  if (limit.count() == 0) return;
  one.last_active = loop_.now();
  one.deadline = timers_.after(limit, [this, &one] { on_idle(one); });
}

// One timer for all that is said: it looks whether there was anything, and waits for the rest.
void Relays::on_idle(One& one) {
  one.deadline = 0;
  const std::chrono::milliseconds limit = std::chrono::seconds(one.settings->relay.idle_seconds);
  const auto rest = one.last_active + limit - loop_.now();
  if (rest.count() <= 0) return end(one, true);
  one.deadline = timers_.after(rest, [this, &one] { on_idle(one); });
}

void Relays::end(One& one, bool is_reset) {
  timers_.cancel(one.deadline);
  one.client_watcher.reset();  // before what they watch is closed
  one.target_watcher.reset();
  if (is_reset) {
    reset_on_close(one.client.get());
    if (one.target.is_open()) reset_on_close(one.target.get());
  }
  RelayEnd told{one.service,
                one.peer,
                0,
                one.to_target.moved(),
                one.to_client.moved(),
                loop_.now() - one.began};
  if (!one.is_connected) told.unreachable = one.code != 0 ? one.code : ETIMEDOUT;
  all_.erase(one.self);
  on_end_(told);
}

}  // namespace uvinetd
