// SPDX-License-Identifier: ISC
// How many messages one sender may send, and how many of it were refused. Pure but for the time
// passed in; all memory is taken when the first sender is counted.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/siphash.h"
#include "core/base/source.h"
#include "core/base/token_bucket.h"

namespace uvinetd {

struct SyslogSender {
  bool is_local = true;
  uid_t uid = 0;    // of a local one
  Source source{};  // of one in the network

  friend bool operator==(const SyslogSender&, const SyslogSender&) = default;
};

// Per sender, in O(1). When the memory is full, the sender that was heard least recently is
// forgotten, with what has not been told of it.
class SenderRates {
 public:
  using Time = std::chrono::milliseconds;  // any clock that does not go back
  static constexpr std::uint32_t kMost = 65'536;
  static constexpr Time kTellAfter{10'000};

  explicit SenderRates(const SipKey& key, std::uint32_t most = kMost);

  // Whether one more message is within `rate`; then it is counted. False: it is refused.
  [[nodiscard]] bool allows(const SyslogSender& sender, const StartRate& rate, Time now);

  struct Refused {
    SyslogSender sender;
    std::uint64_t messages = 0;
  };
  // A sender of which messages were refused, kTellAfter after the first of them; so none is told
  // more often. One per call. Time::max(): whichever has any.
  [[nodiscard]] std::optional<Refused> take_refused(Time now);
  // When it has the next one to tell.
  [[nodiscard]] std::optional<Time> due() const;

  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  using Index = std::uint32_t;
  static constexpr Index kNone = 0xffffffff;

  struct Links {
    Index newer = kNone;
    Index older = kNone;
  };
  struct List {
    Index newest = kNone;
    Index oldest = kNone;
  };
  struct Entry {
    SyslogSender sender;
    Index next = kNone;  // of the same chain
    Links heard;
    Links waiting;  // while `refused` is not 0
    TokenBucket bucket;
    std::uint64_t refused = 0;
    Time tell_at{0};
  };

  [[nodiscard]] Index& chain_of(const SyslogSender& sender);
  Index find_or_make(const SyslogSender& sender);
  Index take_place();
  void forget(Index index);
  void add(List& list, Links Entry::*links, Index index);
  void remove(List& list, Links Entry::*links, Index index);
  void count_refused(Index index, Time now);

  SipKey key_;
  std::uint32_t most_;
  std::vector<Entry> entries_;  // never more than most_, for which there is room from the first on
  std::vector<Index> heads_;    // a power of two
  List heard_;
  List waiting_;
};

}  // namespace uvinetd
