// SPDX-License-Identifier: ISC
#include "core/reactor/server_errors.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "spawn/error_socket.h"

namespace uvinetd {
namespace {

constexpr int kReadsPerTurn = 16;  // of one launcher; then others have their turn
constexpr std::size_t kMostEnded = 1024;
constexpr std::chrono::milliseconds kRememberEnded{2'000};
constexpr std::chrono::milliseconds kLookSoon{20};
constexpr std::chrono::milliseconds kLookLater{500};

}  // namespace

ServerErrors::ServerErrors(Loop& loop, Timers& timers, EventLog& log, Names names)
    : loop_(loop),
      timers_(timers),
      names_(std::move(names)),
      lines_({[this](const ErrorLines::Writer& writer) { return find(writer); },
              [this](const ErrorLines::Writer& writer) { return unknown(writer); },
              [&log](Event line) { log.tell(std::move(line)); }}) {}

void ServerErrors::add(std::uint32_t launcher, std::uint32_t identity, UniqueFd reader) {
  auto& source = sources_[launcher];
  source.watcher.reset();
  source.identity = identity;
  source.reader = std::move(reader);
  source.watcher = std::make_unique<FdWatcher>(loop_, source.reader.get(),
                                               [this, launcher](int) { read(launcher); });
  if (is_reading_) source.watcher->watch(UV_READABLE);
}

void ServerErrors::start_reading() {
  if (std::exchange(is_reading_, true)) return;
  for (auto& [launcher, source] : sources_) source.watcher->watch(UV_READABLE);
}

void ServerErrors::read(std::uint32_t launcher) {
  const auto found = sources_.find(launcher);
  if (found == sources_.end()) return;
  auto& source = found->second;
  std::array<char, 16 * 1024> buffer;
  for (int i = 0; i < kReadsPerTurn; ++i) {
    const auto bytes = receive_errors(source.reader.get(), buffer);
    if (bytes.event == ErrorBytes::Event::Nothing) break;
    if (bytes.event == ErrorBytes::Event::Closed) {
      lines_.closed(launcher, loop_.now());
      sources_.erase(found);
      break;
    }
    lines_.take({launcher, source.identity, bytes.sender}, {buffer.data(), bytes.size},
                loop_.now());
  }
  look_later();
}

// No timer while nothing waits.
void ServerErrors::look_later() {
  if (timer_ != 0 || !lines_.is_waiting()) return;
  timer_ = timers_.after(lines_.is_owner_awaited() ? kLookSoon : kLookLater, [this] {
    timer_ = 0;
    lines_.look(loop_.now());
    look_later();
  });
}

// ---- who is who ------------------------------------------------------------------------------

void ServerErrors::began(pid_t pid, std::uint32_t service, std::uint32_t identity,
                         const SocketAddress& peer) {
  if (pid <= 0) return;
  // Of an earlier server with this number nobody has told the end.
  if (servers_.contains(pid)) ended(pid, service, identity);
  servers_.insert_or_assign(pid, Server{service, identity, peer});
  ++running_[identity][service];
}

void ServerErrors::ended(pid_t pid, std::uint32_t service, std::uint32_t identity) {
  Ended last{pid, {service, identity, {}}, loop_.now()};
  if (auto node = servers_.extract(pid)) {
    last.server = node.mapped();
    const auto of_identity = running_.find(last.server.identity);
    if (--of_identity->second[last.server.service] == 0) {
      of_identity->second.erase(last.server.service);
    }
    if (of_identity->second.empty()) running_.erase(of_identity);
  }
  if (ended_.size() == kMostEnded) ended_.pop_front();
  ended_.push_back(std::move(last));
  if (lines_.is_waiting()) lines_.ended(pid, loop_.now());
}

const ServerErrors::Server* ServerErrors::server_of(pid_t pid) const {
  if (pid <= 0) return nullptr;
  if (const auto found = servers_.find(pid); found != servers_.end()) return &found->second;
  for (auto at = ended_.rbegin(); at != ended_.rend(); ++at) {
    if (loop_.now() - at->when > kRememberEnded) break;
    if (at->pid == pid) return &at->server;
  }
  return nullptr;
}

ErrorOwner ServerErrors::owner(pid_t pid, const Server& server) const {
  const auto id = names_.service(server.service);
  return {server.service, "id", id.empty() ? "-" : id, pid, server.peer.text()};
}

// A server is believed to be one only of its own launcher's identity: root can send any pid.
std::optional<ErrorOwner> ServerErrors::find(const ErrorLines::Writer& writer) const {
  if (writer.pid <= 0) return std::nullopt;
  for (const pid_t pid : {writer.pid, ::getsid(writer.pid)}) {
    const auto* server = server_of(pid);
    if (server != nullptr && server->identity == writer.identity) return owner(pid, *server);
  }
  return std::nullopt;
}

// The only service of this identity that runs or has just ended; 0: there is none, or several.
std::uint32_t ServerErrors::only_service(std::uint32_t identity) const {
  std::uint32_t only = 0;
  if (const auto running = running_.find(identity); running != running_.end()) {
    if (running->second.size() > 1) return 0;
    only = running->second.begin()->first;
  }
  for (auto at = ended_.rbegin(); at != ended_.rend(); ++at) {
    if (loop_.now() - at->when > kRememberEnded) break;
    if (at->server.identity != identity) continue;
    if (only != 0 && only != at->server.service) return 0;
    only = at->server.service;
  }
  return only;
}

ErrorOwner ServerErrors::unknown(const ErrorLines::Writer& writer) const {
  if (const auto service = only_service(writer.identity); service != 0) {
    return {service, "id", names_.service(service), 0, {}};
  }
  return {0, "user", names_.identity(writer.identity), 0, {}};
}

}  // namespace uvinetd
