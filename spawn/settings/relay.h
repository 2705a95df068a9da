// SPDX-License-Identifier: ISC
// Clients that come through a proxy, are passed on to another host, or ask for the health of one.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/base/address.h"
#include "core/base/codec.h"
#include "core/base/source.h"
#include "spawn/settings/proxy_form.h"

namespace uvinetd {

// TableSettings::internal of a service whose clients are passed on; no built-in has this name.
inline constexpr std::string_view kRedirect = "redirect";
// The same of one whose clients are told how its command ended.
inline constexpr std::string_view kHealth = "health";

struct HealthSettings {
  HealthForm form = HealthForm::Http;
  std::uint32_t cache_seconds = 0;    // that a result counts
  std::uint32_t timeout_seconds = 0;  // that a run may take

  friend bool operator==(const HealthSettings&, const HealthSettings&) = default;
};

struct RelaySettings {
  // Whether each connection begins with a PROXY header, and from whom it may come.
  bool expects_header = false;
  bool trusts_unix = false;  // clients of Unix sockets
  std::vector<Source> proxies;

  // Of a redirect: where to, tried in this order, each with its port; where from, if it is set; and
  // how the target is told who the client is.
  std::vector<SocketAddress> targets;
  SocketAddress source;
  ProxyForm announces = ProxyForm::None;
  std::uint32_t idle_seconds = 0;  // 0: none

  HealthSettings health;

  friend bool operator==(const RelaySettings&, const RelaySettings&) = default;
};

void put(Writer& out, const RelaySettings& settings);
void get(Reader& in, RelaySettings& out);

}  // namespace uvinetd
