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

void name(std::vector<std::string>& list, std::string_view id) {
  if (list.size() < ReloadDiff::kMostNamed) list.emplace_back(id);
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
      name(out.added_ids, service.spec.id);
    } else if (*node.mapped() == service) {
      ++out.kept;
    } else {
      ++out.changed;
      name(out.changed_ids, service.spec.id);
    }
  }
  out.removed = before.size();
  for (const auto& service : running) {
    if (before.contains(service.spec.id)) name(out.removed_ids, service.spec.id);
  }
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

std::vector<SavedError> saved_errors(const Diagnostics& list) {
  std::vector<SavedError> out;
  for (const auto& each : list) {
    if (each.severity != Severity::Error) continue;
    out.push_back({each.at.file ? *each.at.file : std::string(), each.slug, each.message});
  }
  return out;
}

Diagnostics known_errors(const std::vector<SavedError>& saved) {
  Diagnostics out;
  for (const auto& each : saved) {
    SourcePosition at;
    at.file = std::make_shared<const std::string>(each.file);
    out.push_back({Severity::Error, at, each.message, "", each.slug});
  }
  return out;
}

}  // namespace uvinetd
