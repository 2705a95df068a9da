// SPDX-License-Identifier: ISC
// What the access rules of a service say of a client: the facts from its connection, the decision
// from spawn/access.
#pragma once

#include "core/reactor/admission/client.h"
#include "spawn/access/access_decision.h"

namespace uvinetd {

// Only facts that some rule of the service may ask for are looked at.
[[nodiscard]] AccessDecision judge_client(const AccessSettings& settings, const AccessBook& book,
                                          const Client& client);

}  // namespace uvinetd
