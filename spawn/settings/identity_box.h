// SPDX-License-Identifier: ISC
// What a server may do, the part that takes privilege to take on: a launcher does it once, at its
// start, so it is of the identity. Services with different boxes have different launchers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/codec.h"
#include "spawn/settings/box.h"

namespace uvinetd {

// A file of a control group and what is written there ("pids.max", "32").
struct GroupLimit {
  std::string file;
  std::string value;

  friend bool operator==(const GroupLimit&, const GroupLimit&) = default;
};

// A control group of version 2. Servers join it in their own process (BoxSettings::joins_group).
struct ControlGroup {
  std::string mount;                     // where the hierarchy is
  std::string path;                      // below it, "a/b"; "": none
  std::vector<std::string> controllers;  // that `limits` need
  std::vector<GroupLimit> limits;

  friend bool operator==(const ControlGroup&, const ControlGroup&) = default;
};

// Paths are as the server sees them: inside `root`.
struct IdentityBox {
  std::string root;  // chroot(2); "": none
  bool private_tmp = false;
  bool private_network = false;
  bool no_new_privs = false;
  std::vector<std::string> read_only_paths;
  std::vector<std::string> inaccessible_paths;
  std::optional<std::uint64_t> bounding;  // capabilities as bits; nullopt: as they are
  std::uint64_t ambient = 0;              // within `bounding`
  std::optional<std::int32_t> nice;       // that only root may have
  std::uint16_t io_priority = 0;          // the same; 0: unchanged
  std::vector<ResourceSetting> ceilings;  // hard limits that are raised, for servers to use
  ControlGroup group;

  [[nodiscard]] bool has_mounts() const {
    return private_tmp || !read_only_paths.empty() || !inaccessible_paths.empty();
  }
  friend bool operator==(const IdentityBox&, const IdentityBox&) = default;
};

void put(Writer& out, const IdentityBox& box);
void get(Reader& in, IdentityBox& out);

}  // namespace uvinetd
