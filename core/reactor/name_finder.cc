// SPDX-License-Identifier: ISC
#include "core/reactor/name_finder.h"

#include <utility>

#include "spawn/wire.h"

namespace uvinetd {

std::optional<std::string> NameFinder::known(const SocketAddress& peer) const {
  return cache_.find(peer.host(), loop_.now());
}

void NameFinder::ask(WaitingRoom::Ticket ticket, const SocketAddress& peer) {
  const auto address = peer.host();
  auto& tickets = asked_[address];
  tickets.push_back(ticket);
  addresses_[ticket] = address;
  if (tickets.size() == 1) send(address);
}

// The question stays for those who come meanwhile; an answer ends it.
void NameFinder::drop(WaitingRoom::Ticket ticket) {
  const auto node = addresses_.extract(ticket);
  if (!node) return;
  const auto found = asked_.find(node.mapped());
  if (found != asked_.end()) std::erase(found->second, ticket);
  if (found != asked_.end() && found->second.empty()) asked_.erase(found);
}

void NameFinder::join(UniqueFd channel) {
  watcher_.reset();
  is_needed_ = false;
  channel_ = Channel(std::move(channel));
  watcher_ = std::make_unique<FdWatcher>(loop_, channel_.fd(), [this](int) { on_ready(); });
  watch();
  for (const auto& [address, tickets] : asked_) send(address);
}

void NameFinder::send(const std::string& address) {
  if (channel_.is_open()) {
    const auto type = static_cast<std::uint16_t>(MessageType::FindName);
    if (channel_.send(type, print(FindName{address}))) return watch();
    lose();
  }
  if (!std::exchange(is_needed_, true)) need_resolver_();
}

void NameFinder::watch() {
  watcher_->watch(channel_.has_backlog() ? UV_READABLE | UV_WRITABLE : UV_READABLE);
}

// It has died: whoever waits is asked about again when the next one joins.
void NameFinder::lose() {
  watcher_.reset();
  channel_.close();
}

void NameFinder::on_ready() {
  (void)channel_.flush();
  while (channel_.is_open()) {
    const auto received = channel_.receive();
    if (received.event == Channel::Event::Nothing) return watch();
    if (received.event != Channel::Event::Message) {
      lose();
      if (!asked_.empty() && !std::exchange(is_needed_, true)) need_resolver_();
      return;
    }
    const auto found = parse_as<NameFound>(received.message.body);
    if (!found) continue;
    on_answer(found->address,
              found->is_answered ? std::optional(found->name) : std::optional<std::string>());
  }
}

void NameFinder::on_answer(const std::string& address, const std::optional<std::string>& name) {
  if (name) cache_.set(address, *name, loop_.now());
  auto node = asked_.extract(address);
  if (!node) return;
  for (const auto ticket : node.mapped()) addresses_.erase(ticket);
  for (const auto ticket : node.mapped()) on_found_(ticket, name);
}

}  // namespace uvinetd
