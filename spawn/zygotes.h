// SPDX-License-Identifier: ISC
// The zygotes of one launcher: which services have one, when one is started, used, and let go.
//
// A launch is served by a child that waits, or a child is asked for and is told of later, or the
// answer is Exec: the launcher starts the server as it starts any other. The first launch of a
// service is always exec'd, and starts its zygote.
//
// Owns the zygotes and their waiting children; served children are the launcher's. Never blocks,
// but for the exec of a zygote (Spawner::spawn).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "spawn/file_stamp.h"
#include "spawn/launch_plan.h"
#include "spawn/spawner.h"
#include "spawn/zygote_choice.h"
#include "spawn/zygote_gate.h"
#include "spawn/zygote_pair.h"
#include "spawn/zygote_process.h"

namespace uvinetd {

class Zygotes {
 public:
  static constexpr std::chrono::seconds kParkDeadline{10};
  static constexpr std::chrono::milliseconds kBirthDelay{1};  // that a birth may be noticed late
  static constexpr std::size_t kMostDescriptors = 256;        // of children that wait

  struct Callbacks : ZygoteProcess::Births {
    // Why servers of this service are exec'd from now on, or for a while.
    std::function<void(std::uint32_t service, std::string reason)> on_cold;
  };
  // `library`: the path of uvi-zygote.so.
  Zygotes(Spawner& spawner, std::string library, Callbacks callbacks)
      : spawner_(spawner), library_(std::move(library)), callbacks_(std::move(callbacks)) {}
  Zygotes(const Zygotes&) = delete;
  Zygotes& operator=(const Zygotes&) = delete;

  struct Answer {
    enum class Kind : std::uint8_t { Exec, Serving, Asked } kind = Kind::Exec;
    pid_t pid = 0;  // Serving
  };
  // `plan` of a service that wants to be started warm; `family` of the connection; `errors` as in
  // SpawnRequest, borrowed. When Asked,
  // `launch` has been moved from.
  [[nodiscard]] Answer serve(LaunchPlan& plan, WarmLaunch& launch,
                             ConnectionEnvironment& connection, int family, int errors,
                             std::chrono::nanoseconds now);

  // Reads what is there, asks for children that are wanting, ends what is overdue. Once a turn, and
  // when a child of unknown pid has been `reaped`: it may have been born a moment ago.
  void collect(std::chrono::nanoseconds now, pid_t reaped = 0);
  // A child of this process that is no server. False: not one of these.
  bool on_exit(pid_t pid, int status, std::chrono::nanoseconds now);
  // Ends those of services for which `is_same` is false.
  void keep_if(const std::function<bool(std::uint32_t service)>& is_same);
  void end_all();

  [[nodiscard]] bool has_unborn() const;
  // Descriptors that wake the launcher, and the time by which it must look at the latest.
  void wakers(std::vector<int>& fds, std::optional<std::chrono::nanoseconds>& until,
              std::chrono::nanoseconds now) const;

 private:
  using Time = std::chrono::nanoseconds;
  struct One {
    ZygoteGate gate;
    std::unique_ptr<ZygoteProcess> process;  // while Starting or Parked
    WarmStart wish;
    std::vector<std::string> slots;  // "NAME=" of the connection's variables, in order
    WatchedFiles program;            // the file, and its interpreters: looked at for each launch
    WatchedFiles mapped;             // looked at once a second
    Time checked{0};
    Time started{0};
    Time rests_until{0};
    Time rest{0};
    std::uint32_t uses = 0;
    bool is_closed = false;  // its channel, before it has answered
  };
  using Key = std::pair<std::uint32_t, int>;  // service, address family

  // What the gate says; the gate goes on.
  static ZygoteStep::Action advance(One& one, ZygoteEvent event);
  // Ends it if the gate says so; `reason` is told.
  void end(const Key& key, One& one, ZygoteEvent event, const std::string& reason, Time now);
  void start(const Key& key, One& one, LaunchPlan& plan, ConnectionEnvironment& connection,
             int errors, Time now);
  void hear(const Key& key, One& one, Time now);
  void on_parked(const Key& key, One& one, const ZygoteAnswer& answer, Time now);
  [[nodiscard]] static bool is_busy(const One& one);
  void judge(const Key& key, One& one, ZygoteProcess::Conduct conduct, Time now);
  void refill(One& one, Time now);
  void rest(One& one, Time now);
  [[nodiscard]] bool is_worn(One& one, Time now) const;
  [[nodiscard]] std::size_t descriptors() const;
  void let_go(One& one, bool kills, Time now);

  Spawner& spawner_;
  std::string library_;
  Callbacks callbacks_;
  ReadyZygotePair pairs_;
  std::set<pid_t> members_;  // see ZygoteProcess
  std::map<Key, One> all_;
  // Those that start, or have children on their way or to be asked for: the others are silent until
  // they die, and cost nothing, however many there are.
  std::set<Key> busy_;
  struct Leaving {
    std::unique_ptr<ZygoteProcess> process;
    Time since{0};
  };
  std::vector<Leaving> leaving_;  // until they have been reaped and all births are known
};

}  // namespace uvinetd
