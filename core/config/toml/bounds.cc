// SPDX-License-Identifier: ISC
#include "core/config/toml/bounds.h"

#include <cstddef>

namespace uvinetd {
namespace {

constexpr int kMostParts = 16;
constexpr int kMostDepth = 16;
// The library looks for a table that a dotted name has made among all of them, one by one. Each dot
// may make one; that of [services.NAME] makes none.
constexpr int kMostDots = 50000;

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  std::optional<TomlExcess> run() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"' || c == '\'') {
        skip_string(c);
      } else if (c == '#') {
        at_ = text_.find('\n', at_);
        if (at_ == std::string_view::npos) break;
      } else {
        const char* message = take(c);
        if (message != nullptr) return TomlExcess{place(), message};
        ++at_;
      }
    }
    return std::nullopt;
  }

 private:
  Place place() const { return {line_, static_cast<int>(at_ - line_begin_) + 1}; }

  // One byte outside of strings and comments.
  const char* take(char c) {
    switch (c) {
      case '\n':
        ++line_;
        line_begin_ = at_ + 1;
        if (depth_ == 0) begin_name(Part::Name);
        return nullptr;
      case '.':
        if (part_ == Part::Value) return nullptr;
        return ++dots_ < kMostParts ? nullptr : "a name has too many parts";
      case '=':
        return end_name();
      case '[':
        if (depth_ == 0 && part_ == Part::Name && is_line_start()) return begin_header();
        [[fallthrough]];
      case '{':
        begin_name(c == '{' ? Part::Name : Part::Value);
        return ++depth_ <= kMostDepth ? nullptr : "the values are nested too deep";
      case ']':
        if (part_ == Part::Header) return end_name();
        [[fallthrough]];
      case '}':
        if (depth_ > 0) --depth_;
        return nullptr;
      case ',':
        // Within an array no name follows; that its dots are counted then does no harm, for there
        // is at most one in a number.
        begin_name(Part::Name);
        return nullptr;
      default:
        return nullptr;
    }
  }

  enum class Part { Name, Header, Value };

  void begin_name(Part part) {
    part_ = part;
    dots_ = 0;
  }

  bool is_line_start() const {
    const auto before = text_.substr(line_begin_, at_ - line_begin_);
    return before.find_first_not_of(" \t\xef\xbb\xbf") == std::string_view::npos;
  }

  const char* begin_header() {
    begin_name(Part::Header);
    constexpr std::string_view kServices = "services.";
    const auto rest = text_.substr(at_ + 1);
    is_service_ = rest.starts_with(kServices);
    if (rest.starts_with('[')) {
      ++at_;
      ++counted_dots_;
    }
    return nullptr;
  }

  const char* end_name() {
    const bool is_plain = dots_ == 0 || (part_ == Part::Header && is_service_ && dots_ == 1);
    if (part_ != Part::Value && !is_plain) counted_dots_ += dots_;
    begin_name(Part::Value);
    return counted_dots_ <= kMostDots ? nullptr : "there are too many dotted names";
  }

  // A string of any of the four kinds, with the line ends in it.
  void skip_string(char quote) {
    const bool is_long =
        at_ + 2 < text_.size() && text_[at_ + 1] == quote && text_[at_ + 2] == quote;
    at_ += is_long ? 3 : 1;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\n') {
        if (!is_long) return;  // no TOML from here on
        ++line_;
        line_begin_ = at_ + 1;
      } else if (c == '\\' && quote == '"') {
        ++at_;
        if (at_ < text_.size() && text_[at_] == '\n') continue;
      } else if (c == quote) {
        if (!is_long) {
          ++at_;
          return;
        }
        if (text_.substr(at_).starts_with(quote == '"' ? "\"\"\"" : "'''")) {
          at_ += 3;
          // Up to two more belong to the text.
          for (int more = 0; more < 2 && at_ < text_.size() && text_[at_] == quote; ++more) ++at_;
          return;
        }
      }
      ++at_;
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_begin_ = 0;
  int line_ = 1;
  Part part_ = Part::Name;
  int dots_ = 0;
  int depth_ = 0;
  int counted_dots_ = 0;
  bool is_service_ = false;
};

}  // namespace

std::optional<TomlExcess> find_toml_excess(std::string_view text) {
  return Scanner(text).run();
}

}  // namespace uvinetd
