// SPDX-License-Identifier: ISC
#include "core/base/log_line.h"

#include <fmt/format.h>

#include "core/base/calendar.h"
#include "core/base/escape.h"
#include "core/base/event_json.h"
#include "core/base/journal_fields.h"
#include "core/base/xinetd_line.h"

namespace uvinetd {

std::string text_of(const LogLine& line, LogFormat format) {
  switch (format) {
    case LogFormat::Json:
      return json_line(line.event, line.when, kMostTextBytes);
    case LogFormat::Xinetd:
      return one_line(xinetd_line(line.event), kMostTextBytes);
    case LogFormat::Text:
      break;
  }
  return one_line(line.event.text(), kMostTextBytes);
}

std::string render(const LogLine& line, LogForm form, LogFormat format, std::string_view ident) {
  if (format == LogFormat::Xinetd) ident = "xinetd";  // its readers look for that
  const auto text = text_of(line, format);
  const auto level = static_cast<int>(line.event.level());
  const auto when = std::chrono::system_clock::to_time_t(line.when);
  switch (form) {
    case LogForm::Syslog:
      return fmt::format("<{}>{} {}[{}]: {}", line.facility | level, syslog_stamp(when), ident,
                         line.pid, text);
    case LogForm::Stream:
      return fmt::format("<{}>{}\n", level, text);
    case LogForm::Journal:
      return journal_fields(line.event, text, line.facility, ident);
    case LogForm::File:
      if (format == LogFormat::Xinetd) return fmt::format("{}: {}\n", xinetd_stamp(when), text);
      [[fallthrough]];
    case LogForm::Terminal:
      if (format == LogFormat::Json) break;
      return fmt::format("{} {}[{}]: {}\n", syslog_stamp(when), ident, line.pid, text);
    case LogForm::Plain:
      if (format == LogFormat::Json) break;
      return fmt::format("{}[{}]: {}\n", ident, line.pid, text);
  }
  return text + '\n';
}

}  // namespace uvinetd
