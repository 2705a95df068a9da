// SPDX-License-Identifier: ISC
// The hierarchy of control groups, version 2 (cgroups(7)).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace uvinetd {

// Where it is mounted; "": nowhere.
[[nodiscard]] std::string control_group_mount();
// The same, of the text of /proc/self/mountinfo.
[[nodiscard]] std::string control_group_mount_in(std::string_view mountinfo);

[[nodiscard]] bool has_controller(const std::string& mount, std::string_view controller);

// "a/b" of "/a/b"; "uvinetd/ID" of "auto". nullopt: empty, or with a part that is empty, "." or
// "..".
[[nodiscard]] std::optional<std::string> control_group_path(std::string_view written,
                                                            std::string_view id);

// Whether we may make this group, or what is needed of it when it is there.
[[nodiscard]] bool may_make_group(const std::string& mount, const std::string& path);

}  // namespace uvinetd
