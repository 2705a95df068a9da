// SPDX-License-Identifier: ISC
// The settings of a syslog service as they are written: a table `syslog` in TOML, arguments in the
// other languages. The words are the same in all of them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/field.h"
#include "core/config/reporter.h"
#include "core/config/syslog/syslog_rules.h"

namespace uvinetd {

struct SyslogKey {
  std::string_view name;
  // For people; the manual has the same words.
  std::string_view type;
  std::string_view initial;  // the default
  std::string_view form;     // completes `"key" must be ...`
  // False: the text is none; `out` is as it was.
  bool (*read)(std::string_view text, SyslogSettings& out) = nullptr;
  // The value as text; "": it is at its default.
  std::string (*print)(const SyslogSettings& settings) = nullptr;
};

[[nodiscard]] std::span<const SyslogKey> syslog_keys();
[[nodiscard]] const SyslogKey* find_syslog_key(std::string_view name);  // null: unknown
// For a key that is unknown.
[[nodiscard]] std::string syslog_key_hint(std::string_view name);

// `-f FILE`, `-fFILE` and `--key=value`. False: reported.
bool read_syslog_arguments(std::span<const Field> arguments, Reporter& report, SyslogSettings& out);
// What they would have to be: of what is not at its default.
[[nodiscard]] std::vector<std::string> print_syslog_arguments(const SyslogSettings& settings);

// "10M", "64k", "1G" or a number of bytes; the letters are powers of 1024. nullopt: none.
[[nodiscard]] std::optional<std::uint64_t> parse_syslog_size(std::string_view text);
// "10M:5", "10M", "10M:". `count` is left where none is written. False: it is none.
[[nodiscard]] bool parse_rotation(std::string_view text, std::uint64_t& size, unsigned& count);
[[nodiscard]] std::string print_syslog_size(std::uint64_t bytes);

inline constexpr unsigned kMostOldFiles = 999;

}  // namespace uvinetd
