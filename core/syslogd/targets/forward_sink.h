// SPDX-License-Identifier: ISC
// Another host, by UDP. What cannot be sent waits, up to kMostBacklog bytes: for its address, for
// room in the socket, and for a host that refuses, after 1, 2, 4 ... 60 s.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/address.h"
#include "core/syslogd/targets/host_lookup.h"
#include "core/syslogd/targets/sink.h"

namespace uvinetd {

class ForwardSink final : public SyslogSink {
 public:
  ForwardSink(SyslogSinkHost& host, const SyslogAction& action, Id id);
  ~ForwardSink() override;

  void add(SyslogText& text) override;
  void flush() override;
  void adopt(SyslogSink& before) override;
  void let_go() override;
  [[nodiscard]] bool has_backlog() const override { return first_ < sizes_.size(); }
  [[nodiscard]] bool is_busy() const override { return has_backlog() && state_ == State::Blocked; }

  // Where it sends to, numeric; "": not known yet.
  [[nodiscard]] const std::string& address() const { return address_text_; }

 private:
  enum class State : std::uint8_t { Flowing, Blocked, Suspended };
  static constexpr std::size_t kWriteSize = 64 * 1024;  // bytes that are not added to any more
  static constexpr std::chrono::milliseconds kFirstDelay{1'000};
  static constexpr std::chrono::milliseconds kLongestDelay{60'000};
  static constexpr std::chrono::milliseconds kBlockedDelay{10};
  static constexpr std::chrono::milliseconds kTrialTime{5'000};
  static constexpr std::chrono::milliseconds kAddressLife{3'600'000};

  void find_address();
  void use_address(const SocketAddress& address);
  [[nodiscard]] Status open_socket();
  void suspend(const std::string& why);
  void retry_after(std::chrono::milliseconds delay);
  void pop(std::size_t count);
  void emptied();
  void end_trial();

  std::size_t most_;  // bytes of a datagram
  HostLookup lookup_;
  bool is_numeric_;
  std::optional<SocketAddress> address_;
  std::string address_text_;
  std::chrono::milliseconds found_at_{0};
  UniqueFd fd_;  // connected

  State state_ = State::Flowing;
  bool is_told_ = false;  // that it is suspended, or on trial after that
  std::chrono::milliseconds delay_ = kFirstDelay;
  Timers::Id timer_ = 0;

  // Datagrams, one behind the other.
  std::string bytes_;
  std::size_t begin_ = 0;
  std::vector<std::uint32_t> sizes_;
  std::size_t first_ = 0;
  std::string datagram_;
};

}  // namespace uvinetd
