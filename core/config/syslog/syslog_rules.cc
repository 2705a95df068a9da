// SPDX-License-Identifier: ISC
#include <algorithm>
#include <nlohmann/json.hpp>
#include <type_traits>
#include <utility>

#include "core/config/syslog/syslog_rules.h"

namespace uvinetd {
namespace {

using Json = nlohmann::json;

// ---- to CBOR ------------------------------------------------------------------------------------

// Texts are bytes: a path need not be UTF-8.
Json bytes_json(std::string_view text) {
  return Json::binary({text.begin(), text.end()});
}

Json texts_json(const std::vector<std::string>& list) {
  Json out = Json::array();
  for (const auto& text : list) out.push_back(bytes_json(text));
  return out;
}

Json names_json(const SyslogNames& names) {
  return {{"is_inverted", names.is_inverted}, {"names", texts_json(names.names)}};
}

Json filter_json(const SyslogPropertyFilter& filter) {
  return {{"property", filter.property},
          {"operation", filter.operation},
          {"is_inverted", filter.is_inverted},
          {"ignores_case", filter.ignores_case},
          {"value", bytes_json(filter.value)}};
}

Json rule_json(const SyslogRule& rule) {
  Json out{{"mask", Json::binary({rule.mask.begin(), rule.mask.end()})}, {"action", rule.action}};
  if (rule.programs != SyslogNames()) out["programs"] = names_json(rule.programs);
  if (rule.hosts != SyslogNames()) out["hosts"] = names_json(rule.hosts);
  if (!rule.properties.empty()) {
    auto& list = out["properties"] = Json::array();
    for (const auto& filter : rule.properties) list.push_back(filter_json(filter));
  }
  if (rule.is_final) out["is_final"] = true;
  return out;
}

Json action_json(const SyslogAction& action) {
  return {{"kind", action.kind},
          {"path", bytes_json(action.path)},
          {"users", texts_json(action.users)},
          {"host", bytes_json(action.host)},
          {"port", action.port},
          {"form", action.form},
          {"is_synced", action.is_synced},
          {"rotate_size", action.rotate_size},
          {"rotate_count", action.rotate_count},
          {"most_bytes", action.most_bytes},
          {"place", bytes_json(action.place)}};
}

Json settings_json(const SyslogSettings& settings) {
  return {{"rules", bytes_json(settings.rules)},
          {"dialect", settings.dialect},
          {"mark", settings.mark.count()},
          {"folds_repeats", settings.folds_repeats},
          {"trusts_time", settings.trusts_time},
          {"trusts_host", settings.trusts_host},
          {"relays", settings.relays},
          {"rotate_size", settings.rotate_size},
          {"rotate_count", settings.rotate_count},
          {"file_mode", settings.file_mode},
          {"rate", settings.rate},
          {"burst", settings.burst}};
}

// ---- from CBOR ----------------------------------------------------------------------------------

// The reader of the library calls itself for each level. What is deeper than a setup is none.
class DepthGuard final : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return ++depth_ <= kDeepest; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return depth_-- > 0; }
  bool start_array(std::size_t) override { return ++depth_ <= kDeepest; }
  bool end_array() override { return depth_-- > 0; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  static constexpr int kDeepest = 10;
  int depth_ = 0;
};

// Members of one object. After the first that is of another kind or out of range nothing is good. A
// key that is missing leaves its default.
class Members {
 public:
  Members(const Json& object, bool& is_good) : object_(object), is_good_(is_good) {
    is_good_ &= object.is_object();
  }

  // Null: it is missing.
  const Json* find(const char* key) {
    if (!object_.is_object()) return nullptr;
    const auto found = object_.find(key);
    return found == object_.end() ? nullptr : &*found;
  }
  void get(const char* key, bool& out) {
    if (const auto* value = find(key)) {
      if ((is_good_ &= value->is_boolean())) out = value->get<bool>();
    }
  }
  void get(const char* key, std::string& out) {
    if (const auto* value = find(key)) get_bytes(*value, out);
  }
  void get(const char* key, std::vector<std::string>& out) {
    each(key, [&](const Json& value) { get_bytes(value, out.emplace_back()); });
  }
  template <typename T>
  requires std::is_unsigned_v<T>
  void get(const char* key, T& out, std::uint64_t most = T(-1)) {
    const auto* value = find(key);
    if (value == nullptr) return;
    is_good_ &= value->is_number_unsigned() && value->template get<std::uint64_t>() <= most;
    if (is_good_) out = static_cast<T>(value->template get<std::uint64_t>());
  }
  template <typename E>
  requires std::is_enum_v<E>
  void get(const char* key, E& out, E last) {
    auto number = static_cast<std::uint64_t>(out);
    get(key, number, static_cast<std::uint64_t>(last));
    if (is_good_) out = static_cast<E>(number);
  }
  template <typename F>
  void each(const char* key, F use) {
    const auto* list = find(key);
    if (list == nullptr) return;
    is_good_ &= list->is_array();
    for (auto at = list->begin(); is_good_ && at != list->end(); ++at) use(*at);
  }
  [[nodiscard]] bool& is_good() { return is_good_; }

 private:
  void get_bytes(const Json& value, std::string& out) {
    if (!(is_good_ &= value.is_binary())) return;
    const auto& bytes = value.get_binary();
    out.assign(bytes.begin(), bytes.end());
  }

  const Json& object_;
  bool& is_good_;
};

void get_names(Members& in, const char* key, SyslogNames& out) {
  const auto* value = in.find(key);
  if (value == nullptr) return;
  Members members(*value, in.is_good());
  members.get("is_inverted", out.is_inverted);
  members.get("names", out.names);
}

void get_filter(Members in, SyslogPropertyFilter& out) {
  in.get("property", out.property, SyslogProperty::Host);
  in.get("operation", out.operation, SyslogOperation::ExtendedRegex);
  in.get("is_inverted", out.is_inverted);
  in.get("ignores_case", out.ignores_case);
  in.get("value", out.value);
}

void get_rule(Members in, SyslogRule& out) {
  std::string mask;
  in.get("mask", mask);
  in.is_good() &= mask.size() == out.mask.size();
  if (in.is_good()) std::copy(mask.begin(), mask.end(), out.mask.begin());
  get_names(in, "programs", out.programs);
  get_names(in, "hosts", out.hosts);
  in.each("properties", [&](const Json& value) {
    get_filter({value, in.is_good()}, out.properties.emplace_back());
  });
  in.get("action", out.action);
  in.get("is_final", out.is_final);
}

void get_action(Members in, SyslogAction& out) {
  in.get("kind", out.kind, SyslogActionKind::Discard);
  in.get("path", out.path);
  in.get("users", out.users);
  in.get("host", out.host);
  in.get("port", out.port);
  in.get("form", out.form, SyslogForm::Rfc5424);
  in.get("is_synced", out.is_synced);
  in.get("rotate_size", out.rotate_size);
  in.get("rotate_count", out.rotate_count);
  in.get("most_bytes", out.most_bytes);
  in.get("place", out.place);
}

void get_settings(Members in, SyslogSettings& out) {
  constexpr std::uint64_t kMostSeconds = 1'000'000'000'000;
  in.get("rules", out.rules);
  in.get("dialect", out.dialect, SyslogDialect::Bsd);
  auto mark = static_cast<std::uint64_t>(out.mark.count());
  in.get("mark", mark, kMostSeconds);
  out.mark = std::chrono::seconds(mark);
  in.get("folds_repeats", out.folds_repeats);
  in.get("trusts_time", out.trusts_time);
  in.get("trusts_host", out.trusts_host);
  in.get("relays", out.relays);
  in.get("rotate_size", out.rotate_size);
  in.get("rotate_count", out.rotate_count);
  in.get("file_mode", out.file_mode, 0777);
  in.get("rate", out.rate);
  in.get("burst", out.burst);
}

}  // namespace

std::string print(const SyslogSetup& setup) {
  Json rules = Json::array();
  for (const auto& rule : setup.rules.rules) rules.push_back(rule_json(rule));
  Json actions = Json::array();
  for (const auto& action : setup.rules.actions) actions.push_back(action_json(action));
  Json all{{"settings", settings_json(setup.settings)}, {"host", bytes_json(setup.host)}};
  all["rules"] = std::move(rules);
  all["actions"] = std::move(actions);
  std::string out;
  Json::to_cbor(all, out);
  return out;
}

std::optional<SyslogSetup> parse_syslog_setup(std::string_view bytes) {
  try {  // from_cbor() throws of sizes, whatever it is told
    DepthGuard guard;
    if (!Json::sax_parse(bytes, &guard, Json::input_format_t::cbor)) return std::nullopt;
    const auto object = Json::from_cbor(bytes, true, false);
    if (object.is_discarded()) return std::nullopt;
    SyslogSetup out;
    bool is_good = true;
    Members in(object, is_good);
    if (const auto* settings = in.find("settings")) {
      get_settings({*settings, is_good}, out.settings);
    }
    in.each("rules", [&](const Json& rule) {
      get_rule({rule, is_good}, out.rules.rules.emplace_back());
    });
    in.each("actions", [&](const Json& action) {
      get_action({action, is_good}, out.rules.actions.emplace_back());
    });
    in.get("host", out.host);
    for (const auto& rule : out.rules.rules) is_good &= rule.action < out.rules.actions.size();
    if (is_good) return out;
  } catch (const Json::exception&) {
  } catch (const std::length_error&) {
  }
  return std::nullopt;
}

}  // namespace uvinetd
