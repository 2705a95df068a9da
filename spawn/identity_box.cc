// SPDX-License-Identifier: ISC
#include "spawn/identity_box.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "spawn/capability.h"
#include "spawn/identity_box_system.h"

namespace uvinetd {
namespace {

Status raise_ceilings(const IdentityBox& box) {
  for (const auto& ceiling : box.ceilings) {
    const auto resource = static_cast<decltype(RLIMIT_CPU)>(ceiling.resource);
    rlimit limit{};
    if (getrlimit(resource, &limit) != 0) return fail_errno("limits");
    limit.rlim_max = std::max(limit.rlim_max, static_cast<rlim_t>(ceiling.hard));
    if (setrlimit(resource, &limit) != 0) return fail_errno("limits");
  }
  return {};
}

Status write_file(const std::string& path, const std::string& text) {
  const UniqueFd fd(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd.is_open()) return fail_errno("cgroup", path);
  const auto written = write(fd.get(), text.data(), text.size());
  if (written != static_cast<ssize_t>(text.size())) return fail_errno("cgroup", path);
  return {};
}

bool has_all(const std::string& path, const std::vector<std::string>& words) {
  std::ifstream file(path);
  const std::set<std::string> there(std::istream_iterator<std::string>(file), {});
  return std::all_of(words.begin(), words.end(),
                     [&](const std::string& word) { return there.contains(word); });
}

// What does so already may be somebody else's.
Status hand_down(const std::string& folder, const std::vector<std::string>& controllers) {
  const auto path = folder + "/cgroup.subtree_control";
  if (has_all(path, controllers)) return {};
  std::string text;
  for (const auto& controller : controllers) text += "+" + controller + " ";
  return write_file(path, text);
}

// The group and those above it, each of which hands the controllers down.
Status make_group(const ControlGroup& group) {
  std::string folder = group.mount;
  std::size_t at = 0;
  while (at < group.path.size()) {
    if (auto status = hand_down(folder, group.controllers); !status) return status;
    const auto end = std::min(group.path.find('/', at), group.path.size());
    folder += "/" + group.path.substr(at, end - at);
    if (mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST) return fail_errno("cgroup", folder);
    at = end + 1;
  }
  for (const auto& limit : group.limits) {
    if (auto status = write_file(folder + "/" + limit.file, limit.value); !status) return status;
  }
  return {};
}

Result<UniqueFd> open_group(const ControlGroup& group) {
  if (group.path.empty()) return UniqueFd();
  if (auto status = make_group(group); !status) return tl::unexpected(status.error());
  const auto path = group.mount + "/" + group.path + "/cgroup.procs";
  UniqueFd fd(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd.is_open()) return fail_errno("cgroup", path);
  return fd;
}

// Both roots are one directory: whatever is below it is all that there is.
Status change_root(const std::string& root) {
  if (root.empty()) return {};
  if (chroot(root.c_str()) != 0) return fail_errno("chroot", root);
  if (chdir("/") != 0) return fail_errno("chroot", root);
  return {};
}

}  // namespace

Result<UniqueFd> enter_box(const IdentityBox& box) {
  if (box.nice && setpriority(PRIO_PROCESS, 0, *box.nice) != 0) return fail_errno("nice");
  if (auto status = raise_ceilings(box); !status) return tl::unexpected(status.error());
  auto group = open_group(box.group);
  if (!group) return group;
  for (auto* step : {take_io_priority, enter_namespaces}) {
    if (auto status = step(box); !status) return tl::unexpected(status.error());
  }
  if (auto status = change_root(box.root); !status) return tl::unexpected(status.error());
  if (auto status = make_mounts(box); !status) return tl::unexpected(status.error());
  if (!box.bounding) return group;
  if (auto status = limit_bounding_set(*box.bounding); !status) {
    return tl::unexpected(status.error());
  }
  return group;
}

Status seal_box(const IdentityBox& box, std::uint32_t uid) {
  if (uid == 0 && box.bounding) {
    if (auto status = limit_own_capabilities(*box.bounding); !status) return status;
  }
  if (uid != 0 && box.ambient != 0) {
    if (auto status = take_ambient_capabilities(box.ambient); !status) return status;
  }
  return box.no_new_privs ? give_up_new_privileges() : Status();
}

}  // namespace uvinetd
