// SPDX-License-Identifier: ISC
#include "core/config/syslog/syslog_filter.h"

#include <fmt/format.h>
#include <regex.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "core/config/field_reader.h"
#include "core/config/quote.h"
#include "core/config/suggest.h"

namespace uvinetd {
namespace {

constexpr std::size_t kMostNames = 64;
constexpr std::size_t kLongestName = 255;
constexpr std::size_t kLongestPattern = 1024;
// Bytes of a pattern whose repetitions are written out: what compiling it takes grows with them.
constexpr std::size_t kLongestWrittenOut = 16 * 1024;
constexpr unsigned kMostRepetitions = 255;  // of a part of a pattern: each takes memory
constexpr std::string_view kBlanks = " \t";
constexpr std::string_view kLetterCase = "icase_";
// Of rsyslog: equal to "", which is not written. All other operations have a value.
constexpr std::string_view kIsEmpty = "isempty";

template <typename E>
struct Word {
  std::string_view word;
  E value;
};

constexpr std::array kProperties{
    Word<SyslogProperty>{"msg", SyslogProperty::Message},
    Word<SyslogProperty>{"msgid", SyslogProperty::MessageId},
    Word<SyslogProperty>{"sd", SyslogProperty::StructuredData},
    Word<SyslogProperty>{"structured-data", SyslogProperty::StructuredData},
    Word<SyslogProperty>{"programname", SyslogProperty::Program},
    Word<SyslogProperty>{"hostname", SyslogProperty::Host}};
constexpr std::array kOperations{Word<SyslogOperation>{"contains", SyslogOperation::Contains},
                                 Word<SyslogOperation>{"isequal", SyslogOperation::IsEqual},
                                 Word<SyslogOperation>{"startswith", SyslogOperation::StartsWith},
                                 Word<SyslogOperation>{"regex", SyslogOperation::Regex},
                                 Word<SyslogOperation>{"ereregex", SyslogOperation::ExtendedRegex},
                                 Word<SyslogOperation>{kIsEmpty, SyslogOperation::IsEqual}};

template <typename E, std::size_t N>
std::optional<E> find(const std::array<Word<E>, N>& words, std::string_view wanted) {
  for (const auto& [word, value] : words) {
    if (word == wanted) return value;
  }
  return std::nullopt;
}

template <typename E, std::size_t N>
std::string hint(const std::array<Word<E>, N>& words, std::string_view wanted) {
  std::array<std::string_view, N> known;
  for (std::size_t i = 0; i < N; ++i) known[i] = words[i].word;
  return did_you_mean(wanted, known);
}

// How often a part of the pattern is copied when it is compiled: "\{2,9\}" within another.
bool has_bounded_repetitions(std::string_view pattern) {
  std::uint64_t product = 1;
  for (std::size_t at = pattern.find('{'); at != pattern.npos; at = pattern.find('{', at + 1)) {
    unsigned most = 0;
    unsigned number = 0;
    for (std::size_t i = at + 1; i < pattern.size(); ++i) {
      const char c = pattern[i];
      if (c == ',') {
        number = 0;
      } else if (c >= '0' && c <= '9' && number <= kMostRepetitions) {
        number = number * 10 + static_cast<unsigned>(c - '0');
        most = std::max(most, number);
      } else {
        break;
      }
    }
    product *= std::max(most, 1U);
    if (product > kMostRepetitions || product * pattern.size() > kLongestWrittenOut) return false;
  }
  return true;
}

// What a pattern refers to of itself can take for ever to be found.
bool has_back_reference(std::string_view pattern) {
  for (std::size_t at = 0; at + 1 < pattern.size(); ++at) {
    if (pattern[at] != '\\') continue;
    ++at;
    if (pattern[at] >= '1' && pattern[at] <= '9') return true;
  }
  return false;
}

// "": it can be compiled.
std::string objection_to(const SyslogPropertyFilter& filter) {
  if (filter.value.size() > kLongestPattern) {
    return fmt::format("it is longer than {} bytes", kLongestPattern);
  }
  if (has_back_reference(filter.value)) return "back-references are not known";
  if (!has_bounded_repetitions(filter.value)) {
    return "it has too many repetitions";
  }
  const int extended = filter.operation == SyslogOperation::ExtendedRegex ? REG_EXTENDED : 0;
  const int letters = filter.ignores_case ? REG_ICASE : 0;
  regex_t compiled{};
  const int code = regcomp(&compiled, filter.value.c_str(), extended | letters | REG_NOSUB);
  if (code == 0) {
    regfree(&compiled);
    return "";
  }
  std::array<char, 256> reason{};
  regerror(code, &compiled, reason.data(), reason.size());
  return reason.data();
}

class PropertyReader {
 public:
  PropertyReader(const Field& line, Reporter& report) : line_(line), report_(report) {}

  ReadProperty run() {
    at_ = 1;
    const auto name = word();
    if (name.text == "*" || line_.text == ":") return {true, std::nullopt, at_};
    SyslogPropertyFilter filter;
    const bool has_property = read_property(name, filter);
    const bool has_operation = comma() && read_operation(word(), filter);
    const bool is_whole =
        has_property && has_operation && (!takes_value_ || (comma() && read_value(filter)));
    if (!is_whole) {
      return {false, std::nullopt, takes_value_ ? end_of_value() : at_};
    }
    return {true, std::move(filter), at_};
  }

 private:
  [[nodiscard]] bool is_escape(std::size_t at) const {
    const std::string_view text = line_.text;
    return text[at] == '\\' && at + 1 < text.size() &&
           (text[at + 1] == '"' || text[at + 1] == '\\');
  }
  // Of a line that could not be read up to there.
  [[nodiscard]] std::size_t end_of_value() const {
    const std::string_view text = line_.text;
    auto at = std::min(text.find('"'), text.size());
    for (++at; at < text.size() && text[at] != '"'; ++at) {
      if (is_escape(at)) ++at;
    }
    return std::min(at + 1, text.size());
  }

  bool error(Place at, std::string message, std::string hint = {}) {
    return report_.error(at, "filter", std::move(message), std::move(hint));
  }

  void skip_blanks() {
    at_ = std::min(line_.text.find_first_not_of(kBlanks, at_), line_.text.size());
  }
  Field word() {
    skip_blanks();
    const auto end = std::min(line_.text.find_first_of(", \t\"", at_), line_.text.size());
    auto out = line_.part(at_, end - at_);
    at_ = end;
    return out;
  }
  bool comma() {
    skip_blanks();
    if (at_ >= line_.text.size() || line_.text[at_] != ',') {
      return error(line_.place_of(at_), "a comma is missing", ":property, operation, \"value\"");
    }
    ++at_;
    return true;
  }

  bool read_property(const Field& name, SyslogPropertyFilter& filter) {
    const auto property = find(kProperties, name.text);
    if (!property) {
      return error(name.at, "unknown property " + quoted(name.text), hint(kProperties, name.text));
    }
    filter.property = *property;
    return true;
  }

  bool read_operation(Field name, SyslogPropertyFilter& filter) {
    if (name.text.starts_with('!')) {
      filter.is_inverted = true;
      name = name.part(1);
    }
    if (name.text.starts_with(kLetterCase)) {
      filter.ignores_case = true;
      name = name.part(kLetterCase.size());
    }
    const auto operation = find(kOperations, name.text);
    if (!operation) {
      return error(name.at, "unknown operation " + quoted(name.text), hint(kOperations, name.text));
    }
    filter.operation = *operation;
    takes_value_ = name.text != kIsEmpty;
    return true;
  }

  // Between quotation marks; \" and \\ are escapes.
  bool read_value(SyslogPropertyFilter& filter) {
    skip_blanks();
    const auto begin = line_.place_of(at_);
    if (at_ >= line_.text.size() || line_.text[at_] != '"') {
      return error(begin, "the value stands between quotation marks");
    }
    for (++at_; at_ < line_.text.size() && line_.text[at_] != '"'; ++at_) {
      const bool is_escaped = is_escape(at_);
      const bool is_pattern = filter.operation == SyslogOperation::Regex ||
                              filter.operation == SyslogOperation::ExtendedRegex;
      // In a pattern "\\" is the pattern's own.
      const bool is_kept = is_escaped && is_pattern && line_.text[at_ + 1] == '\\';
      if (is_kept) filter.value += '\\';
      if (is_escaped) ++at_;
      filter.value += line_.text[at_];
    }
    if (at_ >= line_.text.size()) return error(begin, "the quotation mark is not closed");
    ++at_;
    return check_value(begin, filter);
  }

  bool check_value(Place at, const SyslogPropertyFilter& filter) {
    if (filter.operation != SyslogOperation::Regex &&
        filter.operation != SyslogOperation::ExtendedRegex) {
      return true;
    }
    const auto objection = objection_to(filter);
    if (objection.empty()) return true;
    return report_.error(at, "regex", "bad expression " + quoted(filter.value) + ": " + objection);
  }

  const Field& line_;
  Reporter& report_;
  std::size_t at_ = 0;
  bool takes_value_ = true;
};

}  // namespace

std::optional<SyslogNames> read_syslog_names(const Field& list, Reporter& report) {
  if (list.text.empty() || list.text == "*") return SyslogNames();
  SyslogNames out;
  std::size_t begin = 0;
  if (list.text.starts_with('-') || list.text.starts_with('+')) {
    out.is_inverted = list.text.front() == '-';
    begin = 1;
  }
  for (std::size_t at = begin; at <= list.text.size();) {
    const auto comma = std::min(list.text.find(',', at), list.text.size());
    auto name = list.part(at, comma - at);
    const auto first = name.text.find_first_not_of(kBlanks);
    const auto last = name.text.find_last_not_of(kBlanks);
    if (first != std::string::npos) name = name.part(first, last - first + 1);
    const bool is_good = first != std::string::npos && name.text.size() <= kLongestName &&
                         name.text.find_first_of(kBlanks) == std::string::npos && name.text != "*";
    if (!is_good) {
      report.error(name.at, "filter", "bad name " + quoted(name.text), "names with commas, or *");
      return std::nullopt;
    }
    if (out.names.size() == kMostNames) {
      report.error(name.at, "filter", fmt::format("{} names at most", kMostNames));
      return std::nullopt;
    }
    out.names.push_back(name.text);
    at = comma + 1;
  }
  return out;
}

ReadProperty read_syslog_property(const Field& line, Reporter& report) {
  return PropertyReader(line, report).run();
}

}  // namespace uvinetd
