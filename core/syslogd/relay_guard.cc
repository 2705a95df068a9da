// SPDX-License-Identifier: ISC
#include "core/syslogd/relay_guard.h"

#include <algorithm>

namespace uvinetd {
namespace {

void append_part(std::string_view part, std::string& out) {
  out += part;
  out += '\0';  // no text of a record has one
}

}  // namespace

RelayGuard::RelayGuard(const SipKey& key, bool trusts_time)
    : key_(key), trusts_time_(trusts_time), rows_(kMost / kPlaces) {}

// Of what comes back as it was sent: a host may have put its own name in the place of ours, and the
// form of RFC 3164 has no place for the rest.
std::uint64_t RelayGuard::hash_of(const SyslogRecord& record, std::size_t action) {
  scratch_.clear();
  append_part(std::to_string(action), scratch_);
  scratch_ += static_cast<char>(record.facility);
  scratch_ += static_cast<char>(record.severity);
  if (trusts_time_) append_part(record.stamp, scratch_);
  append_part(record.program, scratch_);
  append_part(record.pid, scratch_);
  append_part(record.text, scratch_);
  return siphash(key_, scratch_);
}

bool RelayGuard::is_known(std::uint64_t hash, Time now) {
  const auto& row = row_of(hash);
  return std::any_of(row.begin(), row.end(),
                     [&](const Place& place) { return place.hash == hash && place.until > now; });
}

void RelayGuard::keep(std::uint64_t hash, Time now) {
  auto& row = row_of(hash);
  auto place =
      std::find_if(row.begin(), row.end(), [&](const Place& one) { return one.hash == hash; });
  if (place == row.end()) {
    place = std::min_element(row.begin(), row.end(),
                             [](const Place& a, const Place& b) { return a.until < b.until; });
  }
  *place = {hash, now + kTime};
}

bool RelayGuard::may_relay(const SyslogRecord& record, std::string_view from, std::size_t action,
                           std::string_view to, Time now) {
  if (from == to) return false;
  const auto hash = hash_of(record, action);
  if (is_known(hash, now)) return false;
  keep(hash, now);
  return true;
}

void RelayGuard::remember(const SyslogRecord& record, std::size_t action, Time now) {
  keep(hash_of(record, action), now);
}

}  // namespace uvinetd
