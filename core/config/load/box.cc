// SPDX-License-Identifier: ISC
#include "core/config/load/box.h"

#include <map>
#include <set>
#include <string>
#include <utility>

#include "core/config/load/box_resolver.h"
#include "core/config/load/call_filter.h"
#include "core/config/load/rooted_file.h"
#include "core/config/quote.h"
#include "spawn/path_rights.h"

namespace uvinetd {
namespace {

void add_rules(const IdentityBox& box, const std::vector<std::string>& paths, std::uint64_t rights,
               BoxSettings& out) {
  for (const auto& path : paths) {
    const auto inside = resolve_inside(box.root, path);
    out.paths.push_back({inside.value_or(path), rights & out.path_rights});
  }
}

void set_path_rules(const ServiceOptions& more, const IdentityBox& box, BoxSettings& out) {
  using namespace path_right;
  if (more.landlock_read.empty() && more.landlock_write.empty() && more.landlock_execute.empty()) {
    return;
  }
  out.path_rights = all_path_rights(path_rights_version());
  constexpr auto kRead = kReadFile | kReadDirectory;
  add_rules(box, more.landlock_read, kRead, out);
  add_rules(box, more.landlock_execute, kRead | kExecute, out);
  add_rules(box, more.landlock_write, out.path_rights & ~kExecute, out);
}

// Services often have the same rules as their neighbours, and compiling takes its time.
std::vector<std::uint64_t> filter_of(const CallRules& rules) {
  static CallRules last_rules;
  static std::vector<std::uint64_t> last;
  if (!last.empty() && last_rules == rules) return last;
  auto filter = compile_call_filter(rules);
  if (!filter) return {};
  last_rules = rules;
  last = *filter;
  return last;
}

void set_call_rules(const ServiceOptions& more, BoxSettings& out) {
  if (more.system_calls) {
    out.call_filter = filter_of({true, *more.system_calls, more.on_forbidden_call});
  } else if (!more.system_calls_denied.empty()) {
    out.call_filter = filter_of({false, more.system_calls_denied, more.on_forbidden_call});
  }
}

}  // namespace

bool resolve_box(const LoadOptions& options, LoadedService& service, Diagnostics& diagnostics) {
  if (service.spec.more.is_default()) return true;
  return BoxResolver(options, service, diagnostics).run();
}

void drop_group_conflicts(LoadedConfig& config) {
  std::map<std::string, const LoadedService*> first;
  std::set<const LoadedService*> dropped;
  for (const auto& service : config.services) {
    const auto& group = service.identity.box->group;
    if (group.path.empty()) continue;
    const auto* const other = first.try_emplace(group.path, &service).first->second;
    if (other->identity.box->group == group) continue;
    const auto* at = service.spec.key_at->find("cgroup");
    config.diagnostics.push_back({Severity::Error, at != nullptr ? *at : service.spec.at,
                                  "the control group " + quoted(group.path) +
                                      " has other limits in the service " + quoted(other->spec.id),
                                  "", "cgroup"});
    dropped.insert(&service);
  }
  if (dropped.empty()) return;
  std::vector<LoadedService> kept;
  for (auto& service : config.services) {
    if (!dropped.contains(&service)) kept.push_back(std::move(service));
  }
  config.services = std::move(kept);
}

BoxSettings child_box(const LoadedService& service) {
  BoxSettings out;
  const auto& more = *service.spec.more;
  const auto& box = *service.identity.box;
  if (more.nice && !box.nice) out.nice = *more.nice;
  if (more.ionice && box.io_priority == 0) out.io_priority = *more.ionice;
  for (const auto& limit : more.limits) {
    out.limits.push_back({resource_number(limit.name), limit.soft.value_or(RLIM_INFINITY),
                          limit.hard.value_or(RLIM_INFINITY)});
  }
  out.joins_group = !box.group.path.empty();
  set_path_rules(more, box, out);
  set_call_rules(more, out);
  return out;
}

}  // namespace uvinetd
