// SPDX-License-Identifier: ISC
#include "core/config/load/web_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "core/base/source.h"
#include "core/config/quote.h"
#include "internal/builtin.h"

namespace uvinetd {
namespace {

bool speaks_http(const ServiceSpec& spec) {
  const auto* builtin = find_builtin(spec.internal);
  return builtin != nullptr && builtin->speaks_http;
}

bool is_loopback(const std::string& host) {
  return host == "::1" || (host.starts_with("127.") && parse_source(host).has_value());
}

// Whom does it answer that is not on this host, and that no rule was written for?
bool is_open_to_all(const ServiceSpec& spec) {
  const auto is_reached = [](const ListenSpec& listen) {
    return is_ip(listen.kind) && !is_loopback(listen.host);
  };
  return !spec.more->allow &&
         (spec.listen.empty() || std::any_of(spec.listen.begin(), spec.listen.end(), is_reached));
}

}  // namespace

void check_web_services(LoadedConfig& config) {
  const auto warning = [&config](const SourcePosition& at, const char* slug, std::string message,
                                 std::string hint) {
    config.diagnostics.push_back(
        {Severity::Warning, at, std::move(message), std::move(hint), slug});
  };
  for (auto& loaded : config.services) {
    auto& spec = loaded.spec;
    if (!speaks_http(spec)) continue;
    if (!spec.instances) spec.instances = kUsualWebClients;
    if (!is_open_to_all(spec)) continue;
    warning(spec.at, "exposed",
            fmt::format("the service {} tells every host that reaches it what runs here",
                        quoted(spec.id)),
            "listen at 127.0.0.1 or ::1, or write allow");
  }
}

}  // namespace uvinetd
