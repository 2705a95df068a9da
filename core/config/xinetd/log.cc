// SPDX-License-Identifier: ISC
// Readers of what the log and the client are told.
#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>

#include "core/config/quote.h"
#include "core/config/suggest.h"
#include "core/config/syslog/syslog_names.h"
#include "core/config/xinetd/attributes.h"

namespace uvinetd::xinetd {
namespace {

constexpr std::array<std::string_view, 6> kSuccess{"PID",  "HOST",     "USERID",
                                                   "EXIT", "DURATION", "TRAFFIC"};
constexpr std::array<std::string_view, 3> kFailure{"HOST", "USERID", "ATTEMPT"};

void keep_place(const char* key, const Attribute& attribute, Reading& reading) {
  reading.draft.spec.key_at.edit().set(key, reading.report.position(attribute.values_at()));
}

bool set_banner(const char* key, const Attribute& attribute, Reading& reading, std::string& out) {
  const auto value = attribute.value();
  if (!value.text.starts_with('/')) {
    return reading.report.error(
        value.at, "value",
        "the file of a banner must be an absolute path, not " + quoted(value.text));
  }
  out = value.text;
  keep_place(key, attribute, reading);
  return true;
}

bool check_syslog(const Attribute& attribute, Reporter& report) {
  const auto& values = attribute.values;
  if (values.size() > 3) {
    return report.error(attribute.place(values[3]), "log", "SYSLOG takes a facility and a level");
  }
  if (!plain_syslog_facility(values[1].text)) {
    return report.error(attribute.place(values[1]), "log",
                        "unknown facility " + quoted(values[1].text), "as in syslog(3): daemon");
  }
  if (values.size() < 3 || plain_syslog_severity(values[2].text)) return true;
  return report.error(attribute.place(values[2]), "log", "unknown level " + quoted(values[2].text),
                      "as in syslog(3): info");
}

bool check_log_file(const Attribute& attribute, Reporter& report) {
  const auto& values = attribute.values;
  if (!values[1].text.starts_with('/')) {
    return report.error(attribute.place(values[1]), "log",
                        "the log file must be an absolute path, not " + quoted(values[1].text));
  }
  for (std::size_t i = 2; i < values.size(); ++i) {
    if (!read_amount(attribute.field(values[i]), true, report)) return false;
  }
  return true;
}

bool read_log_words(List which, Key key, std::span<const std::string_view> known,
                    const Attribute& attribute, Reading& reading) {
  auto& list = list_of(which, key, attribute, reading);
  auto& report = reading.report;
  bool is_good = true;
  for (const auto& word : attribute.values) {
    const auto field = attribute.field(word);
    const auto at = std::find_if(known.begin(), known.end(), [&](std::string_view one) {
      return is_same_word(one, field.text);
    });
    if (at == known.end() && which == List::LogOnFailure && is_same_word(field.text, "RECORD")) {
      report.warning(field.at, "xinetd-differs",
                     "\"RECORD\" does not exist and is passed over: xinetd leaves the service out");
    } else if (at == known.end()) {
      is_good = report.error(field.at, "log", "unknown word " + quoted(field.text),
                             did_you_mean(field.text, known));
    } else {
      if (*at == "USERID" && attribute.op != Operator::Remove) {
        report.warning(field.at, "ident", "clients are not asked who they are (ident, RFC 1413)");
      }
      change(list, attribute.op, std::string(*at));
    }
  }
  return is_good;
}

}  // namespace

namespace read {

bool banner(const Attribute& attribute, Reading& reading) {
  return set_banner("banner", attribute, reading, reading.draft.spec.more.edit().banner);
}

bool banner_fail(const Attribute& attribute, Reading& reading) {
  return set_banner("banner_fail", attribute, reading, reading.draft.spec.more.edit().banner_fail);
}

bool banner_success(const Attribute& attribute, Reading& reading) {
  return set_banner("banner_success", attribute, reading,
                    reading.draft.spec.more.edit().banner_success);
}

bool log_on_failure(const Attribute& attribute, Reading& reading) {
  return read_log_words(List::LogOnFailure, Key::LogOnFailure, kFailure, attribute, reading);
}

bool log_on_success(const Attribute& attribute, Reading& reading) {
  return read_log_words(List::LogOnSuccess, Key::LogOnSuccess, kSuccess, attribute, reading);
}

bool log_type(const Attribute& attribute, Reading& reading) {
  const auto kind = attribute.value();
  const bool is_file = is_same_word(kind.text, "FILE");
  if (!is_file && !is_same_word(kind.text, "SYSLOG")) {
    static constexpr std::array<std::string_view, 2> kWords{"SYSLOG", "FILE"};
    return reading.report.error(kind.at, "log", "expected SYSLOG or FILE, not " + quoted(kind.text),
                                did_you_mean(kind.text, kWords));
  }
  const bool is_good =
      is_file ? check_log_file(attribute, reading.report) : check_syslog(attribute, reading.report);
  if (!is_good) return false;
  std::string text = is_file ? "FILE" : "SYSLOG";
  for (std::size_t i = 1; i < attribute.values.size(); ++i) {
    text += ' ';
    text += attribute.values[i].text;
  }
  reading.draft.spec.more.edit().log_type = std::move(text);
  keep_place("log_type", attribute, reading);
  return true;
}

}  // namespace read
}  // namespace uvinetd::xinetd
