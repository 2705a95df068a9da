// SPDX-License-Identifier: ISC
#include "core/config/load/limit_check.h"

#include <algorithm>
#include <string>

#include "core/base/connection_activity.h"

namespace uvinetd {
namespace {

bool limits_sources(const ServiceSpec& spec) {
  return spec.instances_per_source.value_or(0) != 0 ||
         spec.source_starts_per_minute.value_or(0) != 0 || spec.more->rate_per_source;
}

bool is_limit(const std::optional<std::chrono::seconds>& time) {
  return time && time->count() != 0;
}

}  // namespace

bool check_limits(const ServiceSpec& spec, Diagnostics& diagnostics) {
  const auto refuse = [&](const char* slug, std::string message) {
    diagnostics.push_back({Severity::Error, spec.at, std::move(message), "", slug});
    return false;
  };
  const bool has_others = std::any_of(spec.listen.begin(), spec.listen.end(), [](const auto& each) {
    return each.kind != SocketKind::Tcp;
  });
  const bool sees_nobody = has_others || spec.mode == Mode::Wait;
  if (sees_nobody && limits_sources(spec)) {
    return refuse("limit",
                  "only nowait services of tcp sockets have limits for each client address");
  }
  const auto& more = *spec.more;
  // A redirect is seen by us.
  const bool watches_silence = is_limit(more.idle_timeout) && !more.redirect;
  const bool watches = is_limit(more.start_timeout) || watches_silence;
  if (watches && !kSeesActivity) {
    return refuse("limit", "this system does not tell when a connection was used last");
  }
  if (watches && (sees_nobody || !has_server(spec))) {
    return refuse("limit", "only nowait programs of tcp sockets have a limit for silence");
  }
  return true;
}

}  // namespace uvinetd
