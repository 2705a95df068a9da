// SPDX-License-Identifier: ISC
// Whether a client is served: everything that is decided before a process is spent. The limits of
// the whole service come before that, in Permit (listener.h): at those, clients stay in the
// backlog.
#pragma once

#include <chrono>

#include "core/reactor/admission/client.h"
#include "core/reactor/admission/hours.h"
#include "core/reactor/admission/source_limits.h"
#include "core/reactor/service.h"

namespace uvinetd {

class Admission {
 public:
  // nullptr: admitted, and counted as one start and one running server of its source; else the
  // reason. What costs least and counts nothing comes first.
  const char* refuse(const Service& service, const Client& client, std::chrono::milliseconds now);

  // The part of it that is the same for all clients: hours and load. Nothing is counted.
  const char* refuse_all(const Service& service, std::chrono::milliseconds now);

  // A server that runs already (replay), one that has ended or was not started after all.
  void adopt(const Service& service, const SocketAddress& peer);
  void ended(std::uint32_t service, const SocketAddress& peer) { sources_.ended(service, peer); }

 private:
  const char* refuse_source(const Service& service, const SocketAddress& peer,
                            std::chrono::milliseconds now);

  HoursCheck hours_;
  SourceLimits sources_;
};

}  // namespace uvinetd
