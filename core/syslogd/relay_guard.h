// SPDX-License-Identifier: ISC
// Keeps messages that are relayed from going round: from one host to the next and back, without
// end. Pure but for the time passed in; its memory is taken once.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/siphash.h"
#include "core/syslogd/line.h"

namespace uvinetd {

class RelayGuard {
 public:
  using Time = std::chrono::milliseconds;  // any clock that does not go back
  static constexpr std::size_t kMost = 4096;
  static constexpr Time kTime{60'000};

  // `trusts_time` as in the settings: then a time that a message brings is its own wherever it
  // goes. Else it is new at each host, and messages that differ in nothing else are one message.
  RelayGuard(const SipKey& key, bool trusts_time);

  // Whether `record`, which came from the host `from`, may be sent to the target `action` at the
  // host `to` (both numeric): not to where it came from, and not twice in kTime. It is remembered.
  [[nodiscard]] bool may_relay(const SyslogRecord& record, std::string_view from,
                               std::size_t action, std::string_view to, Time now);
  // A message of this host was sent there: should it come back, it is not sent again.
  void remember(const SyslogRecord& record, std::size_t action, Time now);

 private:
  // Where all four of a hash's places are taken, the oldest is given up.
  static constexpr std::size_t kPlaces = 4;
  struct Place {
    std::uint64_t hash = 0;
    Time until = Time::min();
  };
  using Row = std::array<Place, kPlaces>;

  [[nodiscard]] std::uint64_t hash_of(const SyslogRecord& record, std::size_t action);
  [[nodiscard]] Row& row_of(std::uint64_t hash) { return rows_[hash % rows_.size()]; }
  [[nodiscard]] bool is_known(std::uint64_t hash, Time now);
  void keep(std::uint64_t hash, Time now);

  SipKey key_;
  bool trusts_time_;
  std::vector<Row> rows_;
  std::string scratch_;
};

}  // namespace uvinetd
