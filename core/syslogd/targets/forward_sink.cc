// SPDX-License-Identifier: ISC
#include "core/syslogd/targets/forward_sink.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/base/process.h"
#include "core/syslogd/targets/send_datagrams.h"

namespace uvinetd {

ForwardSink::ForwardSink(SyslogSinkHost& host, const SyslogAction& action, Id id)
    : SyslogSink(host, action, id),
      most_(action.most_bytes != 0 ? action.most_bytes : kForwardBytes),
      lookup_(host.loop()),
      is_numeric_(SocketAddress::parse_ip(action.host, action.port).has_value()) {}

ForwardSink::~ForwardSink() {
  host_.timers().cancel(timer_);
}

void ForwardSink::add(SyslogText& text) {
  make_syslog_datagram(text.record(), action().form, most_, datagram_);
  if (begin_ > kMostBacklog) {
    bytes_.erase(0, std::exchange(begin_, 0));
    sizes_.erase(sizes_.begin(), sizes_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
  if (bytes_.size() - begin_ + datagram_.size() > kMostBacklog) {
    count_dropped(1);
    return;
  }
  bytes_ += datagram_;
  sizes_.push_back(static_cast<std::uint32_t>(datagram_.size()));
  if (state_ != State::Flowing) return;
  host_.want_flush(*this);
  if (bytes_.size() - begin_ >= kWriteSize) flush();
}

void ForwardSink::flush() {
  if (state_ == State::Suspended) return;
  if (!address_) return find_address();
  if (!fd_.is_open()) {
    if (auto opened = open_socket(); !opened) return suspend(opened.error().text());
  }
  while (has_backlog()) {
    int code = 0;
    const auto rest = std::span<const std::uint32_t>(sizes_).subspan(first_);
    pop(send_datagrams(fd_.get(), std::string_view(bytes_).substr(begin_), rest, code));
    if (code == 0) break;
    if (code == EAGAIN || code == EWOULDBLOCK || code == ENOBUFS) {
      state_ = State::Blocked;
      return retry_after(kBlockedDelay);
    }
    if (code == EMSGSIZE) {  // of a path: no other one is
      pop(1);
      host_.counts().forwarded--;
      count_dropped(1);
      continue;
    }
    // A refusal is told by the call after the one that was refused, which costs that datagram.
    if (code == ECONNREFUSED) {
      host_.counts().forwarded--;
      count_dropped(1);
    }
    return suspend(std::strerror(code));
  }
  emptied();
}

void ForwardSink::pop(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) begin_ += sizes_[first_++];
  host_.counts().forwarded += count;
}

void ForwardSink::emptied() {
  bytes_.clear();
  sizes_.clear();
  begin_ = first_ = 0;
  state_ = State::Flowing;
  if (is_told_) {
    retry_after(kTrialTime);
  } else {
    tell_dropped();
  }
  if (!is_numeric_ && host_.loop().now() - found_at_ > kAddressLife) find_address();
}

// It was refused before, and nothing has been refused since for a while.
void ForwardSink::end_trial() {
  int code = 0;
  socklen_t size = sizeof code;
  if (fd_.is_open() && getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &code, &size) == 0 && code != 0)
    return suspend(std::strerror(code));
  is_told_ = false;
  delay_ = kFirstDelay;
  host_.tell(SyslogSeverity::Notice, name() + " takes messages again", this);
  tell_dropped();
}

void ForwardSink::suspend(const std::string& why) {
  state_ = State::Suspended;
  if (!std::exchange(is_told_, true)) {
    host_.tell(SyslogSeverity::Error,
               "cannot forward to " + name() + ": " + why + "; its messages wait", this);
  }
  fd_.reset();
  if (!is_numeric_) address_.reset();  // it may have moved
  host_.timers().cancel(timer_);
  retry_after(delay_);
  delay_ = std::min(delay_ * 2, kLongestDelay);
}

void ForwardSink::retry_after(std::chrono::milliseconds delay) {
  if (timer_ != 0) return;
  timer_ = host_.timers().after(delay, [this] {
    timer_ = 0;
    if (state_ == State::Flowing) return end_trial();
    state_ = State::Blocked;
    flush();
  });
}

void ForwardSink::find_address() {
  if (is_numeric_) {
    use_address(*SocketAddress::parse_ip(action().host, action().port));
    return flush();
  }
  if (lookup_.is_asking()) return;
  const bool is_asked = lookup_.find(action().host, action().port,
                                     [this](std::optional<SocketAddress> found, const char* why) {
                                       if (found) {
                                         use_address(*found);
                                         flush();
                                       } else if (!address_) {
                                         suspend(why);
                                       } else {
                                         found_at_ = host_.loop().now();  // the old one goes on
                                       }
                                     });
  if (!is_asked) suspend("its name cannot be looked up");
}

void ForwardSink::use_address(const SocketAddress& address) {
  found_at_ = host_.loop().now();
  if (address_ == address) return;
  address_ = address;
  address_text_ = address.host();
  fd_.reset();
}

Status ForwardSink::open_socket() {
  UniqueFd fd(::socket(address_->family(), SOCK_DGRAM, 0));
  if (!fd.is_open()) return fail_errno("socket");
  if (auto status = set_cloexec(fd.get()); !status) return status;
  if (auto status = set_nonblocking(fd.get(), true); !status) return status;
  if (::connect(fd.get(), address_->data(), address_->size()) != 0) return fail_errno("connect");
  fd_ = std::move(fd);
  return {};
}

void ForwardSink::let_go() {
  count_dropped(sizes_.size() - first_);
  sizes_.clear();
  first_ = 0;
  tell_dropped();
}

void ForwardSink::adopt(SyslogSink& before) {
  auto& old = static_cast<ForwardSink&>(before);
  address_ = old.address_;
  address_text_ = old.address_text_;
  found_at_ = old.found_at_;
  fd_ = std::move(old.fd_);
  bytes_ = std::exchange(old.bytes_, {});
  begin_ = std::exchange(old.begin_, 0);
  sizes_ = std::exchange(old.sizes_, {});
  first_ = std::exchange(old.first_, 0);
  dropped_ = std::exchange(old.dropped_, 0);
  is_told_ = old.is_told_;
  delay_ = old.delay_;
  if (old.state_ == State::Suspended) {
    state_ = State::Suspended;
    retry_after(delay_);
  } else if (has_backlog()) {
    host_.want_flush(*this);
  }
}

}  // namespace uvinetd
