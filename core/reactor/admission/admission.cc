// SPDX-License-Identifier: ISC
#include "core/reactor/admission/admission.h"

namespace uvinetd {

Verdict Admission::ask(const Service& service, const Client& client,
                       std::chrono::milliseconds now) {
  if (const char* reason = refuse_all(service, now)) return Verdict::refuse(reason);
  const auto& access = service.entry.more->access;
  if (const auto verdict = ask_rules(access, client); verdict.answer != Verdict::Answer::Serve) {
    return verdict;
  }
  if (access.identifies && !client.is_identified) return Verdict::wait(Awaited::Ident);
  const char* reason = refuse_source(service, client.peer, now);
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
  return hours_.refuse(service.entry.more->hours, now);
}

const char* Admission::refuse_source(const Service& service, const SocketAddress& peer,
                                     std::chrono::milliseconds now) {
  switch (sources_.admit(service.entry.key, peer, service.entry.instances_per_source,
                         service.entry.source_starts_per_minute, now)) {
    case SourceLimits::Verdict::Allowed:
      return nullptr;
    case SourceLimits::Verdict::TooManyInstances:
      return "source-instances";
    case SourceLimits::Verdict::TooManyStarts:
      return "source-rate";
  }
  return nullptr;
}

void Admission::adopt(const Service& service, const SocketAddress& peer) {
  if (service.entry.instances_per_source != 0 || service.entry.source_starts_per_minute != 0) {
    sources_.adopt(service.entry.key, peer);
  }
}

}  // namespace uvinetd
