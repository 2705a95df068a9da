// SPDX-License-Identifier: ISC
#include "core/ctl/live/human.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/config/quote.h"

namespace uvinetd {
namespace {

// "1.2", "12.3", "123": three digits or so.
std::string short_number(double number) {
  return number < 99.95 ? fmt::format("{:.1f}", number) : fmt::format("{:.0f}", number);
}

struct Range {
  char32_t first;
  char32_t last;
};
// The blocks that matter for names of people, hosts and services; rare ones count as one column.
constexpr std::array kNone{
    Range{0x0300, 0x036F}, Range{0x0483, 0x0489}, Range{0x0591, 0x05BD}, Range{0x064B, 0x065F},
    Range{0x200B, 0x200F}, Range{0x20D0, 0x20F0}, Range{0xFE00, 0xFE0F}, Range{0xFE20, 0xFE2F},
};
constexpr std::array kWide{
    Range{0x1100, 0x115F},   Range{0x2E80, 0x303E},   Range{0x3041, 0x33FF},
    Range{0x3400, 0x4DBF},   Range{0x4E00, 0x9FFF},   Range{0xA000, 0xA4CF},
    Range{0xAC00, 0xD7A3},   Range{0xF900, 0xFAFF},   Range{0xFE30, 0xFE6F},
    Range{0xFF00, 0xFF60},   Range{0xFFE0, 0xFFE6},   Range{0x1F300, 0x1F64F},
    Range{0x1F900, 0x1F9FF}, Range{0x20000, 0x3FFFD},
};

template <std::size_t Count>
bool is_in(const std::array<Range, Count>& ranges, char32_t character) {
  return std::any_of(ranges.begin(), ranges.end(), [&](const Range& range) {
    return character >= range.first && character <= range.last;
  });
}

char32_t decode(std::string_view bytes) {
  const auto first = static_cast<unsigned char>(bytes[0]);
  if (bytes.size() == 1) return first;
  char32_t out = first & (0x7FU >> bytes.size());
  for (const char c : bytes.substr(1)) out = (out << 6) | (static_cast<unsigned char>(c) & 0x3FU);
  return out;
}

struct Step {
  std::size_t bytes;
  std::size_t columns;
};
Step step_at(std::string_view text, std::size_t at) {
  const auto length = std::max<std::size_t>(utf8_length(text, at), 1);
  const auto character = decode(text.substr(at, length));
  if (is_in(kNone, character)) return {length, 0};
  return {length, is_in(kWide, character) ? std::size_t{2} : std::size_t{1}};
}

}  // namespace

std::string age_text(std::chrono::milliseconds age) {
  constexpr std::int64_t kMinute = 60;
  constexpr std::int64_t kHour = 60 * kMinute;
  constexpr std::int64_t kDay = 24 * kHour;
  const auto seconds = std::max<std::int64_t>(age.count() / 1'000, 0);
  if (seconds < kMinute) return fmt::format("{}s", seconds);
  if (seconds < kHour) return fmt::format("{}m{:02}s", seconds / kMinute, seconds % kMinute);
  if (seconds < kDay) return fmt::format("{}h{:02}m", seconds / kHour, seconds % kHour / kMinute);
  return fmt::format("{}d{}h", seconds / kDay, seconds % kDay / kHour);
}

std::string duration_text(std::chrono::microseconds time) {
  constexpr double kMilli = 1e3;
  constexpr double kSecond = 1e6;
  const auto usec = static_cast<double>(std::max<std::int64_t>(time.count(), 0));
  if (usec < kMilli) return fmt::format("{:.0f}µs", usec);
  if (usec < 0.9995 * kSecond) return short_number(usec / kMilli) + "ms";
  if (usec < 120 * kSecond) return short_number(usec / kSecond) + "s";
  return age_text(std::chrono::duration_cast<std::chrono::milliseconds>(time));
}

std::string count_text(std::int64_t count) {
  constexpr std::int64_t kPlain = 10'000;
  if (count > -kPlain && count < kPlain) return std::to_string(count);
  auto number = static_cast<double>(count);
  for (const char* unit : {"k", "M", "G"}) {
    number /= 1e3;
    if (std::abs(number) < 999.5) return short_number(number) + unit;
  }
  return short_number(number / 1e3) + "T";
}

std::string rate_text(double rate) {
  if (!(rate > 0)) return "0";
  if (rate < 0.05) return "<0.1";
  if (rate < 9.95) return fmt::format("{:.1f}", rate);
  return count_text(static_cast<std::int64_t>(std::llround(std::min(rate, 9e15))));
}

std::string kib_text(std::int64_t kib) {
  constexpr double kStep = 1024;
  if (kib < 1024) return fmt::format("{} KiB", kib);
  const auto mib = static_cast<double>(kib) / kStep;
  return mib < kStep ? short_number(mib) + " MiB" : short_number(mib / kStep) + " GiB";
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto step = step_at(text, at);
    at += step.bytes;
    width += step.columns;
  }
  return width;
}

std::string clipped(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  if (width == 0) return "";
  std::size_t used = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto step = step_at(text, at);
    if (used + step.columns > width - 1) break;
    at += step.bytes;
    used += step.columns;
  }
  return std::string(text.substr(0, at)) + "~";
}

}  // namespace uvinetd
