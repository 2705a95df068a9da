// SPDX-License-Identifier: ISC
#include "core/monitor/account.h"

#include <grp.h>
#include <pwd.h>

#include <charconv>

#include "spawn/identity.h"

namespace uvinetd {
namespace {

constexpr std::uint32_t kHighest =
    64'999;  // below what distributions give to nobody and containers
constexpr std::uint32_t kLowest = 64'000;

std::uint32_t unused_id() {
  for (auto id = kHighest; id > kLowest; --id) {
    if (getpwuid(id) == nullptr && getgrgid(id) == nullptr) return id;
  }
  return kHighest;
}

}  // namespace

ReactorAccount find_reactor_account(const std::string& name, Log& log) {
  if (!can_change_identity()) return {};
  std::uint32_t number = 0;
  const auto* end = name.data() + name.size();
  const auto parsed = std::from_chars(name.data(), end, number);
  if (parsed.ec == std::errc() && parsed.ptr == end && number != 0) return {number, number};
  const auto* entry = getpwnam(name.c_str());
  if (entry != nullptr && entry->pw_uid != 0) return {entry->pw_uid, entry->pw_gid};
  const auto id = unused_id();
  log.warning(
      "no account \"{}\" for the reactor: using the unnamed id {} (to create it: useradd --system "
      "--no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin {})",
      name, id, name);
  return {id, id};
}

}  // namespace uvinetd
