// SPDX-License-Identifier: ISC
#include "core/reactor/health/health_checks.h"

#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/process.h"
#include "internal/stream_io.h"

namespace uvinetd {
namespace {

using Next = HealthClient::Next;

constexpr const char* kNotRun = "the check could not be run\n";
constexpr const char* kTooLate = "the check took too long\n";

struct Ends {
  UniqueFd ours;
  UniqueFd theirs;
};

// The command reads an end of file, and what it writes comes to us.
std::optional<Ends> make_ends() {
  std::array<int, 2> pair{-1, -1};
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair.data()) != 0) return std::nullopt;
  Ends out{UniqueFd(pair[0]), UniqueFd(pair[1])};
  const bool is_good = set_cloexec(pair[0]) && set_cloexec(pair[1]) &&
                       set_nonblocking(pair[0], true) && shutdown(pair[0], SHUT_WR) == 0;
  return is_good ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace

// ---- clients ---------------------------------------------------------------------------------

void HealthChecks::open(std::uint32_t service, const HealthSettings& settings, UniqueFd connection,
                        const SocketAddress& peer, Accepted accepted) {
  checks_[service].settings = settings;
  auto& one = clients_.emplace_back(service, settings.form);
  one.self = std::prev(clients_.end());
  one.peer = peer;
  one.fd = std::move(connection);
  one.accepted = accepted;
  one.watcher =
      std::make_unique<FdWatcher>(loop_, one.fd.get(), [this, &one](int) { on_ready(one); });
  one.deadline = timers_.after(kAskLimit, [this, &one] {
    one.deadline = 0;
    one.client.hurry();
    on_ready(one);
  });
  on_ready(one);
}

void HealthChecks::on_ready(One& one) {
  follow(one, one.client.step(one.fd.get()));
}

void HealthChecks::follow(One& one, Next next) {
  switch (next) {
    case Next::Read:
      return one.watcher->watch(UV_READABLE);
    case Next::Write:
      return one.watcher->watch(UV_WRITABLE);
    case Next::Wait:
      one.watcher->watch(0);
      timers_.cancel(one.deadline);
      return ask(one);
    case Next::Close:
      return end(one);
  }
}

void HealthChecks::ask(One& one) {
  const auto service = one.service;
  auto& check = checks_[service];
  const std::chrono::milliseconds lasts = std::chrono::seconds(check.settings.cache_seconds);
  const bool is_fresh = check.result && loop_.now() - check.made < lasts;
  // What is too late and still runs is as bad as it was.
  const bool is_stuck = check.run != 0 && !check.is_awaited;
  if (check.result && (is_fresh || is_stuck)) return tell(one, *check.result);
  one.is_waiting = true;
  if (check.run == 0) run(service, check);
}

void HealthChecks::tell(One& one, const HealthResult& result) {
  one.is_waiting = false;
  one.deadline = timers_.after(kFarewellLimit, [this, &one] {
    one.deadline = 0;
    end(one);
  });
  const auto sent = stream_sent;
  const auto next = one.client.tell(one.fd.get(), result);
  if (stream_sent != sent && callbacks_.on_first_byte) {
    callbacks_.on_first_byte(one.service, one.accepted);
  }
  follow(one, next);
}

void HealthChecks::end(One& one) {
  const auto service = one.service;
  const auto peer = one.peer;
  timers_.cancel(one.deadline);
  one.watcher.reset();  // before its descriptor is closed
  clients_.erase(one.self);
  callbacks_.on_client_end(service, peer);
}

// ---- the command -----------------------------------------------------------------------------

void HealthChecks::run(std::uint32_t service, Check& check) {
  auto ends = make_ends();
  if (!ends) return finish(service, check, {false, kNotRun});
  check.text.clear();
  check.is_awaited = true;
  check.run = callbacks_.start(service, std::move(ends->theirs));
  if (check.run == 0) return finish(service, check, {false, kNotRun});
  check.output = std::move(ends->ours);
  check.watcher =
      std::make_unique<FdWatcher>(loop_, check.output.get(), [&check](int) { read_output(check); });
  check.watcher->watch(UV_READABLE);
  check.deadline =
      timers_.after(std::chrono::seconds(check.settings.timeout_seconds), [this, service, &check] {
        check.deadline = 0;
        finish(service, check, {false, kTooLate});
      });
}

void HealthChecks::read_output(Check& check) {
  constexpr int kMostReads = 16;
  for (int i = 0; i < kMostReads; ++i) {
    const auto got = read_some(check.output.get(), stream_scratch);
    if (got.state == IoState::Again) return;
    if (got.state == IoState::Ended) return check.watcher->watch(0);
    const auto kept = std::min(got.bytes, kMostOutput - check.text.size());
    check.text.append(reinterpret_cast<const char*>(stream_scratch.data()), kept);
  }
}

// What it wrote before it ended is there: others that it has left behind are not waited for.
void HealthChecks::on_exited(LaunchId id, int status) {
  const auto found = find(id);
  if (found == checks_.end()) return;
  auto& [service, check] = *found;
  check.run = 0;
  if (!check.is_awaited) return forget_if_done(service);
  read_output(check);
  finish(service, check, {WIFEXITED(status) && WEXITSTATUS(status) == 0, std::move(check.text)});
}

void HealthChecks::on_failed(LaunchId id) {
  const auto found = find(id);
  if (found == checks_.end()) return;
  found->second.run = 0;
  if (found->second.is_awaited) finish(found->first, found->second, {false, kNotRun});
}

void HealthChecks::finish(std::uint32_t service, Check& check, HealthResult result) {
  timers_.cancel(check.deadline);
  check.watcher.reset();
  check.output.reset();
  check.text = std::string();
  check.is_awaited = false;
  check.made = loop_.now();
  check.result = std::move(result);
  timers_.cancel(check.expiry);
  check.expiry =
      timers_.after(std::chrono::seconds(check.settings.cache_seconds), [this, service, &check] {
        check.expiry = 0;
        forget_if_done(service);
      });
  std::vector<One*> waiting;
  for (auto& one : clients_) {
    if (one.service == service && one.is_waiting) waiting.push_back(&one);
  }
  for (auto* one : waiting) tell(*one, *check.result);
}

// A service that is asked no more costs nothing.
void HealthChecks::forget_if_done(std::uint32_t service) {
  const auto found = checks_.find(service);
  if (found == checks_.end() || found->second.run != 0 || found->second.expiry != 0) return;
  const bool is_asked = std::any_of(clients_.begin(), clients_.end(), [&](const One& one) {
    return one.service == service && one.is_waiting;
  });
  if (!is_asked) checks_.erase(found);
}

std::map<std::uint32_t, HealthChecks::Check>::iterator HealthChecks::find(LaunchId id) {
  return std::find_if(checks_.begin(), checks_.end(),
                      [id](const auto& each) { return id != 0 && each.second.run == id; });
}

}  // namespace uvinetd
