// SPDX-License-Identifier: ISC
#include "core/config/toml/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "core/config/quote.h"
#include "core/config/suggest.h"
#include "core/config/toml/listen.h"
#include "spawn/settings/relay.h"

namespace uvinetd {
namespace {

std::string key_hint(std::string_view word) {
  std::vector<std::string_view> names;
  for (const auto& key : toml_keys()) names.push_back(key.name);
  return did_you_mean(word, names);
}

// Whether a value of [defaults] is one of this service's.
bool inherits(const TomlKey& key, const ServiceSpec& spec) {
  return applies(key.applies_to == AppliesTo::Identity ? AppliesTo::Program : key.applies_to, spec);
}

// Who asks for these counts on them: it is not enough to warn that nothing comes of it.
bool is_counted_on(const TomlKey& key) {
  static constexpr std::array<std::string_view, 8> kSuch{
      "at_limit",        "idle_timeout", "instances_per_source", "max_runtime", "rate",
      "rate_per_source", "sensor",       "start_timeout"};
  return std::find(kSuch.begin(), kSuch.end(), key.name) != kSuch.end();
}

const TomlItem* item_of(const std::vector<const TomlItem*>& items, std::string_view name) {
  return items[*find_toml_key(name)];
}

}  // namespace

TomlServices::TomlServices(const TomlOptions& options, const ServiceNames& names, Reporter& report,
                           Diagnostics& diagnostics)
    : options_(options),
      report_(report),
      diagnostics_(diagnostics),
      fields_{field_options_, names, report_, {}},
      context_{fields_, kMostRangePorts},
      unheard_report_(report.position({}).file, unheard_),
      unheard_fields_{field_options_, names, unheard_report_, {}, 0},
      unheard_context_{unheard_fields_, 0},
      defaults_(toml_keys().size()),
      is_bad_default_(toml_keys().size()) {}

void TomlServices::read_defaults(const TomlNode& table) {
  if (table.kind != TomlNode::Kind::Table) {
    report_.error(table.at, "type",
                  fmt::format("\"defaults\" must be a table, not {}", kind_text(table.kind)));
    are_defaults_bad_ = true;
    return;
  }
  Items written(toml_keys().size());
  are_defaults_bad_ = !sort_by_key(table, written);
  for (std::size_t i = 0; i < written.size(); ++i) {
    if (written[i] == nullptr) continue;
    const auto& key = toml_keys()[i];
    if (!key.is_inheritable) {
      report_.error(written[i]->at, "defaults",
                    quoted(key.name) + " makes no sense for all services",
                    "write it in the table of a service");
      are_defaults_bad_ = true;
      continue;
    }
    defaults_[i] = written[i];
    ServiceSpec sample;
    is_bad_default_[i] = !check_kind(key, *written[i]) || !read_key(key, *written[i], sample);
  }
}

TomlServices::Read TomlServices::read(const TomlItem& service) {
  Read out;
  const auto said_before = static_cast<std::ptrdiff_t>(diagnostics_.size());
  if (service.value.kind != TomlNode::Kind::Table) {
    report_.error(service.at, "type",
                  fmt::format("the service {} must be a table, not {}", quoted(service.key),
                              kind_text(service.value.kind)));
    return out;
  }
  Items own(toml_keys().size());
  bool is_good = sort_by_key(service.value, own) && !are_defaults_bad_;
  const auto* enabled = item_of(own, "enabled");
  out.is_enabled = enabled == nullptr || enabled->value.kind != TomlNode::Kind::Boolean ||
                   enabled->value.boolean;
  ServiceSpec spec;
  spec.id = service.key;
  spec.at = report_.position(service.at);
  if (spec.id.empty() || spec.id.find('\0') != std::string::npos) {
    is_good = report_.error(service.at, "value",
                            spec.id.empty() ? "the name of a service is empty"
                                            : "the name of a service has a NUL byte");
  }
  is_good &= read_keys(own, spec);
  is_good &= is_complete(service, own, spec);
  note_places(own, spec);
  if (!out.is_enabled) {
    std::for_each(diagnostics_.begin() + said_before, diagnostics_.end(), [](Diagnostic& said) {
      said.severity = std::min(said.severity, Severity::Warning);
    });
    return out;
  }
  if (!is_good) return out;
  share_options(spec);
  out.spec = std::move(spec);
  return out;
}

bool TomlServices::sort_by_key(const TomlNode& table, Items& out) {
  bool is_good = true;
  for (const auto& item : table.items) {
    const auto index = find_toml_key(item.key);
    if (index) {
      out[*index] = &item;
      continue;
    }
    std::string hint;
    if (fields_.hints_left > 0) {
      --fields_.hints_left;
      hint = key_hint(item.key);
    }
    is_good = report_.error(item.at, "key", "unknown key " + quoted(item.key), std::move(hint));
  }
  return is_good;
}

bool TomlServices::read_keys(const Items& own, ServiceSpec& spec) {
  const auto keys = toml_keys();
  bool is_good = true;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (own[i] != nullptr) {
      is_good &= read_own(keys[i], *own[i], is_good, spec);
    } else if (defaults_[i] != nullptr) {
      is_good &= read_inherited(i, spec);
    } else if (keys[i].absent != nullptr) {
      keys[i].absent(spec);
    }
  }
  return is_good;
}

// Of a service that is bad already it is not known what has an effect on it.
bool TomlServices::read_own(const TomlKey& key, const TomlItem& item, bool is_good,
                            ServiceSpec& spec) {
  if (!check_kind(key, item)) return false;
  if (!is_good || applies(key.applies_to, spec)) return read_key(key, item, spec);
  const auto sentence = fmt::format("{} has no effect here: it is for {}", quoted(key.name),
                                    applies_text(key.applies_to));
  if (is_counted_on(key)) {
    ServiceSpec sample = spec;
    if (!key.read({key.name, item.value, report_}, context_, sample)) return false;
    if (sample != spec) return report_.error(item.at, "no-effect", sentence);
  }
  report_.warning(item.at, "no-effect", sentence);
  if (key.absent != nullptr) key.absent(spec);
  return true;
}

bool TomlServices::read_inherited(std::size_t index, ServiceSpec& spec) {
  const auto& key = toml_keys()[index];
  if (!inherits(key, spec)) return true;
  if (is_bad_default_[index]) return false;
  unheard_.clear();
  const auto& item = *defaults_[index];
  keep_place(key, item, spec);
  return key.read({key.name, item.value, unheard_report_}, unheard_context_, spec);
}

void TomlServices::keep_place(const TomlKey& key, const TomlItem& item, ServiceSpec& spec) const {
  if (key.keeps_place) spec.key_at.edit().set(key.name, report_.position(item.value.at));
}

bool TomlServices::check_kind(const TomlKey& key, const TomlItem& item) {
  if ((key.kinds & kind_bit(item.value.kind)) != 0) return true;
  return report_.error(item.value.at, "type",
                       fmt::format("{} must be of the type {}, not {}", quoted(key.name), key.type,
                                   kind_text(item.value.kind)));
}

// Of what is judged later, together with the kind of service.
void TomlServices::note_places(const Items& own, ServiceSpec& spec) const {
  using Places = AdmissionPlaces;
  static constexpr std::pair<std::string_view, SourcePosition Places::*> kNoted[] = {
      {"access_times", &Places::access_times},
      {"allow", &Places::allow},
      {"deny", &Places::deny},
      {"libwrap", &Places::libwrap},
      {"max_load", &Places::max_load}};
  for (const auto& [name, place] : kNoted) {
    const auto* item = item_of(own, name);
    if (item == nullptr) item = item_of(defaults_, name);
    if (item != nullptr) spec.admission_at.edit().*place = report_.position(item->value.at);
  }
}

bool TomlServices::read_key(const TomlKey& key, const TomlItem& item, ServiceSpec& spec) {
  if (!key.read({key.name, item.value, report_}, context_, spec)) return false;
  keep_place(key, item, spec);
  return true;
}

bool TomlServices::is_complete(const TomlItem& service, const Items& own, const ServiceSpec& spec) {
  bool is_good = has_one_answer(service, own);
  const auto* listen = item_of(own, "listen");
  if (listen == nullptr && item_of(own, "tcpmux") == nullptr) {
    is_good = report_.error(service.at, "missing-key",
                            fmt::format("the service {} has no \"listen\"", quoted(service.key)),
                            "as listen = \"tcp://:79\"");
  }
  const bool has_port_0 =
      std::any_of(spec.listen.begin(), spec.listen.end(),
                  [](const ListenSpec& each) { return is_ip(each.kind) && each.port == 0; });
  if (has_port_0 && item_of(own, "rpc") == nullptr) {
    is_good = report_.error(listen->value.at, "port", "bad port \"0\"",
                            "1 to 65535; any port is for rpc services");
  }
  if (listen != nullptr) is_good &= has_fit_sockets(own, spec);
  const auto user = *find_toml_key("user");
  const bool has_user = own[user] != nullptr || defaults_[user] != nullptr;
  const bool needs_user = item_of(own, "exec") != nullptr && !is_syslog_service(spec);
  if (options_.is_root && needs_user && !has_user) {
    is_good = report_.error(service.at, "missing-key",
                            fmt::format("the service {} has no \"user\"", quoted(service.key)),
                            "as user = \"nobody\"");
  }
  return is_good;
}

// One server can be given sockets of every kind; where each is served by itself, they are of one.
bool TomlServices::has_fit_sockets(const Items& own, const ServiceSpec& spec) {
  const auto* const listen = item_of(own, "listen");
  const auto* const together = item_of(own, "listen_fds");
  if (spec.more->listen_fds) return true;
  for (const auto& each : spec.listen) {
    if (each.kind != spec.listen.front().kind) {
      return report_.error(listen->value.at, "listen",
                           fmt::format("one service has sockets of one kind, not {} and {}",
                                       kind_name(spec.listen.front().kind), kind_name(each.kind)),
                           "write two services, or listen_fds = true");
    }
    if (!each.name.is_default() && together == nullptr) {
      report_.warning(listen->value.at, "no-effect",
                      fmt::format("the name {} has no effect here: it is for services with "
                                  "listen_fds",
                                  quoted(*each.name)));
      return true;
    }
  }
  return true;
}

bool TomlServices::has_one_answer(const TomlItem& service, const Items& own) {
  const TomlItem* first = nullptr;
  const auto* internal = item_of(own, "internal");
  if (internal != nullptr && internal->value.text == kHealth) {
    if (item_of(own, "exec") != nullptr && item_of(own, "redirect") == nullptr) return true;
    return report_.error(
        internal->at, "internal",
        "a health check is answered by a command: it has an exec, and no redirect");
  }
  for (const char* name : {"exec", "internal", "redirect"}) {
    const auto* item = item_of(own, name);
    if (item == nullptr) continue;
    if (first != nullptr) {
      return report_.error(item->at, "value",
                           fmt::format("a service has one of \"{}\" and \"{}\"", first->key, name));
    }
    first = item;
  }
  const auto* sensor = item_of(own, "sensor");
  const bool answers_nobody = sensor != nullptr && sensor->value.boolean;
  if (first != nullptr || answers_nobody) return true;
  return report_.error(service.at, "missing-key",
                       fmt::format("the service {} has no \"exec\"", quoted(service.key)),
                       "or internal, or redirect");
}

// Services next to each other mostly differ in nothing that is rare.
void TomlServices::share_options(ServiceSpec& spec) {
  if (spec.more.is_default()) {
    spec.more = {};
  } else if (spec.more == last_options_) {
    spec.more = last_options_;
  } else {
    last_options_ = spec.more;
  }
}

}  // namespace uvinetd
