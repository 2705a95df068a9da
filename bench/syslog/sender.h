// SPDX-License-Identifier: ISC
// Threads that send numbered messages to a syslog service.
#pragma once

#include <netinet/in.h>
#include <sys/un.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace uvinetd::bench {

inline constexpr std::size_t kNumberDigits = 12;
inline constexpr std::string_view kBeforeNumber = "]: ";

// Where messages go: "unix:PATH" or "udp:ADDRESS:PORT".
struct SyslogTo {
  union {
    sockaddr any;
    sockaddr_un local;
    sockaddr_in internet;
  } address;
  socklen_t size = 0;
};
[[nodiscard]] std::optional<SyslogTo> parse_syslog_to(std::string_view text);

struct SendPlan {
  SyslogTo to;
  unsigned senders = 1;
  std::uint64_t first = 0;  // the lowest number
  std::uint64_t count = 0;  // of all senders together
  std::uint64_t rate = 0;   // of all together, per second; 0: as fast as possible
  std::size_t size = 120;   // bytes of a message
};

// Starts at once. The destructor waits for the threads.
class Senders {
 public:
  explicit Senders(const SendPlan& plan);
  ~Senders();
  Senders(const Senders&) = delete;
  Senders& operator=(const Senders&) = delete;

  [[nodiscard]] bool is_done() const { return running_ == 0; }
  [[nodiscard]] std::uint64_t sent() const { return sent_; }
  [[nodiscard]] int code() const { return code_; }  // errno of the first failure, or 0

 private:
  void send_share(const SendPlan& plan, std::uint64_t first, std::uint64_t count);

  std::atomic<std::uint64_t> sent_ = 0;
  std::atomic<int> code_ = 0;
  std::atomic<unsigned> running_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace uvinetd::bench
