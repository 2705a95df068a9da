// SPDX-License-Identifier: ISC
#include "core/config/load/box_resolver.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <utility>

#include "core/base/process.h"
#include "core/config/load/call_filter.h"
#include "core/config/load/control_groups.h"
#include "core/config/quote.h"
#include "core/config/suggest.h"
#include "spawn/capability.h"
#include "spawn/child_steps.h"
#include "spawn/io_priority.h"

namespace uvinetd {
namespace {

constexpr unsigned kSetpcap = 8;
constexpr unsigned kSysChroot = 18;
constexpr unsigned kSysAdmin = 21;
constexpr unsigned kSysNice = 23;
constexpr unsigned kSysResource = 24;
constexpr rlim_t kFewestFiles = 4;  // standard ones, and what a program is loaded from

struct Resource {
  std::string_view name;
  int number;
};
constexpr std::array kResources{
    Resource{"core", RLIMIT_CORE},
    Resource{"cpu", RLIMIT_CPU},
    Resource{"data", RLIMIT_DATA},
    Resource{"files", RLIMIT_NOFILE},
    Resource{"fsize", RLIMIT_FSIZE},
    Resource{"stack", RLIMIT_STACK},
#ifdef RLIMIT_AS
    Resource{"as", RLIMIT_AS},
#endif
#ifdef RLIMIT_MEMLOCK
    Resource{"memlock", RLIMIT_MEMLOCK},
#endif
#ifdef RLIMIT_NPROC
    Resource{"procs", RLIMIT_NPROC},
#endif
#ifdef RLIMIT_RSS
    Resource{"rss", RLIMIT_RSS},
#endif
#ifdef RLIMIT_LOCKS
    Resource{"locks", RLIMIT_LOCKS},
#endif
#ifdef RLIMIT_MSGQUEUE
    Resource{"msgqueue", RLIMIT_MSGQUEUE},
#endif
#ifdef RLIMIT_NICE
    Resource{"nice", RLIMIT_NICE},
#endif
#ifdef RLIMIT_RTPRIO
    Resource{"rtprio", RLIMIT_RTPRIO},
#endif
#ifdef RLIMIT_RTTIME
    Resource{"rttime", RLIMIT_RTTIME},
#endif
#ifdef RLIMIT_SIGPENDING
    Resource{"sigpending", RLIMIT_SIGPENDING},
#endif
};

// How far an ordinary user may go below his own niceness.
bool may_be_nice(int wanted) {
#ifdef RLIMIT_NICE
  constexpr int kZero = 20;  // the limit counts from 20 down
  rlimit limit{};
  return getrlimit(RLIMIT_NICE, &limit) == 0 &&
         (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= static_cast<rlim_t>(kZero - wanted));
#else
  return wanted >= own_nice();
#endif
}

}  // namespace

int resource_number(std::string_view name) {
  for (const auto& resource : kResources) {
    if (resource.name == name) return resource.number;
  }
  return -1;
}

rlim_t own_hard_limit(int resource) {
  if (resource == RLIMIT_NOFILE) return original_descriptor_limit().rlim_max;
  rlimit limit{};
  const bool is_known = getrlimit(static_cast<decltype(RLIMIT_CPU)>(resource), &limit) == 0;
  return is_known ? limit.rlim_max : RLIM_INFINITY;
}

int own_nice() {
  errno = 0;
  const int nice = getpriority(PRIO_PROCESS, 0);
  return errno == 0 ? nice : 0;
}

const SourcePosition& BoxResolver::place(std::string_view key) const {
  const auto* at = service_.spec.key_at->find(key);
  return at != nullptr ? *at : service_.spec.at;
}

bool BoxResolver::refuse(const char* slug, std::string_view key, std::string message,
                         std::string hint) {
  out_.push_back({Severity::Error, place(key), std::move(message), std::move(hint), slug});
  return false;
}

void BoxResolver::warning(const char* slug, std::string_view key, std::string message,
                          std::string hint) {
  out_.push_back({Severity::Warning, place(key), std::move(message), std::move(hint), slug});
}

bool BoxResolver::needs_root(std::string_view key) {
  if (options_.uid == 0) return true;
  return refuse("other-user", key, "only root can give a service " + quoted(key));
}

bool BoxResolver::needs_capability(std::string_view key, unsigned number) {
  if (!needs_root(key)) return false;
  // Who only looks at the configuration of somebody else knows nothing of his capabilities.
  const bool is_held = (effective_capabilities() & capability_bit(number)) != 0;
  if (!kHasLinuxBoxes || geteuid() != 0 || is_held) return true;
  return refuse("capability", key,
                quoted(key) + " needs " + std::string(capability_names()[number]) +
                    ", which this daemon does not have");
}

// What only Linux has, and what takes privilege.
bool BoxResolver::has_what_it_needs() {
  struct Need {
    std::string_view key;
    bool is_written;
    int capability;  // -1: none; root is not needed
  };
  const Need needs[] = {
      {"ionice", more_.ionice.has_value(), -1},
      {"private_tmp", more_.private_tmp, kSysAdmin},
      {"private_network", more_.private_network, kSysAdmin},
      {"read_only_paths", !more_.read_only_paths.empty(), kSysAdmin},
      {"inaccessible_paths", !more_.inaccessible_paths.empty(), kSysAdmin},
      {"no_new_privs", more_.no_new_privs, -1},
      {"capability_bounding", more_.capability_bounding.has_value(), kSetpcap},
      {"capability_ambient", !more_.capability_ambient.empty(), kSetpcap},
      {"landlock_read", !more_.landlock_read.empty(), -1},
      {"landlock_write", !more_.landlock_write.empty(), -1},
      {"landlock_execute", !more_.landlock_execute.empty(), -1},
      {"system_calls", more_.system_calls.has_value(), -1},
      {"system_calls_denied", !more_.system_calls_denied.empty(), -1},
      {"cgroup", !more_.cgroup.empty(), -1},
      {"memory_max", more_.memory_max.has_value(), -1},
      {"cpu_max", more_.cpu_max.has_value(), -1},
      {"pids_max", more_.pids_max.has_value(), -1},
  };
  bool is_good = true;
  for (const auto& need : needs) {
    if (!need.is_written) continue;
    if (!kHasLinuxBoxes) {
      is_good =
          refuse("unsupported", need.key, quoted(need.key) + " is of Linux, and not in this build");
    } else if (need.capability >= 0) {
      is_good &= needs_capability(need.key, static_cast<unsigned>(need.capability));
    }
  }
  if (more_.chroot.empty()) return is_good;
  return needs_capability("chroot", kSysChroot) && is_good;
}

// What an ordinary process may not ask for is its launcher's.
bool BoxResolver::find_priorities() {
  bool is_good = true;
  if (more_.nice && *more_.nice < own_nice()) {
    if (options_.uid == 0) {
      is_good &= needs_capability("nice", kSysNice);
      box_.nice = *more_.nice;
    } else if (!may_be_nice(*more_.nice)) {
      is_good = refuse("other-user", "nice",
                       "only root can give a service a niceness of " + std::to_string(*more_.nice));
    }
  }
  if (more_.ionice && is_realtime_io(*more_.ionice)) {
    is_good &= needs_capability("ionice", kSysNice);
    box_.io_priority = *more_.ionice;
  }
  return is_good;
}

bool BoxResolver::find_limits() {
  bool is_good = true;
  for (const auto& limit : more_.limits) {
    const int number = resource_number(limit.name);
    if (number < 0) {
      is_good = refuse("unsupported", "limits", "this system has no limit " + quoted(limit.name));
      continue;
    }
    const auto hard = limit.hard.value_or(RLIM_INFINITY);
    if (limit.name == "files" && limit.soft.value_or(RLIM_INFINITY) < kFewestFiles) {
      is_good = refuse("limits", "limits", "no program can be loaded with so few files",
                       "at least " + std::to_string(kFewestFiles));
      continue;
    }
    if (hard <= own_hard_limit(number)) continue;
    if (options_.uid != 0) {
      is_good = refuse("other-user", "limits",
                       "only root can raise the limit " + quoted(limit.name) + " above " +
                           std::to_string(own_hard_limit(number)));
      continue;
    }
    is_good &= needs_capability("limits", kSysResource);
    box_.ceilings.push_back({number, hard, hard});
  }
  return is_good;
}

bool BoxResolver::find_names(std::string_view key, const std::vector<std::string>& names,
                             std::uint64_t& out) {
  bool is_good = true;
  for (const auto& name : names) {
    if (const auto number = capability_from_name(name)) {
      out |= capability_bit(*number);
    } else {
      is_good = refuse("capability", key, "unknown capability " + quoted(name),
                       did_you_mean(name, capability_names()));
    }
  }
  return is_good;
}

bool BoxResolver::find_capabilities() {
  bool is_good = true;
  if (more_.capability_bounding) {
    box_.bounding = 0;
    is_good &= find_names("capability_bounding", *more_.capability_bounding, *box_.bounding);
  }
  is_good &= find_names("capability_ambient", more_.capability_ambient, box_.ambient);
  if (!is_good || box_.ambient == 0) return is_good;
  if (box_.bounding && (box_.ambient & ~*box_.bounding) != 0) {
    return refuse("capability", "capability_ambient",
                  "\"capability_ambient\" has what \"capability_bounding\" takes away");
  }
  const auto held = effective_capabilities() & bounding_capabilities();
  if (geteuid() == 0 && (box_.ambient & ~held) != 0) {
    return refuse("capability", "capability_ambient",
                  "\"capability_ambient\" has what this daemon itself does not have");
  }
  if (service_.identity.uid == 0) {
    warning("no-effect", "capability_ambient",
            "\"capability_ambient\" has no effect here: root has all",
            "\"capability_bounding\" takes some away");
    box_.ambient = 0;
  }
  return true;
}

bool BoxResolver::are_calls(std::string_view key, const std::vector<std::string>& names) {
  bool is_good = true;
  for (const auto& name : names) {
    if (is_system_call(name)) continue;
    const auto known = system_call_names();
    is_good = refuse("system-call", key, "unknown system call " + quoted(name),
                     did_you_mean(name, std::span<const std::string>(known)));
  }
  return is_good;
}

bool BoxResolver::find_call_rules() {
  const bool has_allowed = more_.system_calls.has_value();
  const auto& denied = more_.system_calls_denied;
  if (!has_allowed && denied.empty()) return true;
  const auto* key = has_allowed ? "system_calls" : "system_calls_denied";
  if (!kHasCallFilters) {
    return refuse("unsupported", key,
                  quoted(key) + " needs libseccomp, which this was built without");
  }
  if (has_allowed && !denied.empty()) {
    return refuse("system-call", "system_calls_denied",
                  "\"system_calls\" denies everything else already");
  }
  const auto own = std::find_if(denied.begin(), denied.end(), is_always_allowed);
  if (own != denied.end()) {
    return refuse("system-call", key,
                  quoted(*own) + " cannot be denied: no server starts and ends without it");
  }
  if (!are_calls(key, has_allowed ? *more_.system_calls : denied)) return false;
  const CallRules rules{has_allowed, has_allowed ? *more_.system_calls : denied,
                        more_.on_forbidden_call};
  if (const auto filter = compile_call_filter(rules); !filter) {
    return refuse("system-call", key, filter.error().text());
  }
  return true;
}

bool BoxResolver::find_group() {
  struct Limit {
    std::string_view key;
    const char* controller;
    const char* file;
    std::string value;  // "": not written
  };
  constexpr unsigned kPeriod = 100'000;  // microseconds
  const auto text = [](const auto& number) { return number ? std::to_string(*number) : ""; };
  const auto cpu = more_.cpu_max ? std::to_string(std::uint64_t{*more_.cpu_max} * kPeriod / 100) +
                                       " " + std::to_string(kPeriod)
                                 : std::string();
  const Limit limits[] = {{"memory_max", "memory", "memory.max", text(more_.memory_max)},
                          {"cpu_max", "cpu", "cpu.max", cpu},
                          {"pids_max", "pids", "pids.max", text(more_.pids_max)}};
  std::string_view first = more_.cgroup.empty() ? "" : "cgroup";
  for (const auto& limit : limits) {
    if (first.empty() && !limit.value.empty()) first = limit.key;
  }
  if (first.empty()) return true;
  auto& group = box_.group;
  group.mount = control_group_mount();
  if (group.mount.empty()) {
    return refuse("cgroup", first, "no hierarchy of control groups, version 2, is mounted");
  }
  const auto path =
      control_group_path(more_.cgroup.empty() ? "auto" : more_.cgroup, service_.spec.id);
  if (!path) {
    return refuse("cgroup", "cgroup", quoted(more_.cgroup) + " is no path of a control group",
                  "\"auto\", or as \"inet/finger\"");
  }
  group.path = *path;
  for (const auto& limit : limits) {
    if (limit.value.empty()) continue;
    if (!has_controller(group.mount, limit.controller)) {
      return refuse("cgroup", limit.key,
                    "the control groups in " + group.mount + " have no controller " +
                        quoted(limit.controller));
    }
    group.controllers.emplace_back(limit.controller);
    group.limits.push_back({limit.file, limit.value});
  }
  if (may_make_group(group.mount, group.path)) return true;
  return refuse("cgroup", first,
                "the control group " + group.mount + "/" + group.path + " cannot be made",
                "it has to be delegated to this user");
}

bool BoxResolver::run() {
  if (!has_what_it_needs()) return false;
  bool is_good = find_priorities();
  is_good &= find_limits();
  is_good &= find_capabilities();
  is_good &= find_root() && find_paths() && find_path_rules();
  is_good &= find_call_rules();
  is_good &= find_group();
  if (!is_good) return false;
  box_.no_new_privs = more_.no_new_privs;
  if (!(box_ == IdentityBox())) service_.identity.box.edit() = std::move(box_);
  return true;
}

}  // namespace uvinetd
