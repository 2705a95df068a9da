// SPDX-License-Identifier: ISC
// What a reload would change; pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/config/diagnostic.h"
#include "core/config/load/loader.h"
#include "core/monitor/upgrade/upgrade_state.h"

namespace uvinetd {

struct ReloadDiff {
  static constexpr std::size_t kMostNamed = 50;  // of each kind: the first ones

  std::size_t kept = 0;
  std::size_t added = 0;
  std::size_t removed = 0;
  std::size_t changed = 0;
  std::vector<std::string> added_ids{};
  std::vector<std::string> removed_ids{};
  std::vector<std::string> changed_ids{};
};

// By service id.
[[nodiscard]] ReloadDiff diff(const std::vector<LoadedService>& running,
                              const std::vector<LoadedService>& wanted);

// The errors of `now` that `before` did not have. Lines move when a file is edited, so an error is
// known by its file, slug and message, not by its line.
[[nodiscard]] Diagnostics new_errors(const Diagnostics& before, const Diagnostics& now);

// The errors among them, as an upgrade carries them to the next program; and the other way round.
[[nodiscard]] std::vector<SavedError> saved_errors(const Diagnostics& list);
[[nodiscard]] Diagnostics known_errors(const std::vector<SavedError>& saved);

}  // namespace uvinetd
