// SPDX-License-Identifier: ISC
#include "core/reactor/web/figures.h"

#include <fmt/format.h>

namespace uvinetd {
namespace {

constexpr std::string_view kThinBlank = "\u202f";
constexpr std::string_view kBlank = "\u00a0";

std::string short_number(double number) {
  auto out = number < 10 ? fmt::format("{:.1f}", number) : fmt::format("{:.0f}", number);
  if (out.ends_with(".0")) out.resize(out.size() - 2);
  return out;
}

}  // namespace

std::string count_text(std::uint64_t count) {
  auto digits = std::to_string(count);
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, kThinBlank);
  }
  return digits;
}

std::string time_text(std::int64_t usec) {
  const auto time = static_cast<double>(usec);
  if (usec < 1'000) return fmt::format("{}{}\u00b5s", usec, kBlank);
  if (usec < 1'000'000) return fmt::format("{}{}ms", short_number(time / 1e3), kBlank);
  return fmt::format("{}{}s", short_number(time / 1e6), kBlank);
}

std::string age_text(std::chrono::seconds age) {
  const auto seconds = age.count();
  if (seconds < 120) return fmt::format("{}{}s", seconds, kBlank);
  if (seconds < 7'200) return fmt::format("{}{}min", seconds / 60, kBlank);
  if (seconds < 172'800) return fmt::format("{}{}h", seconds / 3'600, kBlank);
  return fmt::format("{}{}d", seconds / 86'400, kBlank);
}

std::string utc_text(std::time_t time, char middle, std::string_view tail) {
  std::tm parts{};
  gmtime_r(&time, &parts);
  return fmt::format("{:04}-{:02}-{:02}{}{:02}:{:02}:{:02}{}", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, middle, parts.tm_hour, parts.tm_min,
                     parts.tm_sec, tail);
}

std::int64_t quantile_usec(const Histogram& times, double part) {
  return std::chrono::duration_cast<std::chrono::microseconds>(times.quantile(part)).count();
}

}  // namespace uvinetd
