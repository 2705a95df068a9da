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

// Of what comes back as it was sent: the form of RFC 3164 has no place for the rest. Hosts may put
// the sender's address in the place of the host, so there is a hash without it.
RelayGuard::Hashes RelayGuard::hashes_of(const SyslogRecord& record, std::size_t action) {
  scratch_.clear();
  append_part(std::to_string(action), scratch_);
  scratch_ += static_cast<char>(record.facility);
  scratch_ += static_cast<char>(record.severity);
  if (trusts_time_) append_part(record.stamp, scratch_);
  append_part(record.program, scratch_);
  append_part(record.pid, scratch_);
  append_part(record.text, scratch_);
  Hashes out;
  out.content = siphash(key_, scratch_);
  append_part(record.host, scratch_);
  out.with_host = siphash(key_, scratch_);
  return out;
}

RelayGuard::Place* RelayGuard::find(std::uint64_t hash, Time now) {
  auto& row = row_of(hash);
  const auto place = std::find_if(row.begin(), row.end(), [&](const Place& one) {
    return one.hash == hash && one.until > now;
  });
  return place == row.end() ? nullptr : &*place;
}

RelayGuard::Place& RelayGuard::find_or_make(std::uint64_t hash, std::uint64_t from, Time now) {
  if (auto* const known = find(hash, now)) return *known;
  auto& row = row_of(hash);
  auto& place = *std::min_element(row.begin(), row.end(),
                                  [](const Place& a, const Place& b) { return a.until < b.until; });
  place = {hash, from, 0, false, now + kTime};
  return place;
}

RelayGuard::Place& RelayGuard::note_content(std::uint64_t hash, std::uint64_t from, Time now) {
  auto& place = find_or_make(hash, from, now);
  if (place.from != from) place.is_shared = true;
  return place;
}

bool RelayGuard::may_relay(const SyslogRecord& record, std::string_view from, std::size_t action,
                           bool is_repeat, Time now) {
  const auto hashes = hashes_of(record, action);
  const auto sender = siphash(key_, from);
  if (const auto* const known = find(hashes.with_host, now); known && known->from != sender)
    return false;
  if (is_repeat) return true;
  const bool is_shared = note_content(hashes.content, sender, now).is_shared;
  auto& place = find_or_make(hashes.with_host, sender, now);
  if (place.count >= (is_shared ? kMostShared : kMostAlone)) return false;
  ++place.count;
  return true;
}

void RelayGuard::remember(const SyslogRecord& record, std::size_t action, Time now) {
  const auto hashes = hashes_of(record, action);
  const auto own = siphash(key_, {});
  note_content(hashes.content, own, now).until = now + kTime;
  find_or_make(hashes.with_host, own, now).until = now + kTime;
}

}  // namespace uvinetd
