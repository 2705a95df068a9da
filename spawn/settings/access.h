// SPDX-License-Identifier: ISC
// Who may connect: which lists of rules judge the clients of a service.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/codec.h"

namespace uvinetd {

struct AccessSettings {
  std::vector<std::uint32_t> allow;  // numbers of lists (spawn/access/)
  std::vector<std::uint32_t> deny;
  bool has_allow = false;   // whom no rule describes is denied
  bool identifies = false;  // the client's host is asked who it is (RFC 1413), and has to answer

  // No client is looked at.
  [[nodiscard]] bool is_open() const { return !has_allow && allow.empty() && deny.empty(); }

  friend bool operator==(const AccessSettings&, const AccessSettings&) = default;
};

void put(Writer& out, const AccessSettings& settings);
void get(Reader& in, AccessSettings& out);

}  // namespace uvinetd
