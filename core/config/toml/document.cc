// SPDX-License-Identifier: ISC
#include "core/config/toml/document.h"

#include <algorithm>
#include <cstddef>
#include <exception>
#include <new>
#include <tuple>
#include <utility>

#include <toml++/toml.h>

#include "core/base/words.h"
#include "core/config/toml/bounds.h"

namespace uvinetd {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// The library's columns count code points; ours count bytes.
class Columns {
 public:
  explicit Columns(std::string_view text) : text_(text) {
    is_ascii_ = std::all_of(text.begin(), text.end(),
                            [](char c) { return static_cast<unsigned char>(c) < 0x80U; });
    if (!is_ascii_) make_index();
  }

  Place place_of(const toml::source_position& position) const {
    const Place out{static_cast<int>(position.line), static_cast<int>(position.column)};
    const auto line = static_cast<std::size_t>(position.line);
    if (is_ascii_ || line == 0 || line > lines_.size()) return out;
    const auto& [begin, first] = lines_[line - 1];
    const auto wanted = first + position.column - 1;  // number of the code point
    const auto step = std::min(wanted / kStep, steps_.size() - 1);
    auto at = steps_[step];
    for (auto left = wanted - step * kStep; left > 0 && at < text_.size(); --left) at = next(at);
    return {out.line, static_cast<int>(std::max(at, begin) - begin) + 1};
  }

 private:
  static constexpr std::size_t kStep = 64;

  std::size_t next(std::size_t at) const {
    ++at;
    while (at < text_.size() && (static_cast<unsigned char>(text_[at]) & 0xc0U) == 0x80U) ++at;
    return at;
  }

  // Where each line begins, in bytes and in code points, and where every 64th code point stands: no
  // look-up walks through a long line.
  void make_index() {
    std::size_t point = 0;
    std::size_t at = text_.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
    lines_.emplace_back(0, 0);
    for (; at < text_.size(); ++point) {
      if (point % kStep == 0) steps_.push_back(at);
      const bool is_line_end = text_[at] == '\n';
      at = next(at);
      if (is_line_end) lines_.emplace_back(at, point + 1);
    }
    steps_.push_back(at);
  }

  std::string_view text_;
  bool is_ascii_ = true;
  std::vector<std::pair<std::size_t, std::size_t>> lines_;
  std::vector<std::size_t> steps_;
};

class Converter {
 public:
  explicit Converter(const Columns& columns) : columns_(columns) {}

  // As deep as find_toml_excess() lets a value be.
  void convert(const toml::node& node, TomlNode& out) const {
    out.at = columns_.place_of(node.source().begin);
    switch (node.type()) {
      case toml::node_type::string:
        out.kind = TomlNode::Kind::String;
        out.text = node.ref<std::string>();
        break;
      case toml::node_type::integer:
        out.kind = TomlNode::Kind::Integer;
        out.integer = node.ref<std::int64_t>();
        out.is_octal = (node.as_integer()->flags() & toml::value_flags::format_as_octal) !=
                       toml::value_flags::none;
        break;
      case toml::node_type::floating_point:
        out.kind = TomlNode::Kind::Float;
        out.real = node.ref<double>();
        break;
      case toml::node_type::boolean:
        out.kind = TomlNode::Kind::Boolean;
        out.boolean = node.ref<bool>();
        break;
      case toml::node_type::array:
        out.kind = TomlNode::Kind::Array;
        add_elements(*node.as_array(), out);
        break;
      case toml::node_type::table:
        add_members(*node.as_table(), out);
        break;
      case toml::node_type::none:
      case toml::node_type::date:
      case toml::node_type::time:
      case toml::node_type::date_time:
        out.kind = TomlNode::Kind::Date;
        break;
    }
  }

 private:
  void add_elements(const toml::array& array, TomlNode& out) const {
    out.items.reserve(array.size());
    for (const auto& element : array) {
      auto& item = out.items.emplace_back();
      convert(element, item.value);
      item.at = item.value.at;
    }
  }

  // The library sorts its tables by name.
  void add_members(const toml::table& table, TomlNode& out) const {
    struct Member {
      Place at;
      const toml::key* key;
      const toml::node* value;
    };
    std::vector<Member> members;
    members.reserve(table.size());
    for (const auto& [key, value] : table) {
      members.push_back({columns_.place_of(key.source().begin), &key, &value});
    }
    std::sort(members.begin(), members.end(), [](const Member& a, const Member& b) {
      return std::tie(a.at.line, a.at.column) < std::tie(b.at.line, b.at.column);
    });
    out.items.reserve(members.size());
    for (const auto& [at, key, value] : members) {
      auto& item = out.items.emplace_back();
      item.key = key->str();
      item.at = at;
      convert(*value, item.value);
    }
  }

  const Columns& columns_;
};

// The library places some errors a little behind the end of the text.
Place within(std::string_view text, Place at) {
  int line = 1;
  std::size_t begin = 0;
  while (line < at.line) {
    const auto end = text.find('\n', begin);
    if (end == std::string_view::npos) break;
    begin = end + 1;
    ++line;
  }
  const auto size = std::min(text.find('\n', begin), text.size()) - begin;
  return {line, std::clamp(at.column, 1, static_cast<int>(size) + 1)};
}

// The library's sentence in our manner: on one line, and lower case.
std::string told(std::string_view description) {
  std::string out;
  while (description.ends_with('.')) description.remove_suffix(1);
  for (const char c : description) out += c < ' ' || c > '~' ? '?' : c;
  if (!out.empty()) out[0] = lower(out[0]);
  return out;
}

}  // namespace

Field TomlNode::field() const {
  Field out;
  out.text = text;
  out.at = at;
  out.end_column = at.column + static_cast<int>(text.size()) + 2;
  out.is_quoted = true;
  return out;
}

const char* kind_text(TomlNode::Kind kind) {
  switch (kind) {
    case TomlNode::Kind::String:
      return "a string";
    case TomlNode::Kind::Integer:
      return "an integer";
    case TomlNode::Kind::Float:
      return "a number with a fraction";
    case TomlNode::Kind::Boolean:
      return "true or false";
    case TomlNode::Kind::Date:
      return "a date or time";
    case TomlNode::Kind::Array:
      return "an array";
    case TomlNode::Kind::Table:
      return "a table";
  }
  return "a table";
}

std::optional<TomlNode> read_toml(std::string_view text, Reporter& report) {
  if (const auto excess = find_toml_excess(text)) {
    report.error(excess->at, "toml", excess->message);
    return std::nullopt;
  }
  const Columns columns(text);
  try {
    const toml::table table = toml::parse(text);
    std::optional<TomlNode> out(std::in_place);
    Converter(columns).convert(table, *out);
    return out;
  } catch (const toml::parse_error& error) {
    const auto at = within(text, columns.place_of(error.source().begin));
    report.error(at, "toml", told(error.description()));
  } catch (const std::bad_alloc&) {
    report.error({1, 1}, "toml", "the file is too large");
  } catch (const std::exception& error) {
    report.error({1, 1}, "toml", told(error.what()));
  }
  return std::nullopt;
}

}  // namespace uvinetd
