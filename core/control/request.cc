// SPDX-License-Identifier: ISC
#include "core/control/request.h"

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>

namespace uvinetd {
namespace {

using nlohmann::json;

constexpr std::size_t kMostListed = 100;
constexpr std::int64_t kMostSeconds = 10LL * 365 * 24 * 3600;
constexpr std::int64_t kMostSignal = 64;

constexpr unsigned bit(ControlVerb verb) {
  return 1U << static_cast<unsigned>(verb);
}

struct VerbForm {
  std::string_view name;
  ControlVerb verb;
  bool only_reads;
};
constexpr std::array kVerbs{
    VerbForm{"status", ControlVerb::DaemonStatus, true},
    VerbForm{"list", ControlVerb::List, true},
    VerbForm{"show", ControlVerb::Show, false},
    VerbForm{"ps", ControlVerb::Ps, true},
    VerbForm{"match", ControlVerb::Match, true},
    VerbForm{"metrics", ControlVerb::Metrics, true},
    VerbForm{"tail", ControlVerb::Tail, true},
    VerbForm{"bans", ControlVerb::Bans, true},
    VerbForm{"reload", ControlVerb::Reload, false},
    VerbForm{"pause", ControlVerb::Pause, false},
    VerbForm{"resume", ControlVerb::Resume, false},
    VerbForm{"ban", ControlVerb::Ban, false},
    VerbForm{"unban", ControlVerb::Unban, false},
    VerbForm{"kill", ControlVerb::Kill, false},
    VerbForm{"stop", ControlVerb::Stop, false},
    VerbForm{"reopen-logs", ControlVerb::ReopenLogs, false},
    VerbForm{"upgrade", ControlVerb::Upgrade, false},
};

// ---- values: false if it is none ---------------------------------------------------------------

bool read(const json& value, std::string& out) {
  if (!value.is_string()) return false;
  constexpr std::size_t kLongest = 4 * 1024;  // bytes: a request goes on in one message
  out = value.get<std::string>();
  return !out.empty() && out.size() <= kLongest && out.find('\0') == std::string::npos;
}

bool read(const json& value, bool& out) {
  if (!value.is_boolean()) return false;
  out = value.get<bool>();
  return true;
}

bool read(const json& value, std::vector<std::string>& out) {
  if (!value.is_array() || value.size() > kMostListed) return false;
  return std::all_of(value.begin(), value.end(),
                     [&](const json& one) { return read(one, out.emplace_back()); });
}

template <typename T>
bool read_number(const json& value, std::int64_t least, std::int64_t most, T& out) {
  if (!value.is_number_integer()) return false;
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(most)) {
    return false;
  }
  const auto number = value.get<std::int64_t>();
  if (number < least || number > most) return false;
  out = static_cast<T>(number);
  return true;
}

bool read_seconds(const json& value, std::optional<std::int64_t>& out) {
  std::int64_t seconds = 0;
  if (!read_number(value, 0, kMostSeconds, seconds)) return false;
  out = seconds;
  return true;
}

// ---- keys --------------------------------------------------------------------------------------

struct KeyForm {
  std::string_view name;
  unsigned verbs;     // that it goes with
  unsigned required;  // of these
  bool (*read)(const json& value, ControlRequest& request);
};
using Verb = ControlVerb;
constexpr unsigned kOfService =
    bit(Verb::Show) | bit(Verb::Match) | bit(Verb::Pause) | bit(Verb::Resume);
constexpr unsigned kOfAddress = bit(Verb::Match) | bit(Verb::Ban) | bit(Verb::Unban);
constexpr std::array kKeys{
    KeyForm{"id", kOfService | bit(Verb::Ps) | bit(Verb::Kill), kOfService,
            [](const json& value, ControlRequest& request) { return read(value, request.id); }},
    KeyForm{
        "address", kOfAddress, kOfAddress,
        [](const json& value, ControlRequest& request) { return read(value, request.address); }},
    KeyForm{"refuse", bit(Verb::Pause), 0,
            [](const json& value, ControlRequest& request) { return read(value, request.refuse); }},
    KeyForm{
        "services", bit(Verb::Metrics), 0,
        [](const json& value, ControlRequest& request) { return read(value, request.services); }},
    KeyForm{"ids", bit(Verb::Tail), 0,
            [](const json& value, ControlRequest& request) { return read(value, request.ids); }},
    KeyForm{"events", bit(Verb::Tail), 0,
            [](const json& value, ControlRequest& request) { return read(value, request.events); }},
    KeyForm{"seconds", bit(Verb::Ban), 0,
            [](const json& value, ControlRequest& request) {
              return read_seconds(value, request.seconds);
            }},
    KeyForm{"drain_seconds", bit(Verb::Stop), 0,
            [](const json& value, ControlRequest& request) {
              return read_seconds(value, request.drain_seconds);
            }},
    KeyForm{"pid", bit(Verb::Kill), 0,
            [](const json& value, ControlRequest& request) {
              constexpr auto kMost = std::numeric_limits<std::int32_t>::max();
              return read_number(value, 1, kMost, request.pid);
            }},
    KeyForm{"signal", bit(Verb::Kill), 0,
            [](const json& value, ControlRequest& request) {
              return read_number(value, 1, kMostSignal, request.signal);
            }},
};

ParsedRequest failed(std::string_view code, std::string message) {
  return {{}, ControlError{code, std::move(message)}};
}

std::string shown(std::string_view text) {
  constexpr std::size_t kLongest = 100;
  return json(text.substr(0, kLongest)).dump(-1, ' ', true, json::error_handler_t::replace);
}

const KeyForm* find_key(std::string_view name) {
  const auto* found =
      std::find_if(kKeys.begin(), kKeys.end(), [&](const auto& form) { return form.name == name; });
  return found == kKeys.end() ? nullptr : found;
}

std::optional<ControlError> read_keys(const json& object, ControlRequest& request) {
  for (const auto& [name, value] : object.items()) {
    if (name == "uvinetd" || name == "verb") continue;
    const auto* key = find_key(name);
    if (key == nullptr || (key->verbs & bit(request.verb)) == 0) {
      return ControlError{"malformed", shown(name) + " is no key of this verb"};
    }
    if (!key->read(value, request))
      return ControlError{"malformed", shown(name) + " has no such value"};
  }
  for (const auto& key : kKeys) {
    if ((key.required & bit(request.verb)) != 0 && !object.contains(key.name)) {
      return ControlError{"malformed", shown(key.name) + " is missing"};
    }
  }
  if (request.verb == Verb::Kill && request.id.empty() == (request.pid == 0)) {
    return ControlError{"malformed", "kill needs an id or a pid"};
  }
  return std::nullopt;
}

}  // namespace

std::string_view verb_name(ControlVerb verb) {
  for (const auto& form : kVerbs) {
    if (form.verb == verb) return form.name;
  }
  return "";
}

bool only_reads(ControlVerb verb) {
  return std::any_of(kVerbs.begin(), kVerbs.end(),
                     [verb](const auto& form) { return form.verb == verb && form.only_reads; });
}

ParsedRequest parse_request(std::string_view line) {
  const auto object = json::parse(line, nullptr, false);
  if (!object.is_object()) return failed("malformed", "a request is one line with a JSON object");
  const auto version = object.find("uvinetd");
  if (version == object.end() || *version != kControlVersion) {
    return failed("version", "this daemon speaks version " + std::to_string(kControlVersion));
  }
  const auto verb = object.find("verb");
  if (verb == object.end() || !verb->is_string()) return failed("malformed", "\"verb\" is missing");
  const auto& name = verb->get_ref<const std::string&>();
  const auto* form = std::find_if(kVerbs.begin(), kVerbs.end(),
                                  [&](const auto& each) { return each.name == name; });
  if (form == kVerbs.end()) return failed("unknown-verb", "no verb " + shown(name));
  ParsedRequest out;
  out.request.verb = form->verb;
  out.error = read_keys(object, out.request);
  return out;
}

std::string print_request(const ControlRequest& request) {
  json object{{"uvinetd", kControlVersion}, {"verb", verb_name(request.verb)}};
  if (!request.id.empty()) object["id"] = request.id;
  if (!request.address.empty()) object["address"] = request.address;
  if (request.refuse) object["refuse"] = true;
  if (request.services) object["services"] = true;
  if (!request.ids.empty()) object["ids"] = request.ids;
  if (!request.events.empty()) object["events"] = request.events;
  if (request.seconds) object["seconds"] = *request.seconds;
  if (request.drain_seconds) object["drain_seconds"] = *request.drain_seconds;
  if (request.pid != 0) object["pid"] = request.pid;
  if (request.signal != 0) object["signal"] = request.signal;
  return object.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace uvinetd
