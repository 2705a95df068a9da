// SPDX-License-Identifier: ISC
// Keeps messages that are relayed from going round: from one host to the next and back, without
// end. No message tells where it has been, so what is sent is remembered. Pure but for the time
// passed in; its memory is taken once.
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
  using Time = std::chrono::milliseconds;     // any clock that does not go back
  static constexpr std::size_t kMost = 8192;  // two for each message
  static constexpr Time kTime{60'000};

  // How many equal messages of one sender are relayed in kTime: where nobody else has sent the
  // same, and where somebody has, so that they may be the same one on its way round. The second is
  // how often a message goes round a ring of hosts at the most.
  static constexpr std::uint32_t kMostAlone = 1'000;
  static constexpr std::uint32_t kMostShared = 16;

  // `trusts_time` as in the settings: then a time that a message brings is its own wherever it
  // goes. Else it is new at each host, and messages that differ in nothing else are equal.
  RelayGuard(const SipKey& key, bool trusts_time);

  // Whether `record`, which `from` (numeric) has sent, may go to the target `action`; it is
  // counted then. False: it was there already, as far as that can be seen. Equal messages of
  // several hosts are as many messages; one that names the same host and comes another way has come
  // back. `is_repeat`: it is folded into the one before, so that it is not counted again.
  [[nodiscard]] bool may_relay(const SyslogRecord& record, std::string_view from,
                               std::size_t action, bool is_repeat, Time now);
  // A message of this host was sent there: should it come back, it is not sent again.
  void remember(const SyslogRecord& record, std::size_t action, Time now);

 private:
  // Where all four of a hash's places are taken, the oldest is given up.
  static constexpr std::size_t kPlaces = 4;
  // What was sent: with its host, by whom and how often; without, whether by several.
  struct Place {
    std::uint64_t hash = 0;
    std::uint64_t from = 0;  // a hash, of "" for this host
    std::uint32_t count = 0;
    bool is_shared = false;
    Time until = Time::min();
  };
  using Row = std::array<Place, kPlaces>;
  struct Hashes {
    std::uint64_t with_host = 0;
    std::uint64_t content = 0;
  };

  [[nodiscard]] Hashes hashes_of(const SyslogRecord& record, std::size_t action);
  [[nodiscard]] Row& row_of(std::uint64_t hash) { return rows_[hash % rows_.size()]; }
  [[nodiscard]] Place* find(std::uint64_t hash, Time now);
  Place& find_or_make(std::uint64_t hash, std::uint64_t from, Time now);
  // Notes that `from` has sent it, whichever host it names.
  Place& note_content(std::uint64_t hash, std::uint64_t from, Time now);

  SipKey key_;
  bool trusts_time_;
  std::vector<Row> rows_;
  std::string scratch_;
};

}  // namespace uvinetd
