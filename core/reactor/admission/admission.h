// SPDX-License-Identifier: ISC
// Whether a client is served: everything that is decided before a process is spent. The limits of
// the whole service come before that, in Permit (listener.h): at those, clients stay in the
// backlog, or are refused here if the service wants that.
//
// The order of the checks is that of ask(): what costs least and counts nothing comes first. A
// client of whom something must be found out first waits (waiting_room.h), and is asked about again
// when it is known, from the beginning: rules may have changed meanwhile.
#pragma once

#include <chrono>

#include "core/base/ban_list.h"
#include "core/reactor/admission/access.h"
#include "core/reactor/admission/client.h"
#include "core/reactor/admission/hours.h"
#include "core/reactor/admission/source_limits.h"
#include "core/reactor/service.h"

namespace uvinetd {

// Serve; Refuse, for `reason`; or Wait, until `awaited` is known.
struct Verdict {
  enum class Answer : std::uint8_t { Serve, Refuse, Wait };
  Answer answer = Answer::Serve;
  const char* reason = nullptr;
  Awaited awaited = Awaited::Header;

  static constexpr Verdict serve() { return {}; }
  static constexpr Verdict refuse(const char* reason) { return {Answer::Refuse, reason, {}}; }
  static constexpr Verdict wait(Awaited awaited) { return {Answer::Wait, nullptr, awaited}; }
};

class Admission {
 public:
  // Serve counts one start and one running server of the client's source; nothing else counts.
  // Who is refused as "sensor" is to be banned by the caller.
  Verdict ask(const Service& service, const Client& client, std::chrono::milliseconds now);

  // The part of it that is the same for all clients: an operator, hours and load. Nothing is
  // counted.
  const char* refuse_all(const Service& service, std::chrono::milliseconds now);

  // The lists of access rules, as the monitor gives them.
  [[nodiscard]] AccessBook& rules() { return rules_; }

  // A server that runs already (replay), one that has ended or was not started after all.
  void adopt(const Service& service, const SocketAddress& peer);
  void ended(const Service& service, const SocketAddress& peer);
  // One of those, when the service's entry was `before` and is another one now.
  void recount(const TableOutline& before, const Service& service, const SocketAddress& peer);
  // Whether that is needed.
  [[nodiscard]] static bool counts_alike(const TableOutline& before, const TableOutline& now);

  [[nodiscard]] BanList& bans() { return bans_; }
  [[nodiscard]] bool is_banned(const SocketAddress& peer, std::chrono::milliseconds now) {
    return !bans_.is_empty() && peer.is_ip() && bans_.holds(source_of(peer), now);
  }

 private:
  [[nodiscard]] Verdict ask_rules(const AccessSettings& access, const Client& client) const;
  const char* refuse_source(const Service& service, const Client& client,
                            std::chrono::milliseconds now);

  BanList bans_;
  HoursCheck hours_;
  AccessBook rules_;
  SourceLimits sources_;
};

}  // namespace uvinetd
