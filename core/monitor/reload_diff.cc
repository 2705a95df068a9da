// SPDX-License-Identifier: ISC
#include "core/monitor/reload_diff.h"

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

namespace uvinetd {
namespace {

std::string mark(const Diagnostic& diagnostic) {
  const auto file = diagnostic.at.file ? *diagnostic.at.file : std::string();
  return file + '\0' + diagnostic.slug + '\0' + diagnostic.message;
}

}  // namespace

ReloadDiff diff(const std::vector<LoadedService>& running,
                const std::vector<LoadedService>& wanted) {
  std::unordered_map<std::string_view, const LoadedService*> before;
  for (const auto& service : running) before.emplace(service.spec.id, &service);
  ReloadDiff out;
  for (const auto& service : wanted) {
    const auto node = before.extract(service.spec.id);
    if (!node) {
      ++out.added;
    } else {
      ++(*node.mapped() == service ? out.kept : out.changed);
    }
  }
  out.removed = before.size();
  return out;
}

Diagnostics new_errors(const Diagnostics& before, const Diagnostics& now) {
  std::map<std::string, std::size_t> known;
  for (const auto& diagnostic : before) {
    if (diagnostic.severity == Severity::Error) ++known[mark(diagnostic)];
  }
  Diagnostics out;
  for (const auto& diagnostic : now) {
    if (diagnostic.severity != Severity::Error) continue;
    auto& count = known[mark(diagnostic)];
    if (count > 0) {
      --count;
    } else {
      out.push_back(diagnostic);
    }
  }
  return out;
}

}  // namespace uvinetd
