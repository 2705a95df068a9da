// SPDX-License-Identifier: ISC
#include "spawn/settings/identity_box.h"

namespace uvinetd {
namespace {

void put_group(Writer& out, const ControlGroup& group) {
  out.put(std::string_view(group.mount));
  out.put(std::string_view(group.path));
  out.put_strings(group.controllers);
  out.put(static_cast<std::uint32_t>(group.limits.size()));
  for (const auto& limit : group.limits) {
    out.put(std::string_view(limit.file));
    out.put(std::string_view(limit.value));
  }
}

void get_group(Reader& in, ControlGroup& out) {
  out.mount = in.get_text();
  out.path = in.get_text();
  out.controllers = in.get_strings();
  const auto count = in.get<std::uint32_t>();
  for (std::uint32_t i = 0; i < count && in.is_good(); ++i) {
    auto& limit = out.limits.emplace_back();
    limit.file = in.get_text();
    limit.value = in.get_text();
  }
}

}  // namespace

void put(Writer& out, const IdentityBox& box) {
  out.put(std::string_view(box.root));
  out.put(box.private_tmp);
  out.put(box.private_network);
  out.put(box.no_new_privs);
  out.put_strings(box.read_only_paths);
  out.put_strings(box.inaccessible_paths);
  out.put(box.bounding.has_value());
  out.put(box.bounding.value_or(0));
  out.put(box.ambient);
  out.put(box.nice.has_value());
  out.put(box.nice.value_or(0));
  out.put(box.io_priority);
  out.put(static_cast<std::uint32_t>(box.ceilings.size()));
  for (const auto& ceiling : box.ceilings) {
    out.put(ceiling.resource);
    out.put(ceiling.hard);
  }
  put_group(out, box.group);
}

void get(Reader& in, IdentityBox& out) {
  out = {};
  out.root = in.get_text();
  out.private_tmp = in.get<bool>();
  out.private_network = in.get<bool>();
  out.no_new_privs = in.get<bool>();
  out.read_only_paths = in.get_strings();
  out.inaccessible_paths = in.get_strings();
  const bool has_bounding = in.get<bool>();
  const auto bounding = in.get<std::uint64_t>();
  if (has_bounding) out.bounding = bounding;
  out.ambient = in.get<std::uint64_t>();
  const bool has_nice = in.get<bool>();
  const auto nice = in.get<std::int32_t>();
  if (has_nice) out.nice = nice;
  out.io_priority = in.get<std::uint16_t>();
  const auto count = in.get<std::uint32_t>();
  for (std::uint32_t i = 0; i < count && in.is_good(); ++i) {
    auto& ceiling = out.ceilings.emplace_back();
    ceiling.resource = in.get<std::int32_t>();
    ceiling.soft = ceiling.hard = in.get<std::uint64_t>();
  }
  get_group(in, out.group);
}

}  // namespace uvinetd
