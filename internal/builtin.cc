// SPDX-License-Identifier: ISC
#include "internal/builtin.h"

#include <algorithm>
#include <array>

#include "internal/services.h"

namespace uvinetd {
namespace {

constexpr std::array kBuiltins{
    Builtin{"echo", open_echo, answer_echo},
    Builtin{"discard", open_discard, answer_discard},
    Builtin{"chargen", open_chargen, answer_chargen, /*is_cut_to_request=*/true},
    Builtin{"daytime", open_daytime, answer_daytime},
    Builtin{"time", open_time, answer_time},
    Builtin{"tcpmux", open_tcpmux},
    Builtin{"metrics", nullptr, nullptr, false, /*speaks_http=*/true},
    Builtin{"status", nullptr, nullptr, false, /*speaks_http=*/true},
};

}  // namespace

std::span<const Builtin> all_builtins() {
  return kBuiltins;
}

const Builtin* find_builtin(std::string_view name) {
  const auto at = std::find_if(kBuiltins.begin(), kBuiltins.end(),
                               [&](const Builtin& builtin) { return builtin.name == name; });
  return at == kBuiltins.end() ? nullptr : &*at;
}

}  // namespace uvinetd
