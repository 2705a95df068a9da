// SPDX-License-Identifier: ISC
#include "core/base/event_json.h"

#include <nlohmann/json.hpp>

#include "core/base/calendar.h"
#include "core/base/escape.h"

namespace uvinetd {
namespace {

std::string print(const Event& event, std::chrono::system_clock::time_point when,
                  std::size_t longest) {
  nlohmann::ordered_json out;
  out["time"] = rfc3339(when);
  out["level"] = level_name(event.level());
  if (!event.name().empty()) out["event"] = event.name();
  for (const auto& [key, value] : event.fields()) {
    const std::string name(key);
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      out[name] = *number;
      continue;
    }
    const auto& text = std::get<std::string>(value);
    if (text == "-") continue;
    if (text == "unknown") {
      out[name] = nullptr;
    } else {
      out[name] = one_line(text, longest);
    }
  }
  if (!event.message().empty()) out["message"] = one_line(event.message(), longest);
  return out.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace

std::string json_line(const Event& event, std::chrono::system_clock::time_point when,
                      std::size_t most) {
  constexpr std::size_t kShortest = 8;
  auto longest = most;
  auto out = print(event, when, longest);
  while (out.size() > most && longest > kShortest) {
    longest /= 2;
    out = print(event, when, longest);
  }
  return out;
}

}  // namespace uvinetd
