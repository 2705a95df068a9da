// SPDX-License-Identifier: ISC
#include "core/config/syslog/syslog_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <limits>
#include <optional>

#include "core/config/field_reader.h"
#include "core/config/quote.h"
#include "core/config/suggest.h"
#include "core/config/toml/values.h"

namespace uvinetd {
namespace {

constexpr std::uint64_t kLeastRotation = 4096;  // bytes: a file of a few lines is none to keep
constexpr unsigned kMostRate = std::numeric_limits<int>::max();

const SyslogSettings& usual() {
  static const SyslogSettings value;
  return value;
}

bool read_rules(std::string_view text, SyslogSettings& out) {
  if (!text.starts_with('/') || text.find('\0') != text.npos) return false;
  out.rules = text;
  return true;
}
std::string print_rules(const SyslogSettings& settings) {
  return settings.rules == usual().rules ? "" : settings.rules;
}

bool read_dialect(std::string_view text, SyslogSettings& out) {
  if (text != "linux" && text != "bsd") return false;
  out.dialect = text == "bsd" ? SyslogDialect::Bsd : SyslogDialect::Linux;
  return true;
}
std::string print_dialect(const SyslogSettings& settings) {
  return settings.dialect == SyslogDialect::Bsd ? "bsd" : "";
}

bool read_mark(std::string_view text, SyslogSettings& out) {
  const auto time = text == "none" ? std::chrono::seconds(0) : parse_duration(text);
  if (!time) return false;
  out.mark = *time;
  return true;
}
std::string print_mark(const SyslogSettings& settings) {
  if (settings.mark == usual().mark) return "";
  return settings.mark.count() == 0 ? "none" : print_duration(settings.mark);
}

// Two words, the first of which stands for false.
template <bool SyslogSettings::*kMember, const auto& kWords>
bool read_either(std::string_view text, SyslogSettings& out) {
  if (text != kWords[0] && text != kWords[1]) return false;
  out.*kMember = text == kWords[1];
  return true;
}
template <bool SyslogSettings::*kMember, const auto& kWords>
std::string print_either(const SyslogSettings& settings) {
  if (settings.*kMember == usual().*kMember) return "";
  return std::string(kWords[settings.*kMember ? 1 : 0]);
}
using Words = std::array<std::string_view, 2>;
constexpr Words kFlag{"false", "true"};
constexpr Words kTime{"arrival", "message"};
constexpr Words kHost{"sender", "message"};

bool read_rotate(std::string_view text, SyslogSettings& out) {
  if (text == "none") {
    out.rotate_size = usual().rotate_size;
    out.rotate_count = usual().rotate_count;
    return true;
  }
  return parse_rotation(text, out.rotate_size, out.rotate_count);
}
std::string print_rotate(const SyslogSettings& settings) {
  if (settings.rotate_size == 0) return "";
  const auto size = print_syslog_size(settings.rotate_size);
  return settings.rotate_count == usual().rotate_count
             ? size
             : fmt::format("{}:{}", size, settings.rotate_count);
}

bool read_file_mode(std::string_view text, SyslogSettings& out) {
  unsigned bits = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits, 8);
  if (error != std::errc() || end != text.data() + text.size() || bits > 0777) return false;
  out.file_mode = bits;
  return true;
}
std::string print_file_mode(const SyslogSettings& settings) {
  if (settings.file_mode == usual().file_mode) return "";
  return fmt::format("{:04o}", settings.file_mode);
}

// "1000/s", "1000/s burst 5000", "none".
bool read_rate(std::string_view text, SyslogSettings& out) {
  if (text == "none") {
    out.rate = out.burst = 0;
    return true;
  }
  constexpr std::string_view kPeriod = "/s";
  constexpr std::string_view kBurst = " burst ";
  const auto at = text.find(kBurst);
  const auto speed = text.substr(0, at);
  if (!speed.ends_with(kPeriod)) return false;
  const auto rate = parse_number(speed.substr(0, speed.size() - kPeriod.size()), kMostRate);
  const auto burst =
      at == text.npos ? rate : parse_number(text.substr(at + kBurst.size()), kMostRate);
  if (!rate || !burst || *rate == 0 || *burst == 0) return false;
  out.rate = *rate;
  out.burst = *burst;
  return true;
}
std::string print_rate(const SyslogSettings& settings) {
  if (settings.rate == 0) return "";
  if (settings.burst == settings.rate) return fmt::format("{}/s", settings.rate);
  return fmt::format("{}/s burst {}", settings.rate, settings.burst);
}

constexpr std::array kKeys{
    SyslogKey{"rules", "absolute path", "/etc/syslog.conf", "an absolute path", read_rules,
              print_rules},
    SyslogKey{"dialect", "string", "linux", "linux or bsd", read_dialect, print_dialect},
    SyslogKey{"mark", "string or integer", "20min", "a duration or none", read_mark, print_mark},
    SyslogKey{"fold_repeats", "boolean", "true", "true or false",
              read_either<&SyslogSettings::folds_repeats, kFlag>,
              print_either<&SyslogSettings::folds_repeats, kFlag>},
    SyslogKey{"time", "string", "message", "message or arrival",
              read_either<&SyslogSettings::trusts_time, kTime>,
              print_either<&SyslogSettings::trusts_time, kTime>},
    SyslogKey{"host", "string", "sender", "sender or message",
              read_either<&SyslogSettings::trusts_host, kHost>,
              print_either<&SyslogSettings::trusts_host, kHost>},
    SyslogKey{"relay", "boolean", "false", "true or false",
              read_either<&SyslogSettings::relays, kFlag>,
              print_either<&SyslogSettings::relays, kFlag>},
    SyslogKey{"rotate", "string", "none", "a size of 4k or more and the number of old files",
              read_rotate, print_rotate},
    SyslogKey{"file_mode", "string or octal integer", "0640", "octal permission bits",
              read_file_mode, print_file_mode},
    SyslogKey{"rate", "string", "none", "messages per second, as \"1000/s burst 5000\", or none",
              read_rate, print_rate},
};

bool read_file_argument(const Field& file, Reporter& report, SyslogSettings& out) {
  if (read_rules(file.text, out)) return true;
  return report.error(file.at, "value",
                      "the rules must be an absolute path, not " + quoted(file.text));
}

// `--key=value`
bool read_key_argument(const Field& argument, Reporter& report, SyslogSettings& out) {
  const auto equals = argument.text.find('=');
  const auto name = argument.text.substr(2, equals == std::string::npos ? equals : equals - 2);
  const auto* key = find_syslog_key(name);
  if (key == nullptr) {
    return report.error(argument.at, "key", "unknown key " + quoted(name), syslog_key_hint(name));
  }
  const auto value = equals == std::string::npos ? Field() : argument.part(equals + 1);
  if (key->read(value.text, out)) return true;
  return report.error(
      equals == std::string::npos ? argument.at : value.at, "value",
      fmt::format("{} must be {}, not {}", quoted(name), key->form, quoted(value.text)));
}

}  // namespace

std::span<const SyslogKey> syslog_keys() {
  return kKeys;
}

const SyslogKey* find_syslog_key(std::string_view name) {
  const auto* found = std::find_if(kKeys.begin(), kKeys.end(),
                                   [name](const SyslogKey& key) { return key.name == name; });
  return found == kKeys.end() ? nullptr : found;
}

std::string syslog_key_hint(std::string_view name) {
  std::array<std::string_view, kKeys.size()> names;
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = kKeys[i].name;
  return did_you_mean(name, names);
}

bool read_syslog_arguments(std::span<const Field> arguments, Reporter& report,
                           SyslogSettings& out) {
  bool is_good = true;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto& argument = arguments[i];
    if (argument.text == "-f" && i + 1 < arguments.size()) {
      is_good &= read_file_argument(arguments[++i], report, out);
    } else if (argument.text == "-f") {
      is_good = report.error(argument.end(), "value", "the rules are missing after \"-f\"");
    } else if (argument.text.starts_with("-f")) {
      is_good &= read_file_argument(argument.part(2), report, out);
    } else if (argument.text.starts_with("--") && argument.text.size() > 2) {
      is_good &= read_key_argument(argument, report, out);
    } else {
      is_good = report.error(argument.at, "key", "unknown argument " + quoted(argument.text),
                             "-f FILE, --key=value");
    }
  }
  return is_good;
}

std::vector<std::string> print_syslog_arguments(const SyslogSettings& settings) {
  std::vector<std::string> out;
  for (const auto& key : kKeys) {
    const auto value = key.print(settings);
    if (!value.empty()) out.push_back(fmt::format("--{}={}", key.name, value));
  }
  return out;
}

std::optional<std::uint64_t> parse_syslog_size(std::string_view text) {
  std::uint64_t count = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, count);
  if (error != std::errc()) return std::nullopt;
  if (end == last) return count;
  constexpr std::string_view kLetters = "kmgt";
  const auto power =
      kLetters.find(static_cast<char>(std::tolower(static_cast<unsigned char>(*end))));
  if (end + 1 != last || power == kLetters.npos) return std::nullopt;
  const auto shift = 10 * (power + 1);
  if (count > (std::numeric_limits<std::uint64_t>::max() >> shift)) return std::nullopt;
  return count << shift;
}

bool parse_rotation(std::string_view text, std::uint64_t& size, unsigned& count) {
  const auto colon = text.find(':');
  const auto bytes = parse_syslog_size(text.substr(0, colon));
  if (!bytes || *bytes < kLeastRotation) return false;
  if (colon != text.npos && colon + 1 < text.size()) {
    const auto files = parse_number(text.substr(colon + 1), kMostOldFiles);
    if (!files || *files == 0) return false;
    count = *files;
  }
  size = *bytes;
  return true;
}

std::string print_syslog_size(std::uint64_t bytes) {
  std::string_view letters = "kMGT";
  char letter = 0;
  while (bytes != 0 && bytes % 1024 == 0 && !letters.empty()) {
    bytes /= 1024;
    letter = letters.front();
    letters.remove_prefix(1);
  }
  auto out = std::to_string(bytes);
  if (letter != 0) out += letter;
  return out;
}

}  // namespace uvinetd
