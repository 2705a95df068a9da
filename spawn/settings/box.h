// SPDX-License-Identifier: ISC
// What a server may do once it runs: the part of it that its own process takes on, between its
// birth and the exec (spawn/child_steps.h). What needs privilege is of its identity.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/codec.h"

namespace uvinetd {

struct ResourceSetting {
  std::int32_t resource = 0;  // RLIMIT_CPU, ...
  std::uint64_t soft = 0;     // RLIM_INFINITY: none
  std::uint64_t hard = 0;

  friend bool operator==(const ResourceSetting&, const ResourceSetting&) = default;
};

// What may be done below a path, or with it (landlock(7)).
struct PathRule {
  std::string path;
  std::uint64_t rights = 0;  // LANDLOCK_ACCESS_FS_*

  friend bool operator==(const PathRule&, const PathRule&) = default;
};

struct BoxSettings {
  std::optional<std::int32_t> nice;  // of the process, not an increment
  std::uint16_t io_priority = 0;     // as ioprio_set(2) has it; 0: by `nice`
  std::vector<ResourceSetting> limits;
  bool joins_group = false;                // the control group that the launcher holds
  bool no_new_privs = false;               // the next two set it too
  std::uint64_t path_rights = 0;           // that nobody has but by a rule; 0: no rules
  std::vector<PathRule> paths;             // with path_rights
  std::vector<std::uint64_t> call_filter;  // BPF, an instruction each; empty: none

  friend bool operator==(const BoxSettings&, const BoxSettings&) = default;
};

void put(Writer& out, const BoxSettings& settings);
void get(Reader& in, BoxSettings& out);

}  // namespace uvinetd
