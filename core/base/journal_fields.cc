// SPDX-License-Identifier: ISC
#include "core/base/journal_fields.h"

#include <cstdint>

namespace uvinetd {
namespace {

void put(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  if (value.find('\n') == std::string_view::npos) {
    out += '=';
  } else {
    out += '\n';
    const std::uint64_t size = value.size();
    for (unsigned shift = 0; shift < 64; shift += 8) out += static_cast<char>(size >> shift);
  }
  out += value;
  out += '\n';
}

// "UVINETD_ERRNO" of "errno"; the journal has capitals, digits and '_' only.
std::string field_name(std::string_view key) {
  std::string out = "UVINETD_";
  for (const char c : key) {
    const bool is_small = c >= 'a' && c <= 'z';
    const bool is_kept = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    out += is_small ? static_cast<char>(c - 'a' + 'A') : (is_kept ? c : '_');
  }
  return out;
}

}  // namespace

std::string journal_fields(const Event& event, std::string_view message, int facility,
                           std::string_view ident) {
  std::string out;
  put(out, "MESSAGE", message);
  put(out, "PRIORITY", std::to_string(static_cast<int>(event.level())));
  put(out, "SYSLOG_FACILITY", std::to_string(facility >> 3));
  put(out, "SYSLOG_IDENTIFIER", ident);
  if (!event.name().empty()) put(out, "UVINETD_EVENT", event.name());
  for (const auto& field : event.fields()) {
    const auto value = event.text_of(field.key);
    if (value != "-") put(out, field_name(field.key), value);
  }
  return out;
}

}  // namespace uvinetd
