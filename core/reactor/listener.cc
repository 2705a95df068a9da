// SPDX-License-Identifier: ISC
#include "core/reactor/listener.h"

#include <algorithm>
#include <utility>

#include "core/base/process.h"
#include "core/reactor/listener_host.h"
#include "core/reactor/listener_kinds.h"
#include "core/reactor/socket_group.h"

namespace uvinetd {

Listener::~Listener() {
  if (is_polled_) (void)host_.poller().unwatch(fd());
}

void Listener::reconcile() {
  const bool wanted = host_.is_accepting() && !is_starved_ && wants_polling();
  if (wanted == is_polled_) return;
  const auto status = wanted ? host_.poller().watch(fd(), key_) : host_.poller().unwatch(fd());
  if (!status) {
    if (std::exchange(is_retry_due_, true)) return;
    if (!std::exchange(is_unwatchable_, true)) {
      host_.log().error("id={} {}; trying again", service_.entry.id, status.error().text());
    }
    return host_.reconcile_later(*this);
  }
  is_polled_ = wanted;
  is_unwatchable_ = false;
}

void Listener::retry_reconcile() {
  is_retry_due_ = false;
  reconcile();
}

void Listener::set_starved(bool on) {
  is_starved_ = on;
  reconcile();
}

UniqueFd Listener::release_fd() {
  if (std::exchange(is_polled_, false)) (void)host_.poller().unwatch(fd());
  return std::move(fd_);
}

std::string_view pause_text(const Service& service) {
  if (service.pause != 0) return service.pause_reason;
  if (service.hold != HoldHow::None) return "operator";
  const auto& list = service.listeners;
  const bool is_failing = std::any_of(list.begin(), list.end(),
                                      [](const auto* each) { return each->is_backing_off(); });
  return is_failing ? "failing" : "";
}

Permit ask_limits(ListenerHost& host, Service& service) {
  if (service.is_paused()) return Permit::Paused;
  if (service.is_at_limit()) return Permit::AtLimit;
  const auto now = host.now();
  if (!service.rate.allows(service.entry, now)) {
    host.pause(service, "rate", service.rate.wait(service.entry, now));
    return Permit::Paused;
  }
  return Permit::Yes;
}

const char* refusal_at_limit(ListenerHost& host, Service& service) {
  if (!service.refuses_at_limit() || service.is_paused()) return nullptr;
  if (service.is_at_limit()) return "instances";
  // Who wants a pause after that gets it.
  const bool has_pause = service.entry.more->limits.rate_pause_seconds != 0;
  if (!has_pause && !service.rate.allows(service.entry, host.now())) return "rate";
  return !service.entry.is_internal() && host.is_full() ? "busy" : nullptr;
}

Permit Listener::ask_permit() {
  const auto permit = ask_limits(host_, service_);
  if (permit != Permit::Yes) return permit;
  return host_.has_room(*this) ? Permit::Yes : Permit::NoRoom;
}

namespace {

std::shared_ptr<SocketGroup> group_for(ListenerHost& host, Service& service) {
  if (!service.entry.listen_fds) return std::make_shared<SocketGroup>(host, service);
  if (service.group == nullptr) service.group = std::make_shared<SocketGroup>(host, service);
  return service.group;
}

}  // namespace

std::unique_ptr<Listener> make_listener(ListenerHost& host, Service& service, std::uint32_t key,
                                        UniqueFd fd) {
  const auto& entry = service.entry;
  (void)set_nonblocking(fd.get(), entry.is_ours_alone());
  if (entry.is_internal()) {
    const auto* builtin = find_builtin(*entry.internal);
    const bool is_answered = *entry.internal == kRedirect || *entry.internal == kHealth;
    if (builtin == nullptr && (!is_answered || entry.is_datagram())) return nullptr;
    if (entry.is_datagram()) {
      return std::make_unique<BuiltinDatagramListener>(host, service, key, std::move(fd), *builtin);
    }
    return std::make_unique<BuiltinStreamListener>(host, service, key, std::move(fd));
  }
  if (entry.is_wait) {
    return std::make_unique<WaitListener>(host, service, key, std::move(fd),
                                          group_for(host, service));
  }
  if (entry.is_datagram()) {
    enable_marks(fd.get());
    return std::make_unique<DatagramListener>(host, service, key, std::move(fd));
  }
  return std::make_unique<ConnectionListener>(host, service, key, std::move(fd));
}

}  // namespace uvinetd
