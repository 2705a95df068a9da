// SPDX-License-Identifier: ISC
// What an inetd.conf does not say of a service: found by comparing it with what is read back.
#pragma once

#include <string>
#include <vector>

#include "core/config/service_spec.h"

namespace uvinetd {

struct Loss {
  std::vector<std::string> keys;  // as TOML calls them
  // One of them restricts who is served or what the server may do, or the service is another one
  // without it.
  bool is_grave = false;
};

// `read` are the services that the lines of `written` give; together they should be it.
[[nodiscard]] Loss loss_between(const ServiceSpec& written,
                                const std::vector<const ServiceSpec*>& read);

}  // namespace uvinetd
