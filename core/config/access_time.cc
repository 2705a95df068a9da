// SPDX-License-Identifier: ISC
#include "core/config/access_time.h"

#include <bitset>
#include <cstdint>

#include "core/config/field_reader.h"

namespace uvinetd {
namespace {

// "8:05" or "08:05", up to "24:00".
std::optional<unsigned> parse_minute(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || colon > 2 || text.size() - colon > 3) return {};
  const auto hour = parse_number(text.substr(0, colon), 24);
  const auto minute = parse_number(text.substr(colon + 1), 59);
  if (!hour || !minute || *hour * 60 + *minute > kMinutesOfDay) return {};
  return *hour * 60 + *minute;
}

}  // namespace

std::optional<DayTimes::Range> parse_access_time(std::string_view text) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return {};
  const auto begin = parse_minute(text.substr(0, dash));
  const auto end = parse_minute(text.substr(dash + 1));
  if (!begin || !end || *begin == *end || *begin == kMinutesOfDay) return {};
  return DayTimes::Range{static_cast<std::uint16_t>(*begin), static_cast<std::uint16_t>(*end)};
}

DayTimes merge_access_times(const std::vector<DayTimes::Range>& ranges) {
  if (ranges.empty()) return {};
  std::bitset<kMinutesOfDay> open;
  for (const auto& range : ranges) {
    const unsigned length = (range.end + kMinutesOfDay - range.begin) % kMinutesOfDay;
    const unsigned minutes = length == 0 ? kMinutesOfDay : length;  // 00:00-24:00
    for (unsigned i = 0; i < minutes; ++i) open.set((range.begin + i) % kMinutesOfDay);
  }
  DayTimes out;
  for (unsigned minute = 0; minute < kMinutesOfDay; ++minute) {
    if (!open[minute]) continue;
    if (minute == 0 || !open[minute - 1]) {
      out.ranges.push_back({static_cast<std::uint16_t>(minute), 0});
    }
    out.ranges.back().end = static_cast<std::uint16_t>(minute + 1);
  }
  return out;
}

}  // namespace uvinetd
