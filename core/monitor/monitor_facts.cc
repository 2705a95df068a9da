// SPDX-License-Identifier: ISC
// What the monitor knows of the daemon's processes, for the metrics that the reactor tells.
#include "core/monitor/monitor.h"

namespace uvinetd {
namespace {

constexpr std::chrono::milliseconds kTellFacts{100};  // many processes may end at a time
constexpr std::size_t kMostCounted = 256;             // launchers: a look at each costs a moment

std::int64_t wire_form(const std::optional<std::uint64_t>& descriptors) {
  return descriptors ? static_cast<std::int64_t>(*descriptors) : -1;
}

// Of all of them, or of none.
std::int64_t open_in(const std::vector<pid_t>& pids) {
  if (pids.size() > kMostCounted) return -1;
  std::uint64_t sum = 0;
  for (const auto pid : pids) {
    const auto count = OpenDescriptors::count_of(pid);
    if (!count) return -1;
    sum += *count;
  }
  return static_cast<std::int64_t>(sum);
}

}  // namespace

void Monitor::role_facts_changed() {
  if (facts_timer_ != 0 || is_stopping_) return;
  facts_timer_ = timers_.after(kTellFacts, [this] { tell_role_facts(); });
}

// A reactor that is in no box of ours counts its own descriptors, where we may not.
void Monitor::tell_role_facts() {
  timers_.cancel(facts_timer_);
  if (!reactor_) return;
  const auto launchers = launchers_->pids();
  std::vector<pid_t> resolvers;
  if (resolver_) resolvers.push_back(resolver_->pid);
  const auto count = [](const auto& list) { return static_cast<std::uint32_t>(list.size()); };
  const std::uint64_t resolver_restarts = resolver_starts_ == 0 ? 0 : resolver_starts_ - 1;
  reactor_->send(MessageType::RoleFacts,
                 print(RoleFacts{{
                     {"monitor", 1, 0, wire_form(descriptors_.count())},
                     {"reactor", 1, reactor_restarts(), open_in({reactor_->pid()})},
                     {"launcher", count(launchers), launchers_->losses(), open_in(launchers)},
                     {"resolver", count(resolvers), resolver_restarts, open_in(resolvers)},
                 }}));
}

std::vector<std::string> Monitor::troubles() const {
  std::vector<std::string> out;
  if (is_ready_ && quick_deaths_ >= kQuickDeathsToTell) {
    out.push_back("the reactor has ended " + std::to_string(quick_deaths_) +
                  " times, each soon after its start");
  }
  for (const auto identity : broken_identities_) {
    // Nobody is to be served as that one any more, or another launcher does it.
    if (!has_identity(identity) || launchers_->has_ready(identity)) continue;
    out.push_back("no server can be started as " + identity_name(identity));
  }
  return out;
}

std::string Monitor::status_text_now() const {
  std::string out;
  for (const auto& trouble : troubles()) out += (out.empty() ? "degraded: " : "; ") + trouble;
  return out.empty() ? summary() : out + "; " + summary();
}

void Monitor::tell_troubles() {
  if (is_ready_ && !is_stopping_) readiness_.status(status_text_now());
}

}  // namespace uvinetd
