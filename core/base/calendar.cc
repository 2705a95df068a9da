// SPDX-License-Identifier: ISC
#include "core/base/calendar.h"

#include <fmt/format.h>

namespace uvinetd {
namespace {

constexpr std::string_view kDays = "SunMonTueWedThuFriSat";

std::tm local(std::time_t when) {
  std::tm out{};
  if (localtime_r(&when, &out) == nullptr) out = std::tm{};  // a year past what int can hold
  return out;
}

std::string_view name(std::string_view names, int index) {
  return names.substr(static_cast<std::size_t>(index) * 3, 3);
}

std::string stamp(const std::tm& at) {
  return fmt::format("{} {:2} {:02}:{:02}:{:02}", name(kMonths, at.tm_mon), at.tm_mday, at.tm_hour,
                     at.tm_min, at.tm_sec);
}

}  // namespace

std::string date_and_time(std::time_t when) {
  const std::tm at = local(when);
  return fmt::format("{} {} {}", name(kDays, at.tm_wday), stamp(at), 1900L + at.tm_year);
}

std::string syslog_stamp(std::time_t when) {
  return stamp(local(when));
}

std::string xinetd_stamp(std::time_t when) {
  const std::tm at = local(when);
  return fmt::format("{:02}/{}/{}@{:02}:{:02}:{:02}", at.tm_year % 100, at.tm_mon + 1, at.tm_mday,
                     at.tm_hour, at.tm_min, at.tm_sec);
}

std::string rfc3339(std::chrono::system_clock::time_point when) {
  using std::chrono::floor;
  const auto seconds = floor<std::chrono::seconds>(when);
  const auto part = std::chrono::duration_cast<std::chrono::milliseconds>(when - seconds);
  const auto time = std::chrono::system_clock::to_time_t(seconds);
  std::tm at{};
  (void)gmtime_r(&time, &at);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", 1900L + at.tm_year,
                     at.tm_mon + 1, at.tm_mday, at.tm_hour, at.tm_min, at.tm_sec, part.count());
}

}  // namespace uvinetd
