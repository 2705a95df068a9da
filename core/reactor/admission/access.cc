// SPDX-License-Identifier: ISC
#include "core/reactor/admission/access.h"

#include <utility>

#include "core/reactor/admission/client_facts.h"

namespace uvinetd {
namespace {

// Of whom the system does not tell what a rule asks for.
constexpr AccessDecision kUnknown{AccessDecision::Answer::Denied, kNoRule};

}  // namespace

AccessDecision judge_client(const AccessSettings& settings, const AccessBook& book,
                            const Client& client) {
  auto facts = AccessClient::of(client.peer);
  facts.name = client.name;
  if (client.peer.is_ip()) {
    if (asks_for_interface(settings, book)) {
      facts.interface = arrival_interface(client.socket);
      if (facts.interface == 0) return kUnknown;
    }
    return decide_access(settings, book, facts);
  }
  auto ids = peer_ids(client.socket);
  if (!ids) return kUnknown;
  facts.kind = AccessClient::Kind::Unix;
  facts.user = ids->user;
  facts.groups = std::move(ids->groups);
  return decide_access(settings, book, facts);
}

}  // namespace uvinetd
