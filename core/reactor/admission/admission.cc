// SPDX-License-Identifier: ISC
#include "core/reactor/admission/admission.h"

#include "core/reactor/admission/proxies.h"

namespace uvinetd {
namespace {

SourceShare share_of(const TableOutline& entry) {
  SourceShare share;
  share.instances = entry.instances_per_source;
  share.starts_per_minute = entry.source_starts_per_minute;
  share.rate = entry.more->limits.rate_per_source;
  share.prefix_v6 = entry.more->limits.prefix_v6;
  return share;
}

}  // namespace

Verdict Admission::ask(const Service& service, const Client& client,
                       std::chrono::milliseconds now) {
  // All that follows is about whom the proxy speaks for.
  if (const auto& relay = service.entry.more->relay; relay.expects_header && !client.has_header) {
    return is_trusted_proxy(relay, client.peer) ? Verdict::wait(Awaited::Header)
                                                : Verdict::refuse("proxy");
  }
  if (is_banned(client.peer, now)) return Verdict::refuse("banned");
  if (service.entry.more->limits.is_sensor) return Verdict::refuse("sensor");
  if (const char* reason = refuse_all(service, now)) return Verdict::refuse(reason);
  const auto& access = service.entry.more->access;
  if (const auto verdict = ask_rules(access, client); verdict.answer != Verdict::Answer::Serve) {
    return verdict;
  }
  if (access.identifies && !client.is_identified) return Verdict::wait(Awaited::Ident);
  const char* reason = refuse_source(service, client, now);
  return reason == nullptr ? Verdict::serve() : Verdict::refuse(reason);
}

Verdict Admission::ask_rules(const AccessSettings& access, const Client& client) const {
  if (access.is_open()) return Verdict::serve();
  switch (judge_client(access, rules_, client).answer) {
    case AccessDecision::Answer::Allowed:
      return Verdict::serve();
    case AccessDecision::Answer::Denied:
      return Verdict::refuse("access");
    case AccessDecision::Answer::NeedsName:
      return Verdict::wait(Awaited::Name);
    case AccessDecision::Answer::NoName:
      return Verdict::refuse("name");
  }
  return Verdict::refuse("access");
}

const char* Admission::refuse_all(const Service& service, std::chrono::milliseconds now) {
  if (service.refuses_held()) return "held";
  return hours_.refuse(service.entry.more->hours, now);
}

// What one source has used up is no matter of the whole service: it is looked at before that.
const char* Admission::refuse_source(const Service& service, const Client& client,
                                     std::chrono::milliseconds now) {
  const bool is_counted = client.at_limit == nullptr;
  switch (
      sources_.admit(service.entry.key, client.peer, share_of(service.entry), now, is_counted)) {
    case SourceLimits::Verdict::Allowed:
      return client.at_limit;
    case SourceLimits::Verdict::TooManyInstances:
      return "source-instances";
    case SourceLimits::Verdict::TooManyStarts:
      return "source-rate";
  }
  return nullptr;
}

void Admission::adopt(const Service& service, const SocketAddress& peer) {
  const auto share = share_of(service.entry);
  if (share.is_limit()) sources_.adopt(service.entry.key, peer, share.prefix_v6);
}

void Admission::ended(const Service& service, const SocketAddress& peer) {
  const auto share = share_of(service.entry);
  if (share.is_limit()) sources_.ended(service.entry.key, peer, share.prefix_v6);
}

void Admission::recount(const TableOutline& before, const Service& service,
                        const SocketAddress& peer) {
  const auto share = share_of(before);
  if (share.is_limit()) sources_.ended(before.key, peer, share.prefix_v6);
  adopt(service, peer);
}

bool Admission::counts_alike(const TableOutline& before, const TableOutline& now) {
  const auto a = share_of(before);
  const auto b = share_of(now);
  return a.is_limit() == b.is_limit() && (!a.is_limit() || a.prefix_v6 == b.prefix_v6);
}

}  // namespace uvinetd
