// SPDX-License-Identifier: ISC
// From a socket to the targets.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <utility>

#include "core/base/clock.h"
#include "core/syslogd/server.h"
#include "spawn/settings/limits.h"

namespace uvinetd {
namespace {

constexpr std::string_view kProgram = "uvinetd-syslogd";
constexpr std::uint8_t kSyslogFacility = 5;

}  // namespace

void SyslogServer::read_sockets() {
  is_in_turn_ = true;
  std::array<std::uint32_t, 64> ready;
  auto count = poller_.ready(ready);
  for (int round = 0; round < kRounds && count > 0; ++round) {
    std::size_t left = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const auto size = read_batch(sockets_[ready[i]]);
      if (size == Receiver::kBatch) {
        ready[left++] = ready[i];  // there may be more
      } else if (size + Receiver::kBatch * static_cast<std::size_t>(round) >= kManyAtOnce) {
        rest(ready[i]);
      }
    }
    count = left;
  }
  is_in_turn_ = false;
  end_turn();
}

// In a flood each wake-up for a few datagrams costs their sender's processor as much as ours. What
// comes meanwhile stands in the queue, of some megabytes; the senders of a Unix socket would wait.
void SyslogServer::rest(std::uint32_t socket) {
  if (sockets_[socket].is_unix || is_stopping_ || !poller_.unwatch(sockets_[socket].fd.get()))
    return;
  resting_.push_back(socket);
  if (resting_.size() > 1) return;
  timers_.after(kRest, [this] { go_on(); });
}

void SyslogServer::go_on() {
  for (const auto socket : std::exchange(resting_, {})) {
    (void)poller_.watch(sockets_[socket].fd.get(), socket);
  }
}

// How many it has read.
std::size_t SyslogServer::read_batch(Socket& socket) {
  const auto batch = receiver_.receive(socket.fd.get());
  if (batch.empty()) return 0;
  const auto arrival = wall_clock();
  for (const auto& datagram : batch) take(datagram, socket, arrival);
  return batch.size();
}

void SyslogServer::take(const ReceivedDatagram& datagram, Socket& socket, std::timespec arrival) {
  ++counts_.received;
  if (!socket.is_unix) count_kernel_dropped(datagram.kernel_dropped, socket);
  if (datagram.is_truncated) ++counts_.truncated;
  SyslogOrigin origin;
  origin.is_local = socket.is_unix;
  origin.pid = datagram.pid;
  // In the network it is the kernel of another host.
  origin.is_kernel = !socket.is_unix || (socket.is_journals && datagram.uid == 0);
  origin.is_truncated = datagram.is_truncated;
  if (!socket.is_unix) origin.address = address_of(datagram);
  if (!socket.is_records && !is_within_rate(datagram, socket)) {
    ++counts_.limited;
    return;
  }
  const auto message = parse_syslog_message(datagram.bytes, origin);
  if (message.flaw != SyslogFlaw::None) ++counts_.malformed;
  make_syslog_record(message, origin, record_rules_, arrival, record_);
  router_->route(record_, origin.address);
}

// Most datagrams come from where the last one came from.
std::string_view SyslogServer::address_of(const ReceivedDatagram& datagram) {
  if (datagram.peer == nullptr) return {};
  const SocketAddress peer(datagram.peer, datagram.peer_size);
  if (!peer.is_ip()) return {};
  auto bytes = peer;
  bytes.set_port(0);
  if (bytes == last_peer_) return address_text_;
  last_peer_ = bytes;
  address_text_ = peer.host();
  return address_text_;
}

bool SyslogServer::is_within_rate(const ReceivedDatagram& datagram, const Socket& socket) {
  if (!rate_.is_limit()) return true;
  if (socket.is_unix && datagram.uid == static_cast<uid_t>(-1)) return true;  // not known here
  SyslogSender sender;
  sender.is_local = socket.is_unix;
  if (socket.is_unix) {
    sender.uid = datagram.uid;
  } else if (datagram.peer != nullptr) {
    sender.source = source_of(last_peer_, kUsualPrefixV6);
  }
  if (rates_.allows(sender, rate_, loop_.now())) return true;
  if (refusal_timer_ == 0) set_refusal_timer();
  return false;
}

// The kernel's number is as old as the socket, and as the datagram was when it was queued: what the
// first one tells, the server before has told.
void SyslogServer::count_kernel_dropped(std::uint32_t total, Socket& socket) {
  const auto before = std::exchange(socket.kernel_dropped, total);
  if (!before || *before == total) return;
  const std::uint32_t more = total - *before;  // it wraps around
  counts_.dropped += more;
  kernel_dropped_ += more;
  if (kernel_timer_ == 0)
    kernel_timer_ = timers_.after(std::chrono::milliseconds(0), [this] { tell_kernel_dropped(); });
}

// At once, then not before kKernelPeriod is over.
void SyslogServer::tell_kernel_dropped() {
  timers_.cancel(kernel_timer_);
  if (kernel_dropped_ == 0) return;
  const auto count = std::exchange(kernel_dropped_, 0);
  tell(SyslogSeverity::Warning,
       "the kernel dropped " + std::to_string(count) + (count == 1 ? " message" : " messages") +
           " at a socket: it was full",
       nullptr, false);
  kernel_timer_ = timers_.after(kKernelPeriod, [this] { tell_kernel_dropped(); });
}

void SyslogServer::set_refusal_timer() {
  const auto due = rates_.due();
  if (!due) return;
  const auto wait = std::max(*due - loop_.now(), SenderRates::Time(0));
  refusal_timer_ = timers_.after(wait, [this] {
    refusal_timer_ = 0;
    tell_refused(loop_.now());
    set_refusal_timer();
  });
}

// Of some senders; the others wait for the next turn: what is told is bounded.
void SyslogServer::tell_refused(SenderRates::Time now) {
  for (std::size_t i = 0; i < kMostOwn / 2; ++i) {
    const auto refused = rates_.take_refused(now);
    if (!refused) return;
    const auto& from = refused->sender;
    tell(SyslogSeverity::Warning,
         std::to_string(refused->messages) + " messages of " +
             (from.is_local ? "uid " + std::to_string(from.uid) : source_text(from.source)) +
             " were refused: too many in a second",
         nullptr, false);
  }
}

void SyslogServer::tell(SyslogSeverity severity, std::string text, const SyslogSink* about,
                        bool reaches_it) {
  if (own_.size() >= kMostOwn) {
    ++own_lost_;
    return;
  }
  Own own;
  own.severity = severity;
  own.text = std::move(text);
  if (about != nullptr && !reaches_it) own.about = about->id();
  own_.push_back(std::move(own));
  want_turn();
}

void SyslogServer::tell_own() {
  // What the targets tell about these waits for the next turn.
  for (auto count = own_.size(); count > 0; --count) {
    const auto own = std::move(own_.front());
    own_.pop_front();
    write_own(own);
  }
  if (own_lost_ == 0) return;
  const auto lost = std::exchange(own_lost_, 0);
  tell(SyslogSeverity::Warning, std::to_string(lost) + " messages of its own were dropped", nullptr,
       false);
}

// What no rule takes is told to the daemon's log, by standard error.
void SyslogServer::write_own(const Own& own) {
  std::size_t targets = 0;
  if (router_) {
    SyslogMessage message;
    message.facility = kSyslogFacility;
    message.severity = static_cast<std::uint8_t>(own.severity);
    message.program = kProgram;
    message.text = own.text;
    SyslogOrigin origin;
    origin.pid = getpid();
    SyslogRecord record;
    make_syslog_record(message, origin, record_rules_, wall_clock(), record);
    const bool is_about = own.about && own.about->generation == router_->generation();
    targets = router_->route(record, {}, is_about ? router_->sink(own.about->action) : nullptr);
  }
  if (targets == 0 && own.severity <= SyslogSeverity::Warning)
    std::fprintf(stderr, "%s: %s\n", kProgram.data(), own.text.c_str());
}

void SyslogServer::want_flush(SyslogSink& target) {
  if (std::exchange(target.wants_flush, true)) return;
  dirty_.push_back(&target);
  want_turn();
}

void SyslogServer::want_turn() {
  if (is_in_turn_ || turn_timer_ != 0) return;
  turn_timer_ = timers_.after(std::chrono::milliseconds(0), [this] {
    turn_timer_ = 0;
    end_turn();
  });
}

// Each target that has something gets one write.
void SyslogServer::end_turn() {
  is_in_turn_ = true;
  if (!own_.empty()) tell_own();
  for (std::size_t i = 0; i < dirty_.size(); ++i) {
    dirty_[i]->wants_flush = false;
    dirty_[i]->flush();
  }
  dirty_.clear();
  send_question(ask_some_);
  send_question(ask_all_);
  is_in_turn_ = false;
  if (!own_.empty()) want_turn();
  if (counts_timer_ != 0 || is_stopping_) return;
  counts_timer_ = timers_.after(kCountsPeriod, [this] {
    counts_timer_ = 0;
    send_counts();
  });
}

}  // namespace uvinetd
