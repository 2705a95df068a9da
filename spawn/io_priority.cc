// SPDX-License-Identifier: ISC
#include "spawn/io_priority.h"

#include <array>
#include <cstddef>

namespace uvinetd {
namespace {

constexpr unsigned kClassShift = 13;
constexpr unsigned kRealtime = 1;
constexpr unsigned kIdle = 3;
constexpr unsigned kUsualLevel = 4;
constexpr std::array<std::string_view, 3> kClasses{"realtime", "best-effort", "idle"};

std::uint16_t packed(unsigned io_class, unsigned level) {
  return static_cast<std::uint16_t>(io_class << kClassShift | level);
}

}  // namespace

std::span<const std::string_view> io_class_names() {
  return kClasses;
}

std::optional<std::uint16_t> parse_io_priority(std::string_view text) {
  const auto colon = text.find(':');
  const auto word = text.substr(0, colon);
  for (unsigned i = 0; i < kClasses.size(); ++i) {
    if (kClasses.at(i) != word) continue;
    const auto io_class = i + 1;
    if (colon == std::string_view::npos) {
      return packed(io_class, io_class == kIdle ? 0 : kUsualLevel);
    }
    const auto level = text.substr(colon + 1);
    const bool is_level = level.size() == 1 && level[0] >= '0' && level[0] <= '7';
    if (!is_level || io_class == kIdle) return std::nullopt;
    return packed(io_class, static_cast<unsigned>(level[0] - '0'));
  }
  return std::nullopt;
}

std::string print_io_priority(std::uint16_t priority) {
  const unsigned io_class = priority >> kClassShift;
  const unsigned level = priority & ((1U << kClassShift) - 1);
  if (io_class < kRealtime || io_class > kIdle) return "";
  std::string out(kClasses.at(io_class - 1));
  if (io_class != kIdle && level != kUsualLevel) out += ':' + std::to_string(level);
  return out;
}

bool is_realtime_io(std::uint16_t priority) {
  return priority >> kClassShift == kRealtime;
}

}  // namespace uvinetd
