// SPDX-License-Identifier: ISC
#include "core/reactor/control/answers.h"

#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "core/base/calendar.h"
#include "core/base/clock.h"
#include "core/reactor/control/each_text.h"
#include "core/reactor/listener.h"
#include "core/reactor/socket_text.h"
#include "spawn/access/access_decision.h"

namespace uvinetd {
namespace {

using nlohmann::json;

double milliseconds(std::chrono::nanoseconds time) {
  return static_cast<double>(time.count() / 1'000) / 1'000.0;
}

json counts_json(const WordCounts& counts) {
  json out = json::object();
  for (const auto& [word, count] : counts.list()) out[word] = count;
  return out;
}

json counters_json(const Counters& counters) {
  json out{{"accepted", counters.accepted},
           {"started", counters.started},
           {"answered", counters.answered},
           {"datagrams", counters.datagrams},
           {"pauses", counters.pauses},
           {"refused", counts_json(counters.refused)},
           {"failed", counts_json(counters.failed)},
           {"exits", counts_json(counters.exits)},
           {"cpu_seconds", static_cast<double>(counters.cpu_usec) / 1e6},
           {"max_rss_bytes", counters.max_rss_kib * 1024},
           {"start_p50_ms", nullptr},
           {"start_p99_ms", nullptr}};
  if (counters.start_latency.count() > 0) {
    out["start_p50_ms"] = milliseconds(counters.start_latency.quantile(0.5));
    out["start_p99_ms"] = milliseconds(counters.start_latency.quantile(0.99));
  }
  return out;
}

json histogram_json(const Histogram& histogram) {
  json out{{"count", histogram.count()}, {"sum_ms", static_cast<double>(histogram.sum_ns()) / 1e6}};
  auto& buckets = out["buckets"] = json::array();
  for (std::size_t i = 0; i < histogram.counts().size(); ++i) {
    json bucket{{"count", histogram.counts()[i]}, {"le_ms", nullptr}};
    if (i < Histogram::kBounds.size()) {
      bucket["le_ms"] = static_cast<double>(Histogram::kBounds[i]) / 1'000.0;
    }
    buckets.push_back(std::move(bucket));
  }
  return out;
}

// What a look at the service should say first.
const char* state_of(const Service& service) {
  if (service.is_removed) return "removed";
  if (service.hold != HoldHow::None) return "held";
  if (!pause_text(service).empty()) return "paused";
  if (service.is_at_limit()) return "full";
  if (service.listeners.empty() && service.entry.mux_name->empty()) return "unbound";
  return "open";
}

std::string seconds_until(std::chrono::milliseconds until, std::chrono::milliseconds now) {
  return rfc3339(std::chrono::system_clock::now() + (until - now));
}

}  // namespace

// ---- services --------------------------------------------------------------------------------

const Service* Answers::find(const std::string& id) const {
  const auto found = std::find_if(state_.services.begin(), state_.services.end(),
                                  [&](const auto& each) { return each.second->entry.id == id; });
  return found == state_.services.end() ? nullptr : found->second.get();
}

std::vector<std::uint32_t> Answers::sorted_keys() const {
  std::vector<std::pair<std::string_view, std::uint32_t>> named;
  named.reserve(state_.services.size());
  for (const auto& [key, service] : state_.services) named.emplace_back(service->entry.id, key);
  std::sort(named.begin(), named.end());
  std::vector<std::uint32_t> out;
  out.reserve(named.size());
  for (const auto& [id, key] : named) out.push_back(key);
  return out;
}

json Answers::service_json(const Service& service) const {
  const auto& entry = service.entry;
  auto out = counters_json(service.counters.get());
  out["id"] = entry.id;
  out["state"] = state_of(service);
  out["mode"] = entry.is_wait ? "wait" : "nowait";
  out["running"] = service.instances;
  out["limit"] = entry.instances != 0 ? json(entry.instances) : json();
  out["internal"] = entry.is_internal() ? json(*entry.internal) : json();
  const auto reason = pause_text(service);
  out["reason"] = reason.empty() ? json() : json(reason);
  out["hold"] = service.hold == HoldHow::None    ? json()
                : service.hold == HoldHow::Queue ? json("queue")
                                                 : json("refuse");
  out["addresses"] = socket_texts(state_.table, entry.key);
  out["sockets"] = service.listeners.size();
  const auto queue = state_.metrics.queue(entry.key);
  out["queue"] = queue ? json(queue->length) : json();
  return out;
}

std::unique_ptr<TextSource> Answers::list() const {
  return std::make_unique<EachText<std::uint32_t>>(
      sorted_keys(),
      [state = state_](std::uint32_t key, std::string& out) {
        const auto found = state.services.find(key);
        if (found == state.services.end()) return;
        out += reply_line("service", Answers(state).service_json(*found->second));
      },
      reply_end());
}

void Answers::add_service(json& service, const std::string& id) const {
  const auto* found = find(id);
  if (found == nullptr) return;
  service.update(service_json(*found));
  service["latency"] = {{"start", histogram_json(found->counters.get().start_latency)},
                        {"answer", histogram_json(found->counters.get().answer_latency)}};
}

// ---- servers ---------------------------------------------------------------------------------

std::unique_ptr<TextSource> Answers::servers(const std::string& id) const {
  const auto* only = id.empty() ? nullptr : find(id);
  if (!id.empty() && only == nullptr) return no_service(id);
  std::vector<LaunchId> launches;
  for (const auto& [launch, running] : state_.running) {
    const auto service = state_.services.find(running.service);
    if (service == state_.services.end()) continue;
    if (only == nullptr || service->second->entry.id == id) launches.push_back(launch);
  }
  std::sort(launches.begin(), launches.end());
  return std::make_unique<EachText<LaunchId>>(
      std::move(launches),
      [state = state_](LaunchId launch, std::string& out) {
        const auto running = state.running.find(launch);
        if (running == state.running.end()) return;
        const auto& server = running->second;
        const auto service = state.services.find(server.service);
        if (service == state.services.end()) return;
        const auto age = monotonic_now() - server.started;
        const auto peer = server.peer.text();
        out += reply_line(
            "server",
            {{"id", service->second->entry.id},
             {"pid", server.pid},
             {"from", peer == "-" || peer.empty() ? json() : json(peer)},
             {"age_ms", std::chrono::duration_cast<std::chrono::milliseconds>(age).count()}});
      },
      reply_end());
}

// ---- who may come ----------------------------------------------------------------------------

std::string Answers::judge(const Service& service, const SocketAddress& peer,
                           std::chrono::milliseconds now) const {
  const auto say = [](const char* answer, std::string_view rule) {
    return reply_line("match", {{"answer", answer}, {"rule", rule}});
  };
  const auto& more = *service.entry.more;
  if (state_.admission.is_banned(peer, now)) return say("denied", "ban");
  if (more.limits.is_sensor) return say("denied", "sensor");
  if (const char* reason = state_.admission.refuse_all(service, now)) return say("denied", reason);
  const auto client = AccessClient::of(peer);
  const auto decision = decide_access(more.access, state_.admission.rules(), client);
  const auto rule = describe(decision, more.access, client);
  switch (decision.answer) {
    case AccessDecision::Answer::Allowed:
      return say("allowed", rule);
    case AccessDecision::Answer::Denied:
    case AccessDecision::Answer::NoName:
      return say("denied", rule);
    case AccessDecision::Answer::NeedsName:
      break;
  }
  return say("needs-name", "a rule of names may describe it");
}

std::unique_ptr<TextSource> Answers::match(const ControlRequest& request,
                                           std::chrono::milliseconds now) const {
  const auto* service = find(request.id);
  if (service == nullptr) return no_service(request.id);
  const auto peer = SocketAddress::parse_ip(request.address, 0);
  if (!peer || !peer->is_ip()) return refuse("malformed", "address: no numeric address");
  return std::make_unique<WholeText>(judge(*service, *peer, now) + reply_end());
}

std::unique_ptr<TextSource> Answers::bans(std::chrono::milliseconds now) const {
  return std::make_unique<EachText<Ban>>(
      state_.admission.bans().list(),
      [now](const Ban& ban, std::string& out) {
        if (ban.until <= now) return;
        const bool is_for_ever = ban.until == BanList::kForEver;
        out += reply_line("ban",
                          {{"address", source_text(ban.source)},
                           {"until", is_for_ever ? json() : json(seconds_until(ban.until, now))}});
      },
      reply_end());
}

// ---- the daemon ------------------------------------------------------------------------------

void Answers::add_status(json& status, const ReactorFacts& facts) const {
  std::size_t held = 0;
  std::size_t paused = 0;
  std::size_t served = 0;
  for (const auto& [key, service] : state_.services) {
    held += service->hold != HoldHow::None;
    paused += service->hold == HoldHow::None && !pause_text(*service).empty();
    served += !service->is_removed;
  }
  status["reactor"] = {{"pid", getpid()},
                       {"incarnation", facts.incarnation},
                       {"uptime_ms", facts.uptime.count()},
                       {"table_generation", state_.table.generation()}};
  status["accepting"] = facts.is_accepting;
  status["services"] = {{"served", served}, {"paused", paused}, {"held", held}};
  status["servers"] = {{"running", state_.running.size()},
                       {"starting", state_.launchers.in_flight()},
                       {"instances", facts.running},
                       {"limit", facts.limit != 0 ? json(facts.limit) : json()}};
  status["control_clients"] = facts.clients;
  status.update(counters_json(state_.metrics.total()));
  auto& roles = status["roles"] = json::object();
  for (const auto& role : state_.metrics.daemon().roles) {
    roles[role.role] = {{"processes", role.processes},
                        {"restarts", role.restarts},
                        {"descriptors", role.descriptors ? json(*role.descriptors) : json()}};
  }
}

std::unique_ptr<TextSource> Answers::refuse(std::string_view code, std::string message) {
  return std::make_unique<WholeText>(reply_error({code, std::move(message)}));
}

std::unique_ptr<TextSource> Answers::no_service(const std::string& id) {
  return refuse("not-found",
                "no service " + json(id).dump(-1, ' ', false, json::error_handler_t::replace));
}

}  // namespace uvinetd
