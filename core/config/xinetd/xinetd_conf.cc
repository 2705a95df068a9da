// SPDX-License-Identifier: ISC
#include "core/config/xinetd/xinetd_conf.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/config/quote.h"
#include "core/config/suggest.h"
#include "core/config/xinetd/service.h"

namespace uvinetd {
namespace {

using namespace xinetd;

std::vector<BindAddress> read_default_host(const std::string& host, Diagnostics& diagnostics) {
  Reporter report(nullptr, diagnostics);
  Field field;
  field.text = host;
  field.is_quoted = true;  // it has no columns
  auto addresses = read_addresses(field, report);
  return addresses ? std::move(*addresses) : std::vector<BindAddress>();
}

// What has to be known of a block before it is judged.
struct Glance {
  std::string id;  // xinetd's own: by it services are enabled and disabled
  bool is_disabled = false;
};

Glance glance_at(const Block& block) {
  Glance out;
  bool is_told = false;
  for (const auto& attribute : block.attributes) {
    const auto* rule = find_rule(attribute.name.text);
    if (rule == nullptr || attribute.values.empty()) continue;
    const auto value = attribute.values.front().text;
    if (rule->key == Key::Id && out.id.empty()) out.id = value;
    if (rule->key != Key::Disable || is_told) continue;
    is_told = true;  // the first holds
    out.is_disabled = is_same_word(value, "yes");
  }
  if (out.id.empty()) out.id = block.name.text;
  return out;
}

class Parser {
 public:
  Parser(const XinetdOptions& options, const ServiceNames& names)
      : names_(names),
        default_addresses_(read_default_host(options.default_host, out_.diagnostics)),
        around_{names, default_addresses_, defaults_, options.asks_hosts_access, {}} {}

  ParsedConfig run(std::string_view text, const std::string& name, IncludeSource& includes) {
    BlockReader(includes, out_.diagnostics, blocks_).read_main(text, name);
    read_defaults();
    out_.services_written = blocks_.lost;
    out_.services.reserve(blocks_.services.size());
    for (auto& block : blocks_.services) take(block);
    check_lists();
    drop_duplicates(out_.services, out_.diagnostics);
    for (auto& source : blocks_.sources) source.report.finish();
    out_.files = std::move(blocks_.files);
    sort_by_place(out_.diagnostics, out_.files);
    return std::move(out_);
  }

 private:
  void read_defaults() {
    if (!blocks_.defaults) return;
    auto& block = *blocks_.defaults;
    defaults_.report = &block.source->report;
    Reading reading{names_, *defaults_.report, defaults_.draft};
    read_block(block, true, reading);
    if (blocks_.services_before_defaults == 0) return;
    for (const auto& attribute : block.attributes) {
      const auto* rule = find_rule(attribute.name.text);
      if (rule == nullptr || !rule->list || rule->in_defaults != InDefaults::Yes) continue;
      defaults_.report->warning(attribute.at(), "xinetd-differs",
                                quoted(rule->name) +
                                    " holds for the services above too: xinetd gives it only to "
                                    "those below");
    }
  }

  [[nodiscard]] bool is_off(const Glance& glance) const {
    const auto& draft = defaults_.draft;
    const bool is_listed = draft.list(List::Enabled).contains(glance.id);
    return glance.is_disabled || draft.list(List::Disabled).contains(glance.id) ||
           (draft.of(Key::Enabled) != nullptr && !is_listed);
  }

  void take(Block& block) {
    auto glance = glance_at(block);
    const bool off = is_off(glance);
    known_ids_.insert(glance.id);
    if (off) return check_disabled(block);
    ++out_.services_written;
    auto spec = make(block, block.source->report);
    if (!spec) return;
    const auto [first, is_new] = ids_.try_emplace(std::move(glance.id), spec->at);
    if (!is_new) {
      auto at = first->second;
      at.column = 0;
      block.source->report.warning(
          block.at, "xinetd-differs",
          fmt::format("{} has the same id {}: xinetd leaves this service out", at.text(),
                      quoted(first->first)),
          "give it an id of its own");
    }
    out_.services.push_back(std::move(*spec));
  }

  // A service that is not wanted is no reason to fail.
  void check_disabled(Block& block) {
    for (auto i = block.first_said; i < block.last_said; ++i) {
      auto& severity = out_.diagnostics[i].severity;
      severity = std::min(severity, Severity::Warning);
    }
    Diagnostics said;
    Reporter report(block.source->name, said);
    (void)make(block, report);
    for (auto& diagnostic : said) {
      const bool is_of_running = diagnostic.slug == "ident" || diagnostic.slug == "mdns";
      if (is_of_running || diagnostic.severity == Severity::Note) continue;
      block.source->report.warning({diagnostic.at.line, diagnostic.at.column},
                                   diagnostic.slug.c_str(), std::move(diagnostic.message),
                                   std::move(diagnostic.hint));
    }
  }

  std::optional<ServiceSpec> make(Block& block, Reporter& report) {
    Draft draft;
    Reading reading{names_, report, draft, &defaults_.draft};
    read_block(block, false, reading);
    if (blocks_.defaults) {
      muted_.clear();
      Reporter muted(blocks_.defaults->source->name, muted_);
      Reading inheriting{names_, muted, draft, &defaults_.draft};
      inherit(defaults_.draft, inheriting);
    }
    Making making{block, reading, around_};
    return make_service(making);
  }

  // The ids in `enabled` and `disabled` that no service has.
  void check_lists() {
    if (!blocks_.defaults) return;
    const std::vector<std::string> candidates(known_ids_.begin(), known_ids_.end());
    int hints_left = 20;
    for (const auto& attribute : blocks_.defaults->attributes) {
      const auto* rule = find_rule(attribute.name.text);
      if (rule == nullptr || rule->in_defaults != InDefaults::Only) continue;
      for (const auto& word : attribute.values) {
        if (known_ids_.contains(std::string(word.text))) continue;
        std::string hint;
        if (hints_left > 0) {
          --hints_left;
          hint = did_you_mean(word.text, std::span<const std::string>(candidates));
        }
        defaults_.report->warning(attribute.place(word), "defaults",
                                  "no service has the id " + quoted(word.text), std::move(hint));
      }
    }
  }

  const ServiceNames& names_;
  ParsedConfig out_;
  Blocks blocks_;
  Defaults defaults_;
  std::vector<BindAddress> default_addresses_;  // empty: bad, and nothing may be bound by it
  Surroundings around_;
  Diagnostics muted_;
  std::unordered_set<std::string> known_ids_;
  std::unordered_map<std::string, SourcePosition> ids_;  // of the services that are on
};

}  // namespace

ParsedConfig parse_xinetd_conf(std::string_view text, const std::string& file_name,
                               const XinetdOptions& options, const ServiceNames& names,
                               IncludeSource& includes) {
  return Parser(options, names).run(text, file_name, includes);
}

}  // namespace uvinetd
