// SPDX-License-Identifier: ISC
#include "core/reactor/admission/admission.h"

namespace uvinetd {

Verdict Admission::ask(const Service& service, const Client& client,
                       std::chrono::milliseconds now) {
  const char* reason = refuse_all(service, now);
  if (reason == nullptr) reason = refuse_source(service, client.peer, now);
  return reason == nullptr ? Verdict::serve() : Verdict::refuse(reason);
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
