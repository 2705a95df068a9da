// SPDX-License-Identifier: ISC
#include "core/config/load/ends.h"
#include "core/base/words.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <span>
#include <utility>

#include "core/config/load/file_reader.h"
#include "core/config/quote.h"
#include "core/config/suggest.h"
#include "core/config/syslog/syslog_names.h"

namespace uvinetd {
namespace {

struct Part {
  std::string_view word;
  std::uint8_t bit;  // 0: known, and has a warning of its own
};
constexpr std::array kSuccess{Part{"PID", log_part::kPid},
                              Part{"HOST", log_part::kHost},
                              Part{"USERID", 0},
                              Part{"EXIT", log_part::kExit},
                              Part{"DURATION", log_part::kDuration},
                              Part{"TRAFFIC", log_part::kTraffic}};
constexpr std::array kFailure{Part{"HOST", log_part::kHost}, Part{"USERID", 0},
                              Part{"ATTEMPT", log_part::kAttempt}};

constexpr std::uint8_t kInfo = 6;

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> out;
  while (true) {
    const auto begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return out;
    text.remove_prefix(begin);
    const auto size = std::min(text.find_first_of(" \t"), text.size());
    out.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc() || value == 0) return std::nullopt;
  const std::string_view unit(read.ptr,
                              static_cast<std::size_t>(text.data() + text.size() - read.ptr));
  unsigned shift = 0;
  if (is_same_word(unit, "k")) {
    shift = 10;
  } else if (is_same_word(unit, "m")) {
    shift = 20;
  } else if (is_same_word(unit, "g")) {
    shift = 30;
  } else if (!unit.empty()) {
    return std::nullopt;
  }
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  if (value > kMost >> shift) return std::nullopt;
  return value << shift;
}

std::optional<LogTypeProblem> parse_syslog(std::span<const std::string_view> words,
                                           LogSettings& out) {
  if (words.size() < 2 || words.size() > 3) {
    return LogTypeProblem{"SYSLOG takes a facility and a level", "\"SYSLOG daemon info\""};
  }
  const auto facility = plain_syslog_facility(words[1]);
  if (!facility) {
    return LogTypeProblem{"unknown facility " + quoted(words[1]), "as in syslog(3): daemon"};
  }
  const auto level = words.size() < 3 ? kInfo : plain_syslog_severity(words[2]);
  if (!level) return LogTypeProblem{"unknown level " + quoted(words[2]), "as in syslog(3): info"};
  out.place = LogPlace::Syslog;
  out.facility = *facility;
  out.level = *level;
  return std::nullopt;
}

// Without a hard limit it is a little above the soft one, as xinetd has it.
std::optional<LogTypeProblem> parse_file(std::span<const std::string_view> words,
                                         LogSettings& out) {
  if (words.size() < 2 || words.size() > 4) {
    return LogTypeProblem{"FILE takes a path and two sizes", "\"FILE /var/log/x 1M 2M\""};
  }
  if (!words[1].starts_with('/')) {
    return LogTypeProblem{"the log file must be an absolute path, not " + quoted(words[1]), ""};
  }
  std::array<std::uint64_t, 2> sizes{};
  for (std::size_t i = 2; i < words.size(); ++i) {
    const auto size = parse_size(words[i]);
    if (!size) {
      return LogTypeProblem{"bad size " + quoted(words[i]), "bytes, or with K, M or G: 1M"};
    }
    sizes[i - 2] = *size;
  }
  auto [soft, hard] = sizes;
  if (hard == 0 && soft != 0) {
    hard = soft + std::clamp<std::uint64_t>(soft / 100, 5'120, 20'480);
  } else if (hard < soft) {
    return LogTypeProblem{"the size at which writing stops is below the one of the warning", ""};
  }
  out.place = LogPlace::File;
  out.file = words[1];
  out.soft = soft;
  out.hard = hard;
  return std::nullopt;
}

}  // namespace

std::optional<LogTypeProblem> parse_log_type(std::string_view text, LogSettings& out) {
  if (text.find('\0') != std::string_view::npos) return LogTypeProblem{"a NUL octet", ""};
  const auto words = words_of(text);
  if (!words.empty() && is_same_word(words[0], "SYSLOG")) return parse_syslog(words, out);
  if (!words.empty() && is_same_word(words[0], "FILE")) return parse_file(words, out);
  return LogTypeProblem{"expected SYSLOG or FILE, not " + quoted(text), ""};
}

bool EndResolver::refuse(const ServiceSpec& spec, std::string_view key, const char* slug,
                         std::string message, std::string hint) {
  const auto* at = spec.key_at->find(key);
  out_.push_back(
      {Severity::Error, at == nullptr ? spec.at : *at, std::move(message), std::move(hint), slug});
  return false;
}

const EndResolver::Banner& EndResolver::read(const std::string& path) {
  const auto [place, is_new] = banners_.try_emplace(path);
  auto& banner = place->second;
  if (!is_new) return banner;
  const std::string too_large =
      "the banner is larger than " + std::to_string(kLargestBanner >> 10U) + " KiB";
  struct stat status {};
  if (stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
      status.st_size > static_cast<off_t>(kLargestBanner)) {
    banner.problem = too_large;
    return banner;
  }
  auto text = FileReader(false).read(path);
  if (!text) {
    banner.problem = text.error().message;
  } else if (text->size() > kLargestBanner) {
    banner.problem = too_large;
  } else {
    banner.text = std::move(*text);
  }
  return banner;
}

bool EndResolver::find_banner(const ServiceSpec& spec, std::string_view key,
                              const std::string& path, std::string& out) {
  if (path.empty()) return true;
  const auto& banner = read(path);
  if (!banner.problem.empty()) {
    return refuse(spec, key, "banner", quoted(path) + ": " + banner.problem);
  }
  out = banner.text;
  return true;
}

bool EndResolver::find_parts(const ServiceSpec& spec, std::string_view key,
                             const std::vector<std::string>& words, bool is_success,
                             std::uint8_t& out) {
  const auto known = is_success ? std::span<const Part>(kSuccess) : std::span<const Part>(kFailure);
  for (const auto& word : words) {
    const auto at = std::find_if(known.begin(), known.end(),
                                 [&](const Part& part) { return is_same_word(part.word, word); });
    if (at == known.end()) {
      std::vector<std::string_view> names;
      for (const auto& part : known) names.push_back(part.word);
      return refuse(spec, key, "log", "unknown word " + quoted(word),
                    did_you_mean(word, std::span<const std::string_view>(names)));
    }
    out = static_cast<std::uint8_t>(out | at->bit);
  }
  // Any word is a wish for the lines.
  if (!words.empty() && out == 0) out = log_part::kAttempt;
  return true;
}

bool EndResolver::find_place(const ServiceSpec& spec, LogSettings& out) {
  if (spec.more->log_type.empty()) return true;
  auto problem = parse_log_type(spec.more->log_type, out);
  return !problem ||
         refuse(spec, "log_type", "log", std::move(problem->message), std::move(problem->hint));
}

bool EndResolver::resolve(LoadedService& service) {
  const auto& spec = service.spec;
  const auto& more = *spec.more;
  EndSettings ends;
  bool is_good = find_banner(spec, "banner", more.banner, ends.banner);
  is_good &= find_banner(spec, "banner_success", more.banner_success, ends.banner_success);
  is_good &= find_banner(spec, "banner_fail", more.banner_fail, ends.banner_fail);
  is_good &= find_parts(spec, "log_on_success", more.log_on_success, true, ends.log.on_success);
  is_good &= find_parts(spec, "log_on_failure", more.log_on_failure, false, ends.log.on_failure);
  is_good &= find_place(spec, ends.log);
  if (!is_good) return false;
  ends.lingers = more.lingering_close;
  if (more.log_connections) {
    ends.log.connections = *more.log_connections ? LogChoice::Yes : LogChoice::No;
  }
  if (ends == EndSettings()) return true;
  if (!(*last_ == ends)) {
    last_ = {};
    last_.edit() = std::move(ends);
  }
  service.ends = last_;
  return true;
}

}  // namespace uvinetd
