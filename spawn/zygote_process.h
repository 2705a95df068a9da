// SPDX-License-Identifier: ISC
// One parked program and the children that it has made and that wait: what the launcher holds of
// them. Nothing here blocks, and nothing that a zygote says or does not say is relied on beyond its
// own service.
//
// Each child has a socket pair of its own, made here, and is known when it has said Born on it: the
// kernel tells its pid. Its launch lies in the pair until it takes it, so that a connection is in
// the pair, in its server or back here at every instant, and nobody keeps it open besides.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/unique_fd.h"
#include "spawn/wire.h"
#include "spawn/zygote_pair.h"

namespace uvinetd {

// A launch that a zygote is to make a child for.
struct WarmLaunch {
  Launch launch;
  std::uint32_t slot = 0;  // of the ledger
  UniqueFd connection;     // not while it is with a zygote
  bool is_prompt = false;  // the reactor waits to hear of it
};

// What a zygote says at first.
struct ZygoteAnswer {
  // Closed: it has ended, or is about to, without an answer: its status will say why.
  enum class Kind : std::uint8_t { None, Parked, TryMain, Refused, Broken, Closed };
  Kind kind = Kind::None;
  std::string reason;              // of all but Parked
  std::vector<std::string> files;  // Parked: absolute paths
  bool is_at_io = false;           // Parked: at its first I/O, else before main()
};

class ZygoteProcess {
 public:
  static constexpr std::chrono::seconds kBirthDeadline{5};

  // `members`: of all zygotes of the launcher, those that it has not reaped yet and that serve
  // nobody; this one and its waiting children are put there. It outlives this.
  ZygoteProcess(pid_t pid, UniqueFd channel, std::set<pid_t>& members)
      : pid_(pid), channel_(std::move(channel)), members_(members) {
    members_.insert(pid);
  }

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] int channel() const { return channel_.get(); }
  [[nodiscard]] ZygoteAnswer read_answer();

  // A waiting child takes the connection: its pid. nullopt: none does.
  [[nodiscard]] std::optional<pid_t> give(std::string_view serve, int connection);
  // One more child, for this launch (which is moved from) or to wait for one. False: it cannot be
  // asked for, and the launch is untouched.
  [[nodiscard]] bool ask(std::string_view serve, WarmLaunch* launch, ReadyZygotePair& pairs,
                         std::chrono::nanoseconds now);

  struct Births {
    // It serves already: nobody else may be born with its pid.
    std::function<bool(pid_t)> is_server;
    std::function<void(const WarmLaunch&, pid_t)> on_born;
    std::function<void(WarmLaunch)> on_unborn;  // with its connection
  };
  enum class Conduct : std::uint8_t { Good, Silent, Breach };
  // What has become of the children that were asked for. `reaped`: a child of this process that has
  // just been reaped, or 0. Silent: one of them was not born in time, or ended before it could say
  // so. Breach: it or the zygote has done what it must not. The zygote is to be killed then.
  [[nodiscard]] Conduct collect(const Births& births, pid_t reaped, std::chrono::nanoseconds now);
  // Whether this was a child that waited; it is gone.
  bool forget(pid_t pid);

  // It has been reaped: its pid is somebody else's from now on.
  void ended() { is_ended_ = true; }
  [[nodiscard]] bool is_ended() const { return is_ended_; }

  // No more children; those that wait end. Those that were asked for are still made.
  void let_go();
  void kill();

  [[nodiscard]] std::size_t waiting() const { return waiting_.size() + unborn_spares(); }
  [[nodiscard]] std::size_t descriptors() const { return waiting_.size() + 2 * unborn_.size(); }
  [[nodiscard]] bool has_unborn() const { return !unborn_.empty(); }
  // When the oldest of them was asked for.
  [[nodiscard]] std::chrono::nanoseconds oldest() const { return unborn_.front().asked; }
  template <typename Visit>
  void each_unborn(Visit visit) const {
    for (const auto& child : unborn_) visit(child.pair.get());
  }

 private:
  struct Child {
    pid_t pid = 0;
    UniqueFd pair;
  };
  struct Unborn {
    UniqueFd pair;
    UniqueFd theirs;
    std::chrono::nanoseconds asked{0};
    std::optional<WarmLaunch> launch;
  };
  enum class Birth : std::uint8_t { NotYet, Born, Never, TooLate, Wrong };
  // `pid` is set when Born.
  Birth look(const Unborn& child, const Births& births, pid_t reaped, std::chrono::nanoseconds now,
             pid_t& pid) const;
  [[nodiscard]] std::size_t unborn_spares() const;

  pid_t pid_;
  bool is_ended_ = false;
  UniqueFd channel_;
  std::set<pid_t>& members_;
  std::vector<Child> waiting_;
  std::vector<Unborn> unborn_;  // oldest first
};

}  // namespace uvinetd
