// SPDX-License-Identifier: ISC
// Services as JSON: what `uvinetctl show` prints. The form is described in uvinetctl(1); it has a
// schema number and grows only by addition.
#pragma once

#include <nlohmann/json.hpp>

#include "core/config/load/loader.h"

namespace uvinetd {

// One service. What every service has is always there (null: not written, or not known); what most
// leave at its default is there where it differs. A null `identity`: not looked up, or a built-in.
[[nodiscard]] nlohmann::ordered_json spec_json(const ServiceSpec& spec, const Identity* identity,
                                               bool is_resolved);

// The whole table: {"schema": 1, "services": [...]}, in the order of the configuration.
[[nodiscard]] nlohmann::ordered_json table_json(const LoadedConfig& config);

// Indented by two, or with -1 in one line; with a line end. Bytes that are no UTF-8 become U+FFFD,
// and no control character is left as it is.
[[nodiscard]] std::string json_text(const nlohmann::ordered_json& document, int indent = 2);

}  // namespace uvinetd
