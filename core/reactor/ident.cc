// SPDX-License-Identifier: ISC
#include "core/reactor/ident.h"

#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <utility>

#include "core/base/process.h"

namespace uvinetd {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

// What stands before the next `end`, which is taken off too; nullopt: there is none.
std::optional<std::string_view> take_field(std::string_view& text, char end) {
  const auto at = text.find(end);
  if (at == std::string_view::npos) return std::nullopt;
  const auto out = trimmed(text.substr(0, at));
  text.remove_prefix(at + 1);
  return out;
}

bool is_port(std::optional<std::string_view> text, std::uint16_t port) {
  if (!text) return false;
  unsigned number = 0;
  const auto* last = text->data() + text->size();
  const auto [end, error] = std::from_chars(text->data(), last, number);
  return error == std::errc() && end == last && number == port;
}

UniqueFd make_socket(int family) {
#ifdef SOCK_CLOEXEC
  return UniqueFd(socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
#else
  UniqueFd out(socket(family, SOCK_STREAM, 0));
  if (out.is_open() && (!set_cloexec(out.get()) || !set_nonblocking(out.get(), true))) out.reset();
  return out;
#endif
}

}  // namespace

std::optional<std::string> parse_ident(std::string_view line, std::uint16_t peer_port,
                                       std::uint16_t local_port) {
  if (!is_port(take_field(line, ','), peer_port)) return std::nullopt;
  if (!is_port(take_field(line, ':'), local_port)) return std::nullopt;
  if (take_field(line, ':') != "USERID") return std::nullopt;
  if (!take_field(line, ':')) return std::nullopt;  // its system, and perhaps a character set
  const auto user = trimmed(line);
  return user.empty() ? std::nullopt : std::optional<std::string>(user);
}

// From the address that the client has connected to: its host knows the pair of ports by that.
bool IdentClients::ask(WaitingRoom::Ticket ticket, int connection, const SocketAddress& peer) {
  auto local = SocketAddress::local_of(connection);
  if (!local || !peer.is_ip() || local->family() != peer.family()) return false;
  One one;
  one.peer_port = peer.port();
  one.local_port = local->port();
  one.question = std::to_string(one.peer_port) + ',' + std::to_string(one.local_port) + "\r\n";
  one.socket = make_socket(peer.family());
  if (!one.socket.is_open()) return false;
  const int fd = one.socket.get();
  local->set_port(0);
  auto host = peer;
  host.set_port(kPort);
  if (bind(fd, local->data(), local->size()) != 0) return false;
  if (connect(fd, host.data(), host.size()) != 0 && errno != EINPROGRESS) return false;
  one.watcher = std::make_unique<FdWatcher>(loop_, fd, [this, ticket](int) { on_ready(ticket); });
  one.watcher->watch(UV_WRITABLE);
  all_.insert_or_assign(ticket, std::move(one));
  return true;
}

void IdentClients::on_ready(WaitingRoom::Ticket ticket) {
  const auto found = all_.find(ticket);
  if (found != all_.end() && !advance(found->second)) finish(ticket);
}

bool IdentClients::advance(One& one) {
  const int fd = one.socket.get();
  if (!one.question.empty()) {
    const auto sent = send(fd, one.question.data(), one.question.size(), MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    one.question.erase(0, static_cast<std::size_t>(sent));
    if (one.question.empty()) one.watcher->watch(UV_READABLE);
    return true;
  }
  char bytes[256];
  const auto size = recv(fd, bytes, sizeof bytes, 0);
  if (size < 0) return errno == EAGAIN || errno == EINTR;
  one.answer.append(bytes, static_cast<std::size_t>(size));
  const bool is_whole = one.answer.find('\n') != std::string::npos;
  return size > 0 && !is_whole && one.answer.size() < kLongestAnswer;
}

void IdentClients::finish(WaitingRoom::Ticket ticket) {
  auto node = all_.extract(ticket);
  const auto& one = node.mapped();
  const auto end = one.answer.find('\n');
  std::optional<std::string> user;
  if (end < kLongestAnswer) {
    user = parse_ident(std::string_view(one.answer).substr(0, end), one.peer_port, one.local_port);
  }
  on_answer_(ticket, user);
}

}  // namespace uvinetd
