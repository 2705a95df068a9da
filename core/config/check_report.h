// SPDX-License-Identifier: ISC
// `uvinetd --check` and `uvinetctl check`: everything there is to say about a configuration, and
// nothing else.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "core/config/load/loader.h"

namespace uvinetd {

inline constexpr int kBadConfiguration = 78;  // EX_CONFIG of sysexits(3)

struct CheckForm {
  bool is_json = false;    // one document on stdout instead of lines on stderr
  bool is_strict = false;  // warnings count as errors
};

// Prints every diagnostic and a last line. Returns 0, or kBadConfiguration when there are errors.
[[nodiscard]] int print_check(const LoadedConfig& config, CheckForm form);

// One of them, as --json prints it.
[[nodiscard]] nlohmann::json diagnostic_json(const Diagnostic& diagnostic);

}  // namespace uvinetd
