// SPDX-License-Identifier: ISC
#include "core/reactor/control/event_line.h"

#include <chrono>
#include <nlohmann/json.hpp>

#include "core/base/calendar.h"
#include "core/control/reply.h"

namespace uvinetd {
namespace {

const char* level_word(LogLevel level) {
  switch (level) {
    case LogLevel::Error:
      return "error";
    case LogLevel::Warning:
      return "warning";
    case LogLevel::Notice:
      return "notice";
    case LogLevel::Info:
      return "info";
    case LogLevel::Debug:
      return "debug";
  }
  return "info";
}

}  // namespace

std::string event_line(const Event& event) {
  nlohmann::json out{{"time", rfc3339(std::chrono::system_clock::now())},
                     {"level", level_word(event.level())},
                     {"event", event.name()}};
  for (const auto& field : event.fields()) {
    std::visit([&](const auto& value) { out[std::string(field.key)] = value; }, field.value);
  }
  return reply_line("event", out);
}

}  // namespace uvinetd
