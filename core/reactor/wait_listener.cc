// SPDX-License-Identifier: ISC
#include <sys/socket.h>

#include <utility>

#include "core/reactor/listener_host.h"
#include "core/reactor/listener_kinds.h"
#include "core/reactor/socket_group.h"

namespace uvinetd {
namespace {

// A group of sockets may have several.
int type_of(int fd) {
  int type = 0;
  socklen_t size = sizeof type;
  return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 ? type : SOCK_STREAM;
}

}  // namespace

WaitListener::WaitListener(ListenerHost& host, Service& service, std::uint32_t key, UniqueFd fd,
                           std::shared_ptr<SocketGroup> group)
    : Listener(host, service, key, std::move(fd)),
      group_(std::move(group)),
      type_(type_of(Listener::fd())) {
  group_->join(*this);
}

WaitListener::~WaitListener() {
  group_->leave(*this);
}

LaunchOwner& WaitListener::owner() {
  return *group_;
}

bool WaitListener::wants_polling() const {
  return group_->wants_polling();
}

bool WaitListener::is_backing_off() const {
  return group_->is_backing_off();
}

bool WaitListener::is_held() const {
  return group_->is_held();
}

// Another socket of the group may have started the server in this very turn.
void WaitListener::on_readable() {
  if (!wants_polling()) return reconcile();
  switch (ask_permit()) {
    case Permit::Yes:
      group_->on_readable(*this);
      return;
    case Permit::AtLimit:
      group_->on_limit();
      return;
    case Permit::Paused:
    case Permit::NoRoom:
      break;
  }
  reconcile();
}

void WaitListener::on_limit_freed() {
  group_->on_limit_freed();
}

}  // namespace uvinetd
