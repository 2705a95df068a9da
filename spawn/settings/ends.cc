// SPDX-License-Identifier: ISC
#include "spawn/settings/ends.h"

namespace uvinetd {
namespace {

constexpr std::uint8_t kMostFacility = 23;
constexpr std::uint8_t kMostLevel = 7;

std::string get_banner(Reader& in) {
  const auto text = in.get_text();
  if (text.size() <= kLargestBanner) return std::string(text);
  in.spoil();
  return {};
}

void get_log(Reader& in, LogSettings& out) {
  out.place = in.get_enum(LogPlace::File);
  out.facility = in.get<std::uint8_t>();
  out.level = in.get<std::uint8_t>();
  out.file = in.get_text();
  out.soft = in.get<std::uint64_t>();
  out.hard = in.get<std::uint64_t>();
  out.connections = in.get_enum(LogChoice::Yes);
  out.on_success = in.get<std::uint8_t>();
  out.on_failure = in.get<std::uint8_t>();
  const bool is_sound = out.facility <= kMostFacility && out.level <= kMostLevel &&
                        out.on_success <= log_part::kAll && out.on_failure <= log_part::kAll &&
                        (out.place == LogPlace::File) == out.file.starts_with('/');
  if (!is_sound) in.spoil();
  if (!in.is_good()) out = LogSettings();
}

}  // namespace

void put(Writer& out, const EndSettings& settings) {
  out.put(std::string_view(settings.banner));
  out.put(std::string_view(settings.banner_success));
  out.put(std::string_view(settings.banner_fail));
  out.put(settings.lingers);
  const auto& log = settings.log;
  out.put(log.place);
  out.put(log.facility);
  out.put(log.level);
  out.put(std::string_view(log.file));
  out.put(log.soft);
  out.put(log.hard);
  out.put(log.connections);
  out.put(log.on_success);
  out.put(log.on_failure);
}

void get(Reader& in, EndSettings& out) {
  out.banner = get_banner(in);
  out.banner_success = get_banner(in);
  out.banner_fail = get_banner(in);
  out.lingers = in.get<bool>();
  get_log(in, out.log);
}

}  // namespace uvinetd
