// SPDX-License-Identifier: ISC
#include "core/config/source_outline.h"

#include <utility>

#include "core/base/escape.h"

namespace uvinetd {
namespace {

constexpr std::size_t kLongestComment = 4096;  // bytes of one line

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

std::string_view without_indent(std::string_view line) {
  while (!line.empty() && is_space(line.front())) line.remove_prefix(1);
  return line;
}

std::string_view without_end(std::string_view line) {
  while (!line.empty() && is_space(line.back())) line.remove_suffix(1);
  return line;
}

std::string_view take_word(std::string_view& line) {
  line = without_indent(line);
  std::size_t size = 0;
  while (size < line.size() && !is_space(line[size])) ++size;
  const auto word = line.substr(0, size);
  line.remove_prefix(size);
  return word;
}

// What the languages differ in: how lines belong together. Each gets all lines in their order.
class InetdLines {
 public:
  bool is_inside(std::string_view line) const {
    return has_entry_ && (is_in_definition_ || line.empty() || is_space(line.front()));
  }
  bool is_comment(std::string_view line) const { return without_indent(line).starts_with('#'); }
  bool begins_entry(std::string_view line) {
    const bool is_new = !is_in_definition_ && !is_space(line.front());
    if (is_new) {
      has_entry_ = true;
      auto rest = line;
      take_word(rest);
      const auto second = take_word(rest);
      is_in_definition_ = second == "on" || second == "off";
    }
    is_in_definition_ = is_in_definition_ && !ends_definition(line);
    return is_new;
  }

 private:
  static bool ends_definition(std::string_view line) {
    for (auto at = line.find(';'); at != line.npos; at = line.find(';', at + 1)) {
      const auto rest = without_indent(line.substr(at + 1));
      if (rest.empty() || rest.starts_with('#')) return true;
    }
    return false;
  }

  bool has_entry_ = false;
  bool is_in_definition_ = false;
};

class XinetdLines {
 public:
  bool is_inside(std::string_view) const { return is_in_block_; }
  bool is_comment(std::string_view line) const { return without_indent(line).starts_with('#'); }
  bool begins_entry(std::string_view line) {
    const auto words = without_end(without_indent(line));
    if (is_in_block_) {
      if (words.starts_with('}')) is_in_block_ = false;
      return false;
    }
    const bool opens_only = words == "{";
    is_in_block_ = words.ends_with('{');
    return !opens_only;
  }

 private:
  bool is_in_block_ = false;
};

// Knows strings and brackets that go over several lines.
class TomlLines {
 public:
  bool is_inside(std::string_view) const { return false; }  // see after_toml()
  bool is_comment(std::string_view line) const {
    return mark_.empty() && depth_ == 0 && without_indent(line).starts_with('#');
  }
  bool begins_entry(std::string_view line) {
    const bool is_header = mark_.empty() && depth_ == 0 && without_indent(line).starts_with('[');
    if (is_header) return true;
    walk(line);
    return false;
  }

 private:
  void walk(std::string_view line) {
    for (std::size_t at = 0; at < line.size();) {
      at = mark_.empty() ? walk_plain(line, at) : walk_string(line, at);
    }
    if (mark_.size() == 1) mark_.clear();  // an unclosed string of one line: an error there
  }
  std::size_t walk_plain(std::string_view line, std::size_t at) {
    const char c = line[at];
    if (c == '#') return line.size();
    if (c == '[' || c == '{') ++depth_;
    if ((c == ']' || c == '}') && depth_ > 0) --depth_;
    if (c != '"' && c != '\'') return at + 1;
    mark_ = line.substr(at, 3) == std::string(3, c) ? std::string(3, c) : std::string(1, c);
    return at + mark_.size();
  }
  std::size_t walk_string(std::string_view line, std::size_t at) {
    if (mark_[0] == '"' && line[at] == '\\') return at + 2;
    if (line.substr(at, mark_.size()) != mark_) return at + 1;
    at += mark_.size();
    mark_.clear();
    return at;
  }

  std::string mark_;  // of the string that is open
  std::size_t depth_ = 0;
};

Comment comment_of(int line_number, std::string_view line, bool is_inside) {
  auto text = without_indent(line).substr(1);
  if (text.starts_with(' ')) text.remove_prefix(1);
  return {line_number, comment_line(text), is_inside};
}

template <typename Lines>
SourceOutline walk(std::string_view text, Lines lines, bool is_toml) {
  SourceOutline out;
  std::size_t first_open = 0;  // TOML: the comments after the last key or header
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  for (int number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (lines.is_comment(line)) {
      out.comments.push_back(comment_of(number, line, lines.is_inside(line)));
      continue;
    }
    if (without_indent(line).empty()) continue;
    const bool is_new = lines.begins_entry(line);
    if (is_toml && !is_new && !out.entries.empty()) {
      // A key of the table above: so the comments before it are within that table.
      for (; first_open < out.comments.size(); ++first_open) {
        out.comments[first_open].is_inside = true;
      }
    }
    first_open = out.comments.size();
    if (is_new) out.entries.push_back(number);
  }
  return out;
}

}  // namespace

SourceOutline outline_of(std::string_view text, Language language) {
  switch (language) {
    case Language::InetdConf:
      return walk(text, InetdLines(), false);
    case Language::Xinetd:
      return walk(text, XinetdLines(), false);
    case Language::Toml:
      return walk(text, TomlLines(), true);
  }
  return {};
}

std::string comment_line(std::string_view text) {
  text = without_end(text);
  std::string out;
  while (true) {
    const auto tab = text.find('\t');
    out += one_line(text.substr(0, tab), kLongestComment);
    if (tab == std::string_view::npos || out.size() >= kLongestComment) return out;
    out += '\t';
    text.remove_prefix(tab + 1);
  }
}

}  // namespace uvinetd
