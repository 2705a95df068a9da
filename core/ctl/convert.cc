// SPDX-License-Identifier: ISC
#include "core/ctl/convert.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "core/config/inetd/inetd_print.h"
#include "core/config/quote.h"
#include "core/config/toml/toml_print.h"
#include "core/ctl/comment_placing.h"

namespace uvinetd {
namespace {

constexpr const char* kSlug = "lost";

void to_inetd(const WrittenConfig& config, PlacedComments comments, Dialect dialect,
              const ServiceNames& names, Converted& out) {
  auto printed = print_inetd_conf(config.services, {dialect, std::move(comments)}, names);
  out.text += printed.text;
  for (const auto& lost : printed.lost) {
    const auto& spec = config.services[lost.service];
    out.lost.push_back({lost.severity(), spec.at, quoted(spec.id) + ": " + lost.text(), "", kSlug});
  }
}

void to_toml(const WrittenConfig& config, PlacedComments comments, Converted& out) {
  std::vector<std::string> problems;
  const TomlComments placed{std::move(comments.head), std::move(comments.of_service),
                            std::move(comments.tail)};
  out.text += print_toml(config.services, placed, &problems);
  // They are in the order of the services and begin with their ids.
  auto spec = config.services.begin();
  for (auto& problem : problems) {
    const auto is_of = [&](const ServiceSpec& each) {
      return problem.starts_with(quoted(each.id));
    };
    spec = std::find_if(spec, config.services.end(), is_of);
    const auto at = spec == config.services.end() ? SourcePosition() : (spec++)->at;
    out.lost.push_back({Severity::Error, at, std::move(problem), "", kSlug});
  }
}

}  // namespace

Converted convert(const WrittenConfig& config, Command::Target target, Dialect dialect,
                  const ServiceNames& names) {
  Converted out;
  auto comments = place_comments(config);
  if (config.daemon != DaemonSettings()) {
    SourcePosition at;
    if (!config.files.empty()) at.file = std::make_shared<const std::string>(config.files[0].name);
    out.lost.push_back(
        {Severity::Warning, at, "the table [daemon] is not carried over", "copy it", kSlug});
    comments.head.emplace_back("warning: the table [daemon] is not carried over [lost]");
  }
  switch (target) {
    case Command::Target::Inetd:
      to_inetd(config, std::move(comments), dialect, names, out);
      break;
    case Command::Target::Toml:
      to_toml(config, std::move(comments), out);
      break;
  }
  out.is_complete =
      !config.is_unreadable && !has_errors(config.diagnostics) && !has_errors(out.lost);
  return out;
}

}  // namespace uvinetd
