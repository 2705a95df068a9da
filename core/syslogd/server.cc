// SPDX-License-Identifier: ISC
#include "core/syslogd/server.h"

#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <random>
#include <utility>

#include "core/base/address.h"
#include "uvinetd_build_id.h"

namespace uvinetd {
namespace {

// syslog.socket of systemd(1).
constexpr char kJournalsPath[] = "/run/systemd/journal/syslog";

int option_of(int fd, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  return getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

}  // namespace

SyslogServer::SyslogServer(Channel monitor, Poller poller, std::vector<UniqueFd> sockets,
                           std::optional<std::size_t> records)
    : channel_(std::move(monitor)), poller_(std::move(poller)), key_(random_sip_key()) {
  last_ticket_ = std::random_device()();  // what the server before has asked is not answered here
  sockets_.reserve(sockets.size());
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    auto& socket = sockets_.emplace_back();
    const int fd = sockets[i].get();
    // Of a stream nothing could be read: it would be readable for ever.
    if (option_of(fd, SO_TYPE) != SOCK_DGRAM) {
      tell(SyslogSeverity::Error, "descriptor " + std::to_string(fd) + " is no datagram socket",
           nullptr, false);
      continue;
    }
    sockaddr_storage own{};
    socklen_t size = sizeof own;
    socket.is_unix =
        getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size) == 0 && own.ss_family == AF_UNIX;
    socket.is_records = records == i;
    socket.is_journals =
        SocketAddress(reinterpret_cast<const sockaddr*>(&own), size).unix_path() == kJournalsPath;
    const auto asked =
        socket.is_unix ? Receiver::ask_credentials(fd) : Receiver::ask_kernel_dropped(fd);
    if (!asked) tell(SyslogSeverity::Warning, asked.error().text(), nullptr, false);
    socket.fd = std::move(sockets[i]);
  }
}

SyslogServer::~SyslogServer() {
  dirty_.clear();
  router_.reset();
}

int SyslogServer::run() {
  channel_watcher_.emplace(loop_, channel_.fd(), [this](int) { on_channel(); });
  poller_watcher_.emplace(loop_, poller_.fd(), [this](int) { read_sockets(); });
  for (const int signal : {SIGTERM, SIGINT})
    signals_.push_back(std::make_unique<SignalWatcher>(loop_, signal, [this] { stop(); }));
  signals_.push_back(std::make_unique<SignalWatcher>(
      loop_, SIGHUP, [this] { send(SyslogMessageType::Reopen, {}); }));
  channel_watcher_->watch(UV_READABLE);
  send(SyslogMessageType::Hello,
       print(SyslogHello{kSyslogWireVersion, UVINETD_BUILD_ID, static_cast<int>(getpid())}));
  loop_.run();
  signals_.clear();
  poller_watcher_.reset();
  channel_watcher_.reset();
  return status_;
}

void SyslogServer::set_mark_timer() {
  timers_.cancel(mark_timer_);
  const auto period = router_->settings().mark;
  if (period.count() <= 0) return;
  mark_timer_ = timers_.after(period, [this] {
    mark_timer_ = 0;
    router_->mark();
    set_mark_timer();
  });
}

// Reads what is queued, for a while; then writes it, for a while; then it is over.
void SyslogServer::stop() {
  if (std::exchange(is_stopping_, true)) return;
  if (!router_) {
    end_turn();
    return loop_.stop();
  }
  poller_watcher_->watch(0);
  go_on();
  uv_update_time(loop_.get());
  for (const auto end = loop_.now() + kDrainTime; loop_.now() < end;) {
    const auto before = counts_.received;
    read_sockets();
    if (counts_.received == before) break;
    uv_update_time(loop_.get());
  }
  router_->tell_repeats();
  router_->tell_unrelayed();
  tell_refused(SenderRates::Time::max());
  tell_kernel_dropped();
  tell(SyslogSeverity::Info,
       "stopping: received " + std::to_string(counts_.received) + ", dropped " +
           std::to_string(counts_.dropped) + ", refused " + std::to_string(counts_.limited),
       nullptr, false);
  end_turn();
  for (const auto& sink : router_->sinks())
    if (sink) sink->finish();
  end_when_written(loop_.now() + kFlushTime);
}

void SyslogServer::end_when_written(std::chrono::milliseconds deadline) {
  if (is_busy() && loop_.now() < deadline) {
    timers_.after(std::chrono::milliseconds(10), [this, deadline] { end_when_written(deadline); });
    return;
  }
  for (const auto& sink : router_->sinks())
    if (sink) sink->let_go();
  end_turn();
  send_counts();
  loop_.stop();
}

bool SyslogServer::is_busy() const {
  for (const auto& sink : router_->sinks())
    if (sink && sink->is_busy()) return true;
  return !own_.empty() || !dirty_.empty() || channel_.has_backlog();
}

}  // namespace uvinetd
