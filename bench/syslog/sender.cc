// SPDX-License-Identifier: ISC
#include "bench/syslog/sender.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <ctime>

#include "core/base/clock.h"
#include "core/base/unique_fd.h"

namespace uvinetd::bench {
namespace {

constexpr std::size_t kBatch = 32;
constexpr std::chrono::milliseconds kTick{1};

// A row of messages that differ in their number, ready for sendmmsg().
class Batch {
 public:
  explicit Batch(std::size_t size) {
    const std::time_t now = std::time(nullptr);
    std::tm local{};
    localtime_r(&now, &local);
    std::array<char, 64> head{};
    const std::size_t length =
        std::strftime(head.data(), head.size(), "<13>%b %e %H:%M:%S bench[", &local);
    std::string text(head.data(), length);
    text += std::to_string(getpid());
    text += kBeforeNumber;
    number_ = text.size();
    text.append(kNumberDigits, '0');
    text += " a service says what it has done, as long as such lines are";
    text.resize(std::max(size, number_ + kNumberDigits), '.');
    for (std::size_t i = 0; i < kBatch; ++i) {
      texts_[i] = text;
      parts_[i] = {texts_[i].data(), texts_[i].size()};
      messages_[i].msg_hdr.msg_iov = &parts_[i];
      messages_[i].msg_hdr.msg_iovlen = 1;
    }
  }

  // The next `count` messages (kBatch at most) have the numbers from `first` on.
  void number(std::uint64_t first, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      std::uint64_t rest = first + i;
      for (std::size_t digit = kNumberDigits; digit-- > 0; rest /= 10)
        texts_[i][number_ + digit] = static_cast<char>('0' + rest % 10);
    }
  }

  // 0, or errno. A receiver that is not there yet or has gone loses its datagrams (UDP).
  int send(int fd, std::size_t count) {
    for (std::size_t done = 0; done < count;) {
      const int sent = sendmmsg(fd, &messages_[done], static_cast<unsigned>(count - done), 0);
      if (sent > 0) done += static_cast<std::size_t>(sent);
      if (sent < 0 && errno != EINTR && errno != ECONNREFUSED) return errno;
    }
    return 0;
  }

 private:
  std::size_t number_ = 0;  // where it begins
  std::array<std::string, kBatch> texts_;
  std::array<iovec, kBatch> parts_{};
  std::array<mmsghdr, kBatch> messages_{};
};

void sleep_until(std::chrono::nanoseconds time) {
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(time);
  const timespec until{whole.count(), (time - whole).count()};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) continue;
}

// How many of `count` are due this long after the start.
std::uint64_t due(const SendPlan& plan, std::chrono::nanoseconds elapsed, std::uint64_t count) {
  if (plan.rate == 0) return count;
  const double share = static_cast<double>(plan.rate) / plan.senders;
  const double number = std::chrono::duration<double>(elapsed).count() * share;
  return std::min(count, static_cast<std::uint64_t>(number));
}

}  // namespace

std::optional<SyslogTo> parse_syslog_to(std::string_view text) {
  SyslogTo out;
  std::memset(&out.address, 0, sizeof out.address);
  if (text.starts_with("unix:")) {
    text.remove_prefix(5);
    if (text.empty() || text.size() >= sizeof out.address.local.sun_path) return std::nullopt;
    out.address.local.sun_family = AF_UNIX;
    text.copy(out.address.local.sun_path, text.size());
    out.size = sizeof out.address.local;
    return out;
  }
  const std::size_t colon = text.rfind(':');
  if (!text.starts_with("udp:") || colon <= 4) return std::nullopt;
  const std::string host(text.substr(4, colon - 4));
  in_port_t port = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + colon + 1, end, port);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  out.address.internet.sin_family = AF_INET;
  out.address.internet.sin_port = htons(port);
  if (inet_pton(AF_INET, host.c_str(), &out.address.internet.sin_addr) != 1) return std::nullopt;
  out.size = sizeof out.address.internet;
  return out;
}

Senders::Senders(const SendPlan& plan) : running_(plan.senders) {
  const std::uint64_t share = plan.count / plan.senders;
  for (unsigned i = 0; i < plan.senders; ++i) {
    const std::uint64_t before = share * i;
    const std::uint64_t count = i + 1 == plan.senders ? plan.count - before : share;
    threads_.emplace_back([this, plan, first = plan.first + before, count] {
      send_share(plan, first, count);
      --running_;
    });
  }
}

Senders::~Senders() {
  for (auto& one : threads_) one.join();
}

void Senders::send_share(const SendPlan& plan, std::uint64_t first, std::uint64_t count) {
  const auto fail = [this](int code) {
    int none = 0;
    code_.compare_exchange_strong(none, code);
  };
  const UniqueFd fd(socket(plan.to.address.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd.is_open() || connect(fd.get(), &plan.to.address.any, plan.to.size) != 0)
    return fail(errno);
  Batch batch(plan.size);
  const auto begin = monotonic_now();
  auto tick = begin;
  for (std::uint64_t done = 0; done < count;) {
    const std::uint64_t now = due(plan, monotonic_now() - begin, count);
    if (done >= now) {
      sleep_until(tick += kTick);
      continue;
    }
    const auto number = static_cast<std::size_t>(std::min<std::uint64_t>(now - done, kBatch));
    batch.number(first + done, number);
    if (const int code = batch.send(fd.get(), number)) return fail(code);
    done += number;
    sent_ += number;
  }
}

}  // namespace uvinetd::bench
