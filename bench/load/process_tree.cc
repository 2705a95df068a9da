// SPDX-License-Identifier: ISC
#include "bench/load/process_tree.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "bench/load/process_files.h"

namespace uvinetd::bench {
namespace {

std::vector<ProcessStat> descendants(const std::vector<pid_t>& roots,
                                     const std::vector<ProcessStat>& all) {
  std::multimap<pid_t, const ProcessStat*> children;
  for (const auto& process : all) children.emplace(process.parent, &process);
  std::vector<ProcessStat> out;
  std::vector<pid_t> todo = roots;
  while (!todo.empty()) {
    const auto [first, last] = children.equal_range(todo.back());
    todo.pop_back();
    for (auto child = first; child != last; ++child) {
      out.push_back(*child->second);
      todo.push_back(child->second->pid);
    }
  }
  return out;
}

}  // namespace

Result<ProcessTree> ProcessTree::of(std::vector<pid_t> roots) {
  ProcessTree out;
  for (const auto pid : roots) {
    const auto stat = read_stat(pid);
    if (!stat || stat->state == 'Z') return fail("no such process:", std::to_string(pid), 0);
    out.known_[pid] = Process{stat->start_time, {}};
  }
  out.roots_ = std::move(roots);
  return out;
}

void ProcessTree::learn_resting() {
  for (const auto& process : descendants(roots_, read_all_stats()))
    if (process.state != 'Z') known_[process.pid] = Process{process.start_time, {}};
}

void ProcessTree::learn_parents() {
  const auto all = read_all_stats();
  std::set<pid_t> parents;
  for (const auto& process : all) parents.insert(process.parent);
  for (const auto& process : descendants(roots_, all))
    if (parents.count(process.pid) != 0) known_[process.pid] = Process{process.start_time, {}};
}

void ProcessTree::begin() {
  for (auto& [pid, process] : known_) process.at_begin = read_usage(pid).value_or(Usage{});
}

DaemonReport ProcessTree::end() const {
  DaemonReport out;
  out.pss_kib = 0;
  for (const auto& [pid, process] : known_) {
    const auto stat = read_stat(pid);
    const auto usage = read_usage(pid);
    if (!stat || stat->state == 'Z' || stat->start_time != process.start_time || !usage) continue;
    ++out.processes;
    out.usage.cpu += usage->cpu - process.at_begin.cpu;
    out.usage.children_cpu += usage->children_cpu - process.at_begin.children_cpu;
    out.usage.context_switches += usage->context_switches - process.at_begin.context_switches;
    const auto pss = read_pss_kib(pid);
    out.pss_kib = pss && out.pss_kib ? std::optional(*out.pss_kib + *pss) : std::nullopt;
  }
  return out;
}

}  // namespace uvinetd::bench
