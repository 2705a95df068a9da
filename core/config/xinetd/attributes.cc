// SPDX-License-Identifier: ISC
#include "core/config/xinetd/attributes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "core/config/quote.h"
#include "core/config/suggest.h"

namespace uvinetd::xinetd {
namespace {

constexpr auto kSet = Operators::Set;
constexpr auto kAll = Operators::All;
constexpr auto kYes = InDefaults::Yes;
constexpr auto kMeant = InDefaults::Meant;
constexpr auto kNo = InDefaults::No;
constexpr auto kOnly = InDefaults::Only;
constexpr auto kHarmless = Loss::Harmless;
constexpr auto kMatters = Loss::Matters;
constexpr auto kAny = kAnyNumber;

constexpr std::array kRules{
    Rule{"access_times", Key::AccessTimes, kSet, 1, kAny, kMeant, kMatters, read::access_times},
    Rule{"banner", Key::Banner, kSet, 1, 1, kYes, kHarmless, read::banner},
    Rule{"banner_fail", Key::BannerFail, kSet, 1, 1, kYes, kHarmless, read::banner_fail},
    Rule{"banner_success", Key::BannerSuccess, kSet, 1, 1, kYes, kHarmless, read::banner_success},
    Rule{"bind", Key::Bind, kSet, 1, 1, kYes, kMatters, read::bind},
    Rule{"cps", Key::Cps, kSet, 2, 2, kYes, kMatters, read::cps},
    Rule{"deny_time", Key::DenyTime, kSet, 1, 1, kMeant, kMatters, read::deny_time},
    Rule{"disable", Key::Disable, kSet, 1, 1, kNo, kMatters, read::disable},
    Rule{"disabled", Key::Disabled, kSet, 0, kAny, kOnly, kMatters, read::disabled, List::Disabled},
    Rule{"enabled", Key::Enabled, kSet, 0, kAny, kOnly, kMatters, read::enabled, List::Enabled},
    Rule{"env", Key::Env, Operators::SetAdd, 0, kAny, kMeant, kMatters, read::env, List::Env},
    Rule{"flags", Key::Flags, kSet, 0, kAny, kMeant, kMatters, read::flags},
    Rule{"group", Key::Group, kSet, 1, 1, kMeant, kMatters, read::group},
    Rule{"groups", Key::Groups, kSet, 1, 1, kYes, kMatters, read::groups},
    Rule{"id", Key::Id, kSet, 1, 1, kNo, kMatters, read::id},
    Rule{"instances", Key::Instances, kSet, 1, 1, kYes, kMatters, read::instances},
    Rule{"interface", Key::Bind, kSet, 1, 1, kYes, kMatters, read::bind},
    Rule{"libwrap", Key::Libwrap, kSet, 1, 1, kMeant, kMatters, read::libwrap},
    Rule{"log_on_failure", Key::LogOnFailure, kAll, 0, kAny, kYes, kHarmless, read::log_on_failure,
         List::LogOnFailure},
    Rule{"log_on_success", Key::LogOnSuccess, kAll, 0, kAny, kYes, kHarmless, read::log_on_success,
         List::LogOnSuccess},
    Rule{"log_type", Key::LogType, kSet, 2, 4, kYes, kHarmless, read::log_type},
    Rule{"max_load", Key::MaxLoad, kSet, 1, 1, kYes, kMatters, read::max_load},
    Rule{"mdns", Key::Mdns, kSet, 1, 1, kYes, kHarmless, read::mdns},
    Rule{"nice", Key::Nice, kSet, 1, 1, kMeant, kHarmless, read::nice},
    Rule{"no_access", Key::NoAccess, kAll, 0, kAny, kYes, kMatters, read::no_access,
         List::NoAccess},
    Rule{"only_from", Key::OnlyFrom, kAll, 0, kAny, kYes, kMatters, read::only_from,
         List::OnlyFrom},
    Rule{"park", Key::Park, kSet, 1, 1, kYes, kHarmless, read::park},
    Rule{"park_age", Key::ParkAge, kSet, 1, 1, kYes, kHarmless, read::park_age},
    Rule{"park_uses", Key::ParkUses, kSet, 1, 1, kYes, kHarmless, read::park_uses},
    Rule{"passenv", Key::Passenv, kAll, 0, kAny, kYes, kMatters, read::passenv, List::Passenv},
    Rule{"per_source", Key::PerSource, kSet, 1, 1, kYes, kMatters, read::per_source},
    Rule{"port", Key::Port, kSet, 1, 1, kNo, kMatters},
    Rule{"protocol", Key::Protocol, kSet, 1, 1, kNo, kMatters},
    Rule{"redirect", Key::Redirect, kSet, 2, 2, kNo, kMatters},
    Rule{"rlimit_as", Key::RlimitAs, kSet, 1, 1, kMeant, kMatters, read::resource_limit},
    Rule{"rlimit_cpu", Key::RlimitCpu, kSet, 1, 1, kMeant, kMatters, read::resource_limit},
    Rule{"rlimit_data", Key::RlimitData, kSet, 1, 1, kMeant, kMatters, read::resource_limit},
    Rule{"rlimit_files", Key::RlimitFiles, kSet, 1, 1, kMeant, kMatters, read::resource_limit},
    Rule{"rlimit_rss", Key::RlimitRss, kSet, 1, 1, kMeant, kMatters, read::resource_limit},
    Rule{"rlimit_stack", Key::RlimitStack, kSet, 1, 1, kMeant, kMatters, read::resource_limit},
    Rule{"rpc_number", Key::RpcNumber, kSet, 1, 1, kNo, kMatters},
    Rule{"rpc_version", Key::RpcVersion, kSet, 1, 1, kNo, kMatters},
    Rule{"server", Key::Server, kSet, 1, 1, kNo, kMatters},
    Rule{"server_args", Key::ServerArgs, kSet, 0, kAny, kNo, kMatters},
    Rule{"socket_type", Key::SocketType, kSet, 1, 1, kNo, kMatters},
    Rule{"spares", Key::Spares, kSet, 1, 1, kYes, kHarmless, read::spares},
    Rule{"start", Key::Start, kSet, 1, 1, kYes, kHarmless, read::start},
    Rule{"type", Key::Type, kSet, 0, kAny, kNo, kMatters, read::type},
    Rule{"umask", Key::Umask, kSet, 1, 1, kYes, kMatters, read::umask},
    Rule{"user", Key::User, kSet, 1, 1, kMeant, kMatters, read::user},
    Rule{"v6only", Key::V6only, kSet, 1, 1, kYes, kMatters, read::v6only},
    Rule{"wait", Key::Wait, kSet, 1, 1, kNo, kMatters},
};
static_assert(std::is_sorted(kRules.begin(), kRules.end(),
                             [](const Rule& a, const Rule& b) { return a.name < b.name; }));

// The names of restrictions: one of these misspelt would be passed over, and nobody kept out.
constexpr std::array<std::string_view, 8> kRestrictions{"access_times", "deny_time", "flags",
                                                        "instances",    "libwrap",   "no_access",
                                                        "only_from",    "per_source"};

constexpr std::size_t index_of(Key key) {
  return static_cast<std::size_t>(key);
}

class BlockJudge {
 public:
  BlockJudge(bool is_defaults, Reading& reading) : is_defaults_(is_defaults), reading_(reading) {}

  void take(Attribute& attribute) {
    const auto* rule = find_rule(attribute.name.text);
    if (rule == nullptr) return refuse_unknown(attribute);
    if (!is_in_place(*rule, attribute) || is_repeated(*rule, attribute)) return;
    take_comment(*rule, attribute);
    auto& draft = reading_.draft;
    draft.given[index_of(rule->key)] = &attribute;
    bool is_good = check_shape(*rule, attribute);
    if (!is_good && rule->loss == Loss::Harmless) {
      draft.given[index_of(rule->key)] = nullptr;
      return;
    }
    if (is_good && rule->read != nullptr) is_good = rule->read(attribute, reading_);
    if (is_good) return;
    draft.is_good = false;
    draft.is_bad.set(index_of(rule->key));
  }

 private:
  void refuse_unknown(const Attribute& attribute) {
    const auto& name = attribute.name.text;
    const std::string message = "unknown attribute " + quoted(name);
    if (!did_you_mean(name, kRestrictions).empty()) {
      reading_.report.error(attribute.at(), "attribute", message + ": xinetd passes over it",
                            did_you_mean(name, kRestrictions));
      reading_.draft.is_good = false;
      reading_.draft.is_unsafe = true;
      return;
    }
    std::array<std::string_view, kRules.size()> names;
    std::transform(kRules.begin(), kRules.end(), names.begin(),
                   [](const Rule& rule) { return rule.name; });
    reading_.report.warning(attribute.at(), "attribute", message + " is passed over",
                            did_you_mean(name, names));
  }

  // Whether it may stand in this kind of block. If not: told, and passed over as by xinetd.
  bool is_in_place(const Rule& rule, const Attribute& attribute) {
    if (!is_defaults_) {
      if (rule.in_defaults != InDefaults::Only) return true;
      reading_.report.warning(attribute.at(), "defaults",
                              quoted(rule.name) + " belongs into defaults: it is passed over here");
      return false;
    }
    if (rule.in_defaults == InDefaults::No) {
      reading_.report.warning(
          attribute.at(), "defaults",
          quoted(rule.name) + " has no meaning in defaults: it is passed over, as by xinetd");
      return false;
    }
    if (rule.in_defaults == InDefaults::Meant) {
      reading_.report.warning(
          attribute.at(), "defaults",
          quoted(rule.name) + " holds for every service here: xinetd passes over it in defaults");
    }
    return true;
  }

  bool is_repeated(const Rule& rule, const Attribute& attribute) {
    const auto* before = reading_.draft.of(rule.key);
    if (before == nullptr) return false;
    if (!rule.list) {
      reading_.report.warning(
          attribute.at(), "duplicate-key",
          fmt::format("{} is given already on line {}: the first holds, as in xinetd",
                      quoted(attribute.name.text), before->line));
      return true;
    }
    if (!is_defaults_ && attribute.op == Operator::Set) {
      reading_.report.warning(
          attribute.at(), "duplicate-key",
          fmt::format("{} is given already on line {}: this replaces it, as in xinetd",
                      quoted(attribute.name.text), before->line),
          "write += to add to a list");
    }
    return false;
  }

  // `# ...` behind the values. Words of a program may begin so: they are left alone.
  void take_comment(const Rule& rule, Attribute& attribute) {
    auto& values = attribute.values;
    const auto comment = std::find_if(values.begin(), values.end(),
                                      [](const Word& word) { return word.text.starts_with('#'); });
    if (comment == values.end()) return;
    const auto at = attribute.place(*comment);
    if (rule.key == Key::ServerArgs) {
      return reading_.report.warning(at, "trailing-comment",
                                     "\"#\" begins no comment here: the rest of the line goes to "
                                     "the program as arguments",
                                     "put the comment on a line of its own");
    }
    const bool is_dropped = rule.most != kAnyNumber;
    reading_.report.warning(
        at, "trailing-comment",
        is_dropped ? "a comment begins a line of its own: xinetd counts its words as values and "
                     "drops " +
                         quoted(attribute.name.text)
                   : "a comment begins a line of its own: xinetd takes its words for values",
        "put the comment on a line of its own");
    values.erase(comment, values.end());
  }

  // The operator and the number of values. False: told, at the severity of the loss.
  bool check_shape(const Rule& rule, const Attribute& attribute) {
    const bool is_allowed = attribute.op == Operator::Set || rule.operators == Operators::All ||
                            (rule.operators == Operators::SetAdd && attribute.op == Operator::Add);
    if (!is_allowed) {
      say(rule.loss, attribute.at(), "operator",
          fmt::format("{} takes {}", quoted(rule.name),
                      rule.operators == Operators::Set ? "= only" : "= and += only"));
      return false;
    }
    const auto count = attribute.values.size();
    if (count >= rule.fewest && count <= rule.most) return true;
    const bool is_fixed = rule.fewest == rule.most;
    const auto expected = rule.most == kAnyNumber ? fmt::format("at least {}", rule.fewest)
                          : is_fixed              ? fmt::format("{}", rule.fewest)
                                                  : fmt::format("{} to {}", rule.fewest, rule.most);
    const auto at =
        count > rule.most ? attribute.place(attribute.values[rule.most]) : attribute.values_at();
    say(rule.loss, at, "value",
        fmt::format("{} takes {} value{}, not {}: xinetd drops it", quoted(rule.name), expected,
                    expected.ends_with('1') ? "" : "s", count));
    return false;
  }

  void say(Loss loss, Place at, const char* slug, std::string message) {
    if (loss == Loss::Matters) {
      reading_.report.error(at, slug, std::move(message));
    } else {
      reading_.report.warning(at, slug, std::move(message));
    }
  }

  bool is_defaults_;
  Reading& reading_;
};

}  // namespace

std::span<const Rule> all_rules() {
  return kRules;
}

const Rule* find_rule(std::string_view name) {
  constexpr std::size_t kLongestName = 32;
  if (name.size() > kLongestName) return nullptr;
  const auto low = lower(name);
  const auto* at =
      std::lower_bound(kRules.begin(), kRules.end(), low,
                       [](const Rule& rule, const std::string& text) { return rule.name < text; });
  return at != kRules.end() && at->name == low ? at : nullptr;
}

void read_block(Block& block, bool is_defaults, Reading& reading) {
  BlockJudge judge(is_defaults, reading);
  if (block.is_bad) {
    reading.draft.is_good = false;
    reading.draft.is_unsafe = true;
  }
  for (auto& attribute : block.attributes) judge.take(attribute);
}

void inherit(const Draft& defaults, Reading& reading) {
  auto& draft = reading.draft;
  if (defaults.is_unsafe) draft.is_good = false;
  for (const auto& rule : kRules) {
    const auto* attribute = defaults.of(rule.key);
    if (attribute == nullptr || draft.of(rule.key) != nullptr) continue;
    const auto index = index_of(rule.key);
    if (rule.loss == Loss::Matters && defaults.is_bad[index]) draft.is_good = false;
    draft.given[index] = attribute;
    draft.is_bad[index] = defaults.is_bad[index];
    draft.is_inherited.set(index);
    if (!rule.list && !defaults.is_bad[index]) (void)rule.read(*attribute, reading);
  }
}

}  // namespace uvinetd::xinetd
