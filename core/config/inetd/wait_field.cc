// SPDX-License-Identifier: ISC
// Field 4: who accepts, and how many at once or per minute.
#include <fmt/format.h>

#include <array>
#include <limits>

#include "core/config/field_reader.h"
#include "core/config/quote.h"
#include "core/config/suggest.h"

namespace uvinetd {
namespace {

constexpr unsigned kMost = std::numeric_limits<int>::max();

// What an inetd does with `wait` or `nowait` and a suffix.
enum class Reading { Same, LimitDropped, Nowait, LineDropped };

Reading own_reading(Dialect dialect, char separator) {
  switch (dialect) {
    case Dialect::Debian:
    case Dialect::OpenBsd:
    case Dialect::Gnu:
      return separator == '.' ? Reading::Same : Reading::Nowait;
    case Dialect::FreeBsd:
      return separator == '/' ? Reading::Same : Reading::LimitDropped;
    case Dialect::NetBsd:
      return separator == '/' ? Reading::Nowait : Reading::Same;
    case Dialect::Busybox:
      return separator == '.' ? Reading::Same : Reading::LineDropped;
  }
  return Reading::Same;
}

void warn_of_other_reading(const Field& field, Dialect dialect, char separator, Mode mode,
                           Reporter& report) {
  switch (own_reading(dialect, separator)) {
    case Reading::Same:
      return;
    case Reading::Nowait:
      if (mode == Mode::Wait) {
        return report.warning(
            field.at, "dialect",
            quoted(field.text) + " is wait here; this system's own inetd reads it as nowait");
      }
      [[fallthrough]];
    case Reading::LimitDropped:
      return report.warning(
          field.at, "dialect",
          "the limit in " + quoted(field.text) + " holds here; this system's own inetd ignores it");
    case Reading::LineDropped:
      return report.warning(
          field.at, "dialect",
          quoted(field.text) + " is accepted here; this system's own inetd leaves the line out");
  }
}

bool read_limit(const Field& field, Reporter& report, std::optional<unsigned>& out) {
  out = parse_number(field.text, kMost);
  if (out) return true;
  return report.error(field.at, "number", "bad limit " + quoted(field.text),
                      "a decimal number; 0 means none");
}

// `/max[/starts per minute and source[/max per source]]`
bool read_slashes(const Field& field, std::size_t slash, Reporter& report, ServiceSpec& spec) {
  const std::array<std::optional<unsigned>*, 3> limits{
      &spec.instances, &spec.source_starts_per_minute, &spec.instances_per_source};
  for (auto* limit : limits) {
    if (slash == std::string::npos) return true;
    const auto end = field.text.find('/', slash + 1);
    const auto size = end == std::string::npos ? end : end - slash - 1;
    if (!read_limit(field.part(slash + 1, size), report, *limit)) return false;
    slash = end;
  }
  if (slash == std::string::npos) return true;
  return report.error(field.place_of(slash), "wait", "there are three limits at most",
                      "max/starts per minute and source/max per source");
}

// One server at a time has the socket, and it does the accepting: nothing here to be limited.
void warn_of_limits_of_wait(const Field& field, Reporter& report, ServiceSpec& spec) {
  const bool has_more = spec.instances && *spec.instances > 1;
  if (has_more || spec.source_starts_per_minute || spec.instances_per_source) {
    report.warning(field.at, "wait-limit",
                   "a wait service runs one server at a time and its server sees the clients: "
                   "other limits than starts per minute are not applied");
  }
  spec.instances.reset();
  spec.source_starts_per_minute.reset();
  spec.instances_per_source.reset();
}

}  // namespace

bool read_wait(const Field& field, Dialect dialect, Reporter& report, ServiceSpec& spec) {
  const auto end = field.text.find_first_of("./:");
  const Field word = field.part(0, end);
  if (word.text != "wait" && word.text != "nowait") {
    static constexpr std::array<std::string_view, 2> kWords{"wait", "nowait"};
    return report.error(word.at, "wait", "expected wait or nowait, not " + quoted(word.text),
                        did_you_mean(word.text, kWords));
  }
  spec.mode = word.text == "wait" ? Mode::Wait : Mode::Nowait;
  if (end == std::string::npos) {
    if (spec.mode == Mode::Wait) warn_of_limits_of_wait(field, report, spec);
    return true;
  }
  const char separator = field.text[end];
  if (separator == '/') {
    const auto by_type = spec.instances;  // of `stream,N`
    if (!read_slashes(field, end, report, spec)) return false;
    if (by_type && spec.instances != by_type) {
      return report.error(field.place_of(end + 1), "number",
                          "the number of instances is given twice, with different values");
    }
  } else if (!read_limit(field.part(end + 1), report, spec.starts_per_minute)) {
    return false;
  }
  warn_of_other_reading(field, dialect, separator, spec.mode, report);
  if (spec.mode == Mode::Wait) warn_of_limits_of_wait(field, report, spec);
  return true;
}

}  // namespace uvinetd
