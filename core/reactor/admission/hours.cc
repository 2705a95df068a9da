// SPDX-License-Identifier: ISC
#include "core/reactor/admission/hours.h"

#include <algorithm>
#include <ctime>

#include "core/base/clock.h"
#include "core/reactor/admission/load_average.h"

namespace uvinetd {
namespace {

// The system works it out anew every five seconds.
constexpr std::chrono::milliseconds kLoadHolds{1'000};

// By the rules that tzset() has loaded while the zone's file was in reach: localtime() would look
// for it again, and take the zone for UTC without it.
unsigned minute_of_day() {
  const std::time_t now = wall_clock_seconds();
  std::tm local{};
  localtime_r(&now, &local);
  return static_cast<unsigned>(local.tm_hour) * 60 + static_cast<unsigned>(local.tm_min);
}

}  // namespace

bool is_within(const DayTimes& times, unsigned minute) {
  return times.ranges.empty() ||
         std::any_of(times.ranges.begin(), times.ranges.end(), [minute](const auto& range) {
           return range.begin <= minute && minute < range.end;
         });
}

bool is_too_busy(double most, const std::optional<double>& load) {
  return most > 0 && (!load || *load >= most);
}

const char* HoursCheck::refuse(const HoursSettings& settings, std::chrono::milliseconds now) {
  if (!settings.times.ranges.empty() && !is_within(settings.times, minute_of_day())) return "time";
  if (settings.max_load > 0 && is_too_busy(settings.max_load, load(now))) return "load";
  return nullptr;
}

const std::optional<double>& HoursCheck::load(std::chrono::milliseconds now) {
  if (!load_read_at_ || now - *load_read_at_ >= kLoadHolds) {
    load_ = load_average();
    load_read_at_ = now;
  }
  return load_;
}

}  // namespace uvinetd
