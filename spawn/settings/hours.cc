// SPDX-License-Identifier: ISC
#include "spawn/settings/hours.h"

#include <cmath>

namespace uvinetd {
namespace {

constexpr std::uint32_t kMinutesOfDay = 24 * 60;
constexpr std::uint32_t kMostRanges = kMinutesOfDay / 2;

}  // namespace

void put(Writer& out, const HoursSettings& settings) {
  out.put(static_cast<std::uint32_t>(settings.times.ranges.size()));
  for (const auto& range : settings.times.ranges) {
    out.put(range.begin);
    out.put(range.end);
  }
  out.put(settings.max_load);
}

void get(Reader& in, HoursSettings& out) {
  const auto count = in.get<std::uint32_t>();
  if (count > kMostRanges) in.spoil();
  std::uint32_t last = 0;
  for (std::uint32_t i = 0; i < count && in.is_good(); ++i) {
    DayTimes::Range range;
    range.begin = in.get<std::uint16_t>();
    range.end = in.get<std::uint16_t>();
    if (range.begin < last || range.end <= range.begin || range.end > kMinutesOfDay) in.spoil();
    last = range.end;
    out.times.ranges.push_back(range);
  }
  out.max_load = in.get<double>();
  if (!std::isfinite(out.max_load) || out.max_load < 0) in.spoil();
  if (!in.is_good()) out = {};
}

}  // namespace uvinetd
