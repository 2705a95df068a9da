// SPDX-License-Identifier: ISC
// The reactor's view of the launchers: which there are, what each has in hand, where the next
// launch goes, and what is settled when one dies.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/base/channel.h"
#include "core/base/loop.h"
#include "core/reactor/metrics/meter.h"
#include "spawn/ledger.h"
#include "spawn/wire.h"

namespace uvinetd {

// A launch that has not been answered yet. Until it is, a connection lives in the launcher's queue,
// from where it comes back when the launcher dies; where queues cannot do that, and while it is not
// in the queue, `copy` keeps it open.
struct InFlight {
  LaunchId id = 0;
  std::uint32_t identity = 0;
  std::uint32_t service = 0;
  std::uint32_t listener = 0;
  bool is_connection = false;          // else the listening socket itself was sent
  std::vector<std::uint32_t> sockets;  // keys, where a server gets several listening sockets
  UniqueFd copy;
  SocketAddress peer;    // unset for wait and datagram services
  SocketAddress local;   // where it came to, when a proxy has said who `peer` is; else unset
  int attempts = 0;      // launches that failed for want of resources
  Accepted accepted{0};  // its client, or when the server was found to be needed
};

// How an unanswered launch of a dead launcher ended.
enum class Settled : std::uint8_t { NeverStarted, Running, Unknown };

class Launchers {
 public:
  // Unanswered launches of one launcher: bounded by the channel's buffer and by the descriptors in
  // flight that the kernel counts per user (ETOOMANYREFS, unix(7)).
  static constexpr std::size_t kMostInFlight = 128;
  static constexpr std::chrono::seconds kLaunchDeadline{10};  // then another launcher is started
  static constexpr std::chrono::seconds kSilentDeadline{60};  // then this one is killed

  struct Callbacks {
    std::function<void(Report&, std::optional<InFlight>)> on_report;
    std::function<void(InFlight, Settled, std::int32_t pid)> on_settled;
    std::function<void(std::uint32_t identity)> on_room;  // has_room() has become true
    std::function<void(MessageType, const std::string& body)> tell_monitor;
  };

  // At most `most_for_speed` launchers of an identity are asked for because launches stand in line;
  // more are no faster than there are processors.
  Launchers(Loop& loop, Timers& timers, Callbacks callbacks,
            std::size_t most_for_speed = std::thread::hardware_concurrency());

  // Nothing that launchers say is read before this: the reactor must know its services first.
  void start_reading();
  // `queue` is the launcher's own end of `channel`, read when the launcher is dead; it may be
  // unset.
  void join(std::uint32_t launcher, std::uint32_t identity, UniqueFd channel, UniqueFd queue,
            LedgerReader ledger);
  // The monitor says that it is dead: what it had answered is read, the rest is settled by its
  // ledger through on_settled.
  void gone(std::uint32_t launcher);
  // No other launcher of this identity can be had for now. True: and none is there, either.
  bool failed(std::uint32_t identity);

  // Whether submit() would send at once. When not, a launcher is asked for if need be, and on_room
  // follows in time.
  bool has_room(std::uint32_t identity);
  // Sends to the least busy launcher. `sockets` are borrowed. False: no room, or the channel is
  // closed; `launch` is untouched.
  bool submit(InFlight& launch, const std::vector<int>& sockets);
  bool submit(InFlight& launch, int socket) { return submit(launch, std::vector{socket}); }

  [[nodiscard]] std::size_t in_flight() const { return in_flight_.size(); }
  void each_in_flight(const std::function<void(const InFlight&)>& tell) const {
    for (const auto& [id, launch] : in_flight_) tell(launch);
  }
  // The child that a launcher reports, with the peer that stands in its page.
  [[nodiscard]] RunningChild child_of(const Report& report) const;
  // Which launcher has this child; 0: none.
  [[nodiscard]] std::uint32_t launcher_of(LaunchId id) const;
  // A child of this launcher has ended or was found running.
  void count_child(LaunchId id, std::uint32_t launcher);
  // What the ledgers of all launchers hold, by launcher id.
  [[nodiscard]] std::vector<std::pair<std::uint32_t, LedgerEntry>> ledger_entries() const;

 private:
  struct One {
    std::uint32_t id = 0;
    std::uint32_t identity = 0;
    Channel channel;
    Channel queue;  // what has been sent and not been taken, once the launcher is dead
    LedgerReader ledger;
    std::unique_ptr<FdWatcher> watcher;
    std::uint64_t sent = 0;
    std::unordered_set<LaunchId> in_flight;
    std::unordered_set<LaunchId> running;
    std::chrono::milliseconds last_answer{0};  // or when it was last given something to do
    bool is_stalled = false;                   // gets nothing new until it answers
    bool is_broken = false;  // cannot be sent to: dead, though its last words are still to be read
    bool is_short = false;   // we had no descriptor to queue for it with: it has room in a moment
    bool is_retired = false;
    bool is_retire_due = false;  // a timer looks at it

    // Launches that it has not begun, as far as its page is to be believed.
    [[nodiscard]] std::size_t waiting() const;
    [[nodiscard]] bool is_spare() const {
      return running.empty() && in_flight.empty() && !is_retired;
    }
  };

  void on_ready(std::uint32_t launcher, int events);
  void read(One& one);
  void on_reports(One& one, Reports reports, std::vector<UniqueFd> connections);
  void watch(One& one);
  One* best(std::uint32_t identity);
  void ask_for_one(std::uint32_t identity);
  void note_queue(std::uint32_t identity, std::size_t waiting);
  void take_back(One& one);
  void settle(One& one);
  void check_deadlines();
  void arm_deadline_check();
  void maybe_retire(One& one);
  void ask_anew();
  void wait_for_descriptors(One& one);
  [[nodiscard]] std::size_t count_of(std::uint32_t identity) const;

  Loop& loop_;
  Timers& timers_;
  Callbacks callbacks_;
  std::map<std::uint32_t, std::unique_ptr<One>> all_;
  std::unordered_map<std::uint32_t, std::vector<One*>> by_identity_;
  std::unordered_map<LaunchId, InFlight> in_flight_;
  std::unordered_set<std::uint32_t> asked_;  // identities for which a launcher is on its way
  std::unordered_map<std::uint32_t, std::size_t> crowding_;  // of an identity's queues
  std::size_t most_for_speed_;                 // launchers of an identity: one per processor
  std::unordered_set<std::uint32_t> starved_;  // identities that were told "no room"
  Timers::Id deadline_check_ = 0;
  bool is_reading_ = false;
};

}  // namespace uvinetd
