// SPDX-License-Identifier: ISC
#include "core/monitor/reactor_role.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

namespace uvinetd {

ReactorRole::ReactorRole(Loop& loop, RoleProcess process,
                         std::function<void(const Message&)> on_message)
    : process_(std::move(process)), on_message_(std::move(on_message)) {
  if (!process_.channel.is_open()) return;  // SIGCHLD is on its way
  watcher_ = std::make_unique<FdWatcher>(loop, process_.channel.fd(), [this](int) { on_ready(); });
  watch();
}

void ReactorRole::watch() {
  if (!watcher_) return;
  watcher_->watch(process_.channel.has_backlog() ? UV_READABLE | UV_WRITABLE : UV_READABLE);
}

void ReactorRole::send(MessageType type, const std::string& body, const std::vector<int>& fds) {
  if (!process_.channel.is_open()) return;
  // Dead, or we are out of descriptors to queue these: what has missed a message is replaced.
  const auto sent = process_.channel.send(static_cast<std::uint16_t>(type), body, fds);
  if (!sent && sent.error().code != EMSGSIZE) kill();
  watch();
}

void ReactorRole::send_listeners(const std::vector<std::pair<std::uint32_t, int>>& sockets) {
  ListenerKeys keys;
  std::vector<int> fds;
  const auto flush = [&] {
    if (!fds.empty()) send(MessageType::Listeners, print(keys), fds);
    keys.keys.clear();
    fds.clear();
  };
  for (const auto& [key, fd] : sockets) {
    if (!known_.insert(key).second) continue;
    keys.keys.push_back(key);
    fds.push_back(fd);
    if (fds.size() == Channel::kMaxFds) flush();
  }
  flush();
}

void ReactorRole::kill() {
  if (!is_ended_) ::kill(process_.pid, SIGKILL);
}

void ReactorRole::on_ended() {
  is_ended_ = true;
  on_ready();
}

void ReactorRole::on_ready() {
  (void)process_.channel.flush();
  while (process_.channel.is_open()) {
    const auto received = process_.channel.receive();
    if (received.event == Channel::Event::Message) {
      on_message_(received.message);
    } else if (received.event == Channel::Event::TooFewDescriptors) {
      continue;  // lost, with the client in it
    } else if (received.event == Channel::Event::Nothing) {
      watch();
      return;
    } else {  // closed: SIGCHLD follows; malformed: it is ended
      watcher_.reset();
      process_.channel.close();
      kill();
    }
  }
}

}  // namespace uvinetd
