// SPDX-License-Identifier: ISC
#include "core/config/check_report.h"

#include <cstdio>
#include <nlohmann/json.hpp>

namespace uvinetd {
namespace {

constexpr int kSchema = 1;  // grows only by addition

void print_json(const LoadedConfig& config, std::size_t good) {
  auto list = nlohmann::json::array();
  for (const auto& each : config.diagnostics) {
    list.push_back(diagnostic_json(each));
  }
  const nlohmann::json document = {{"schema", kSchema},
                                   {"services", good},
                                   {"written", config.services_written},
                                   {"diagnostics", list}};
  const auto text = document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
  std::printf("%s\n", text.c_str());
}

}  // namespace

nlohmann::json diagnostic_json(const Diagnostic& diagnostic) {
  return {{"file", diagnostic.at.file ? *diagnostic.at.file : ""},
          {"line", diagnostic.at.line},
          {"column", diagnostic.at.column},
          {"severity", severity_name(diagnostic.severity)},
          {"message", diagnostic.message},
          {"hint", diagnostic.hint},
          {"slug", diagnostic.slug}};
}

int print_check(const LoadedConfig& config, CheckForm form) {
  std::size_t errors = 0;
  std::size_t warnings = 0;
  for (const auto& diagnostic : config.diagnostics) {
    errors += diagnostic.severity == Severity::Error ? 1 : 0;
    warnings += diagnostic.severity == Severity::Warning ? 1 : 0;
    if (!form.is_json) std::fprintf(stderr, "%s\n", diagnostic.text().c_str());
  }
  const auto good = config.services.size() + config.unresolved.size();
  if (form.is_json) {
    print_json(config, good);
  } else {
    std::fprintf(stderr, "%zu of %zu services are good: %zu errors, %zu warnings\n", good,
                 config.services_written, errors, warnings);
  }
  const bool is_bad = errors > 0 || config.is_unreadable || (form.is_strict && warnings > 0);
  return is_bad ? kBadConfiguration : 0;
}

}  // namespace uvinetd
