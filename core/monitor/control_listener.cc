// SPDX-License-Identifier: ISC
#include "core/monitor/control_listener.h"

#include <grp.h>
#include <unistd.h>

#include <cstdlib>

#include "core/base/run_folder.h"
#include "core/control/control_socket_path.h"

namespace uvinetd {
namespace {

constexpr int kBacklog = 64;

std::optional<std::uint32_t> group_id(const std::string& name) {
  if (const auto* entry = getgrnam(name.c_str())) return entry->gr_gid;
  char* end = nullptr;
  const auto number = std::strtoul(name.c_str(), &end, 10);
  if (name.empty() || *end != '\0' || number > UINT32_MAX) return std::nullopt;
  return static_cast<std::uint32_t>(number);
}

}  // namespace

Status ControlListener::take(const UpgradeState& kept, const ListenSpec& spec,
                             const BindOptions& options) {
  fd_.reset(kept.control_fd);
  identity_ = {kept.control_device, kept.control_inode};
  return update_socket(fd_.get(), spec, options);
}

void ControlListener::save(UpgradeState& state) const {
  state.control_path = path_;
  state.control_fd = fd_.get();
  state.control_device = identity_.device;
  state.control_inode = identity_.inode;
}

Status ControlListener::open(const ControlSettings& settings, const UpgradeState* kept) {
  auto status = open_wanted(settings, kept);
  if (kept == nullptr || kept->control_fd < 0 || fd_.get() == kept->control_fd) return status;
  const UniqueFd unused(kept->control_fd);
  const PathIdentity identity{kept->control_device, kept->control_inode};
  if (!fd_.is_open() || kept->control_path != path_) remove_path_if(kept->control_path, identity);
  return status;
}

Status ControlListener::open_wanted(const ControlSettings& settings, const UpgradeState* kept) {
  const auto folder = settings.path ? std::string() : run_folder();
  path_ = settings.path ? *settings.path : control_socket_in(folder);
  if (path_.empty()) return {};
  rules_.owner = geteuid();
  rules_.everybody_reads = settings.everybody_reads;
  if (!settings.group.empty()) {
    const auto group = group_id(settings.group);
    if (!group) return fail("control group", settings.group, EINVAL);
    rules_.has_group = true;
    rules_.group = *group;
  }
  if (!settings.path) {
    if (auto status = make_run_folder(folder); !status) return status;
  }
  ListenSpec spec;
  spec.kind = SocketKind::UnixStream;
  spec.path = path_;
  auto& node = spec.node.edit();
  node.mode = settings.everybody_reads ? 0666U : rules_.has_group ? 0660U : 0600U;
  if (rules_.has_group) node.group = std::to_string(rules_.group);
  BindOptions options;
  options.backlog = kBacklog;
  options.is_nonblocking = true;
  if (kept != nullptr && kept->control_fd >= 0) {
    const PathIdentity identity{kept->control_device, kept->control_inode};
    if (kept->control_path == path_ && path_identity(path_) == identity) {
      return take(*kept, spec, options);
    }
  }
  auto bound = bind_socket(spec, options);
  if (!bound) return tl::unexpected(bound.error());
  fd_ = std::move(*bound);
  identity_ = path_identity(path_);
  return {};
}

void ControlListener::remove() {
  if (fd_.is_open()) remove_path_if(path_, identity_);
}

}  // namespace uvinetd
