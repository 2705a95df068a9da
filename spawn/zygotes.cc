// SPDX-License-Identifier: ISC
#include "spawn/zygotes.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <iterator>
#include <utility>

#include "core/base/clock.h"
#include "core/base/process.h"
#include "spawn/program_file.h"
#include "spawn/reaper.h"
#include "spawn/zygote/wire.h"

namespace uvinetd {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr seconds kMappedCheck{1};
constexpr seconds kShortestRest{1};
constexpr seconds kLongestRest{60};
constexpr seconds kLeavePatience{5};

std::string_view name_of(std::string_view variable) {
  return variable.substr(0, variable.find('=') + 1);
}

// The packet that gives a child its connection.
class ServePacket {
 public:
  // False: the zygote has no room for what the server is to be told.
  bool fill(ConnectionEnvironment& connection, const std::vector<std::string>& slots) {
    size_ = sizeof(zygote::Serve);
    auto slot = slots.begin();
    for (std::size_t i = 0; i < connection.count(); ++i) {
      const std::string_view variable(connection.at(i));
      slot = std::find(slot, slots.end(), name_of(variable));
      const auto length = variable.size() + 1;  // with its zero
      if (slot == slots.end() || length > zygote::kSlotBytes || size_ + length > bytes_.size()) {
        return false;
      }
      std::memcpy(bytes_.data() + size_, variable.data(), length);
      size_ += length;
    }
    zygote::Serve serve;
    serve.variables = static_cast<std::uint32_t>(connection.count());
    std::memcpy(bytes_.data(), &serve, sizeof serve);
    return true;
  }
  [[nodiscard]] std::string_view bytes() const { return {bytes_.data(), size_}; }

 private:
  std::array<char, zygote::kMostServeBytes> bytes_{};
  std::size_t size_ = 0;
};

// Somebody has ended it, which says nothing of how it would have parked.
bool is_deed_of_others(int status) {
  return WIFSIGNALED(status) && (WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGTERM);
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (auto& string : strings) out.push_back(string.data());
  out.push_back(nullptr);
  return out;
}

}  // namespace

Zygotes::Answer Zygotes::serve(LaunchPlan& plan, WarmLaunch& launch,
                               ConnectionEnvironment& connection, int family, int errors,
                               nanoseconds now) {
  const Key key{launch.launch.service, family};
  auto& one = all_[key];
  one.wish = *plan.service().warm;
  const auto phase = one.gate.phase;
  if (phase == ZygotePhase::Resting && now >= one.rests_until) advance(one, ZygoteEvent::Rested);
  if (phase == ZygotePhase::Parked && is_worn(one, now)) end(key, one, ZygoteEvent::Worn, {}, now);
  if (!one.process && one.program.have_changed()) advance(one, ZygoteEvent::Changed);
  if (advance(one, ZygoteEvent::Wanted) == ZygoteStep::Action::Start) {
    start(key, one, plan, connection, errors, now);
  }
  ServePacket packet;
  if (one.gate.phase != ZygotePhase::Parked || !packet.fill(connection, one.slots)) return {};
  busy_.insert(key);
  ++one.uses;
  if (const auto pid = one.process->give(packet.bytes(), launch.connection.get())) {
    return {Answer::Kind::Serving, *pid};
  }
  if (!one.process->ask(packet.bytes(), &launch, pairs_, now)) return {};
  return {Answer::Kind::Asked, 0};
}

ZygoteStep::Action Zygotes::advance(One& one, ZygoteEvent event) {
  const auto [next, action] = step(one.gate, event, one.wish.parks_at_io);
  one.gate = next;
  return action;
}

bool Zygotes::is_worn(One& one, nanoseconds now) const {
  const auto most = one.wish.uses != 0  ? one.wish.uses
                    : one.gate.is_at_io ? kUsesAtIo
                                        : kUsesAtMain;
  if (one.uses >= most) return true;
  if (one.wish.age_seconds != 0 && now - one.started >= seconds(one.wish.age_seconds)) return true;
  if (one.program.have_changed()) return true;
  if (now - one.checked < kMappedCheck) return false;
  one.checked = now;
  return one.mapped.have_changed();
}

void Zygotes::start(const Key& key, One& one, LaunchPlan& plan, ConnectionEnvironment& connection,
                    int errors, nanoseconds now) {
  one.program.clear();
  one.mapped.clear();
  const auto file = inspect_program(plan.program(), plan.search_path());
  for (const auto& path : file.files) one.program.add(path);
  if (!file.can_park()) return end(key, one, ZygoteEvent::Refused, file.reason, now);
  // A colon or a space would be the end of its name to the dynamic linker.
  if (::access(library_.c_str(), R_OK) != 0 || library_.find_first_of(": ") != std::string::npos) {
    return end(key, one, ZygoteEvent::Refused, library_ + " cannot be used", now);
  }
  UniqueFd placeholder(::socket(key.second, plan.service().socket_type, 0));
  if (placeholder.is_open()) (void)set_cloexec(placeholder.get());
  auto pair = make_zygote_pair();
  if (!placeholder.is_open() || !pair) {
    return end(key, one, ZygoteEvent::Died, "there is no socket for it", now);
  }
  auto variables = plan.zygote_environment(connection, library_, one.gate.is_at_io, file.hops);
  const auto environment = pointers(variables);
  SpawnRequest request;
  request.program = plan.program();
  request.argv = plan.argv();
  request.environment = environment.data();
  request.working_directory = plan.working_directory();
  request.connection = placeholder.get();
  request.errors = errors;
  request.channel = pair->theirs.get();
  const auto pid = spawner_.spawn(request);
  if (!pid) {
    const auto event = pid.error().code == EAGAIN || pid.error().code == ENOMEM
                           ? ZygoteEvent::Died
                           : ZygoteEvent::Refused;
    return end(key, one, event, pid.error().text(), now);
  }
  one.process = std::make_unique<ZygoteProcess>(*pid, std::move(pair->ours), members_);
  busy_.insert(key);
  one.started = now;
  one.checked = now;
  one.uses = 0;
  one.is_closed = false;
  one.slots.clear();
  for (std::size_t i = 0; i < connection.count(); ++i) {
    one.slots.emplace_back(name_of(connection.at(i)));
  }
}

// ---- what they say ---------------------------------------------------------------------------

void Zygotes::collect(nanoseconds now, pid_t reaped) {
  if (!busy_.empty()) pairs_.prepare();
  for (auto at = busy_.begin(); at != busy_.end();) {
    auto& one = all_.at(*at);
    if (one.process && one.gate.phase == ZygotePhase::Starting) hear(*at, one, now);
    if (one.process) judge(*at, one, one.process->collect(callbacks_, reaped, now), now);
    at = is_busy(one) ? std::next(at) : busy_.erase(at);
  }
  std::erase_if(leaving_, [&](Leaving& leaving) {
    const auto conduct = leaving.process->collect(callbacks_, reaped, now);
    if (conduct != ZygoteProcess::Conduct::Good || now - leaving.since > kLeavePatience)
      leaving.process->kill();
    return leaving.process->is_ended() && !leaving.process->has_unborn();
  });
}

bool Zygotes::is_busy(const One& one) {
  return one.process && (one.gate.phase == ZygotePhase::Starting || one.process->has_unborn());
}

void Zygotes::judge(const Key& key, One& one, ZygoteProcess::Conduct conduct, nanoseconds now) {
  switch (conduct) {
    case ZygoteProcess::Conduct::Silent:
      return end(key, one, ZygoteEvent::Died, "a child of it did not say that it is there", now);
    case ZygoteProcess::Conduct::Breach:
      return end(key, one, ZygoteEvent::Broke, "a child of it says what no child says", now);
    case ZygoteProcess::Conduct::Good:
      if (one.gate.phase == ZygotePhase::Parked) refill(one, now);
  }
}

void Zygotes::hear(const Key& key, One& one, nanoseconds now) {
  auto answer = one.process->read_answer();
  switch (answer.kind) {
    case ZygoteAnswer::Kind::Closed:
      one.is_closed = true;  // heard no more
      [[fallthrough]];
    case ZygoteAnswer::Kind::None:
      if (now - one.started < kParkDeadline) return;
      return end(key, one, ZygoteEvent::Broke, "it did not park in 10 seconds", now);
    case ZygoteAnswer::Kind::Parked:
      return on_parked(key, one, answer, now);
    case ZygoteAnswer::Kind::TryMain:
      return end(key, one, ZygoteEvent::TryMain, answer.reason, now);
    case ZygoteAnswer::Kind::Refused:
      return end(key, one, ZygoteEvent::Refused, answer.reason, now);
    case ZygoteAnswer::Kind::Broken:
      return end(key, one, ZygoteEvent::Broke, answer.reason, now);
  }
}

void Zygotes::on_parked(const Key& key, One& one, const ZygoteAnswer& answer, nanoseconds now) {
  if (answer.is_at_io && !one.gate.is_at_io) {
    return end(key, one, ZygoteEvent::Broke, "it parked where it was not to", now);
  }
  const bool is_as_asked = answer.is_at_io == one.gate.is_at_io;
  advance(one, is_as_asked ? ZygoteEvent::Parked : ZygoteEvent::ParkedAtMain);
  if (!is_as_asked) {
    callbacks_.on_cold(key.first,
                       "its first touch of the connection cannot be seen on this system "
                       "(parked before main() instead)");
  }
  for (const auto& path : answer.files) one.mapped.add(path);
  refill(one, now);
}

// Children that wait are made when half of them are used, so that many are made at one time and
// none while a client waits.
void Zygotes::refill(One& one, nanoseconds now) {
  if (one.process->waiting() > one.wish.spares / 2) return;
  auto room = kMostDescriptors - std::min(kMostDescriptors, descriptors());
  while (one.process->waiting() < one.wish.spares && room > 0) {
    if (!one.process->ask({}, nullptr, pairs_, now)) return;
    room -= std::min<std::size_t>(room, 2);  // both ends, until it is born
  }
}

std::size_t Zygotes::descriptors() const {
  std::size_t count = 0;
  for (const auto& [key, one] : all_) {
    if (one.process) count += one.process->descriptors();
  }
  return count;
}

// ---- their end -------------------------------------------------------------------------------

void Zygotes::end(const Key& key, One& one, ZygoteEvent event, const std::string& reason,
                  nanoseconds now) {
  const bool was_at_io = one.gate.is_at_io;
  if (advance(one, event) != ZygoteStep::Action::End) return;
  let_go(one, event != ZygoteEvent::Worn, now);
  if (one.gate.phase == ZygotePhase::Resting) rest(one, now);
  if (reason.empty()) return;
  callbacks_.on_cold(key.first, was_at_io && one.gate.phase == ZygotePhase::Cold
                                    ? reason + " (parking it before main() instead)"
                                    : reason);
}

// The longer, the sooner it died after the last time.
void Zygotes::rest(One& one, nanoseconds now) {
  one.rest = now - one.started > kLongestRest
                 ? nanoseconds(kShortestRest)
                 : std::clamp<nanoseconds>(one.rest * 2, kShortestRest, kLongestRest);
  one.rests_until = now + one.rest;
}

void Zygotes::let_go(One& one, bool kills, nanoseconds now) {
  if (!one.process) return;
  if (kills) {
    one.process->kill();
  } else {
    one.process->let_go();
  }
  leaving_.push_back({std::move(one.process), now});
}

bool Zygotes::on_exit(pid_t pid, int status, nanoseconds now) {
  if (members_.erase(pid) == 0) return false;
  for (auto& [key, one] : all_) {
    if (!one.process) continue;
    if (one.process->forget(pid)) {
      busy_.insert(key);  // another one may be wanted
      return true;
    }
    if (one.process->pid() != pid) continue;
    one.process->ended();
    if (one.gate.phase == ZygotePhase::Starting) {
      hear(key, one, now);  // its last words
      if (one.process) {
        end(key, one, is_deed_of_others(status) ? ZygoteEvent::Died : ZygoteEvent::Broke,
            "it ended before it parked (status " + status_text(status) + ")", now);
      }
    } else {
      end(key, one, ZygoteEvent::Died, "it was ended (status " + status_text(status) + ")", now);
    }
    return true;
  }
  for (auto& leaving : leaving_) {
    if (leaving.process->pid() != pid) continue;
    leaving.process->ended();
    return true;
  }
  return false;
}

void Zygotes::keep_if(const std::function<bool(std::uint32_t service)>& is_same) {
  const auto now = monotonic_now();
  for (auto at = all_.begin(); at != all_.end();) {
    if (is_same(at->first.first)) {
      ++at;
      continue;
    }
    let_go(at->second, false, now);
    busy_.erase(at->first);
    at = all_.erase(at);
  }
}

void Zygotes::end_all() {
  for (auto& [key, one] : all_) {
    if (one.process) one.process->kill();
  }
  busy_.clear();
  all_.clear();
}

bool Zygotes::has_unborn() const {
  const auto is_asked = [&](const Key& key) {
    const auto& one = all_.at(key);
    return one.process && one.process->has_unborn();
  };
  return std::any_of(busy_.begin(), busy_.end(), is_asked) ||
         std::any_of(leaving_.begin(), leaving_.end(),
                     [](const auto& each) { return each.process->has_unborn(); });
}

// A birth is noticed a moment late, with others if there are any: what the launcher does then would
// stand before the first instruction of the server that has just been made.
void Zygotes::wakers(std::vector<int>& fds, std::optional<nanoseconds>& until,
                     nanoseconds now) const {
  const auto at_most = [&](nanoseconds time) { until = std::min(time, until.value_or(time)); };
  const auto add = [&](const ZygoteProcess& process) {
    if (!process.has_unborn()) return;
    at_most(process.oldest() + ZygoteProcess::kBirthDeadline);
    if (now - process.oldest() < kBirthDelay) return at_most(process.oldest() + kBirthDelay);
    process.each_unborn([&](int fd) { fds.push_back(fd); });
  };
  for (const auto& key : busy_) {
    const auto& one = all_.at(key);
    if (!one.process) continue;
    add(*one.process);
    if (one.gate.phase != ZygotePhase::Starting) continue;
    if (!one.is_closed) fds.push_back(one.process->channel());
    at_most(one.started + kParkDeadline);
  }
  for (const auto& each : leaving_) {
    add(*each.process);
    if (!each.process->is_ended()) at_most(each.since + kLeavePatience);
  }
}

}  // namespace uvinetd
