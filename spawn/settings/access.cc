// SPDX-License-Identifier: ISC
#include "spawn/settings/access.h"

namespace uvinetd {
namespace {

void put_numbers(Writer& out, const std::vector<std::uint32_t>& numbers) {
  out.put(static_cast<std::uint32_t>(numbers.size()));
  for (const auto number : numbers) out.put(number);
}

std::vector<std::uint32_t> get_numbers(Reader& in) {
  std::vector<std::uint32_t> out;
  const auto count = in.get<std::uint32_t>();
  for (std::uint32_t i = 0; i < count && in.is_good(); ++i) out.push_back(in.get<std::uint32_t>());
  return out;
}

}  // namespace

void put(Writer& out, const AccessSettings& settings) {
  put_numbers(out, settings.allow);
  put_numbers(out, settings.deny);
  out.put(settings.has_allow);
  out.put(settings.identifies);
}

void get(Reader& in, AccessSettings& out) {
  out.allow = get_numbers(in);
  out.deny = get_numbers(in);
  out.has_allow = in.get<bool>();
  out.identifies = in.get<bool>();
}

}  // namespace uvinetd
