// SPDX-License-Identifier: ISC
#include "core/base/calendar.h"

#include <fmt/format.h>

#include <string_view>

namespace uvinetd {
namespace {

constexpr std::string_view kDays = "SunMonTueWedThuFriSat";
constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";

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

}  // namespace uvinetd
