// SPDX-License-Identifier: ISC
#include "spawn/settings/box.h"

namespace uvinetd {
namespace {

// Calls `add` for each part that was written, as long as there are bytes for them.
template <typename Add>
void get_each(Reader& in, Add add) {
  const auto count = in.get<std::uint32_t>();
  for (std::uint32_t i = 0; i < count && in.is_good(); ++i) add();
}

}  // namespace

void put(Writer& out, const BoxSettings& settings) {
  out.put(settings.nice.has_value());
  out.put(settings.nice.value_or(0));
  out.put(settings.io_priority);
  out.put(settings.joins_group);
  out.put(settings.no_new_privs);
  out.put(settings.path_rights);
  out.put(static_cast<std::uint32_t>(settings.limits.size()));
  for (const auto& limit : settings.limits) {
    out.put(limit.resource);
    out.put(limit.soft);
    out.put(limit.hard);
  }
  out.put(static_cast<std::uint32_t>(settings.paths.size()));
  for (const auto& rule : settings.paths) {
    out.put(std::string_view(rule.path));
    out.put(rule.rights);
  }
  out.put(static_cast<std::uint32_t>(settings.call_filter.size()));
  for (const auto instruction : settings.call_filter) out.put(instruction);
}

void get(Reader& in, BoxSettings& out) {
  out = {};
  const bool has_nice = in.get<bool>();
  const auto nice = in.get<std::int32_t>();
  if (has_nice) out.nice = nice;
  out.io_priority = in.get<std::uint16_t>();
  out.joins_group = in.get<bool>();
  out.no_new_privs = in.get<bool>();
  out.path_rights = in.get<std::uint64_t>();
  get_each(in, [&] {
    ResourceSetting limit;
    limit.resource = in.get<std::int32_t>();
    limit.soft = in.get<std::uint64_t>();
    limit.hard = in.get<std::uint64_t>();
    out.limits.push_back(limit);
  });
  get_each(in, [&] {
    PathRule rule;
    rule.path = in.get_text();
    rule.rights = in.get<std::uint64_t>();
    out.paths.push_back(std::move(rule));
  });
  get_each(in, [&] { out.call_filter.push_back(in.get<std::uint64_t>()); });
}

}  // namespace uvinetd
