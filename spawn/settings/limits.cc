// SPDX-License-Identifier: ISC
#include "spawn/settings/limits.h"

namespace uvinetd {
namespace {

void put_rate(Writer& out, const StartRate& rate) {
  out.put(rate.count);
  out.put(rate.burst);
  out.put(rate.per_milliseconds);
}

void get_rate(Reader& in, StartRate& out) {
  out.count = in.get<std::uint32_t>();
  out.burst = in.get<std::uint32_t>();
  out.per_milliseconds = in.get<std::uint32_t>();
  const bool is_sound = out.count <= kMostInRate && out.burst >= 1 && out.burst <= kMostInRate &&
                        out.per_milliseconds >= 1 && out.per_milliseconds <= kLongestPeriod;
  if (out.is_limit() && !is_sound) in.spoil();
  if (!in.is_good()) out = StartRate();
}

}  // namespace

void put(Writer& out, const LimitSettings& settings) {
  put_rate(out, settings.rate);
  put_rate(out, settings.rate_per_source);
  out.put(settings.rate_pause_seconds);
  out.put(settings.prefix_v6);
  out.put(settings.refuses_at_limit);
  out.put(settings.is_sensor);
  out.put(settings.ban_seconds);
  out.put(settings.start_seconds);
  out.put(settings.idle_seconds);
  out.put(settings.run_seconds);
}

void get(Reader& in, LimitSettings& out) {
  get_rate(in, out.rate);
  get_rate(in, out.rate_per_source);
  out.rate_pause_seconds = in.get<std::uint32_t>();
  out.prefix_v6 = in.get<std::uint32_t>();
  if (out.prefix_v6 > 128) {
    in.spoil();
    out.prefix_v6 = kUsualPrefixV6;
  }
  out.refuses_at_limit = in.get<bool>();
  out.is_sensor = in.get<bool>();
  out.ban_seconds = in.get<std::uint32_t>();
  out.start_seconds = in.get<std::uint32_t>();
  out.idle_seconds = in.get<std::uint32_t>();
  out.run_seconds = in.get<std::uint32_t>();
}

}  // namespace uvinetd
