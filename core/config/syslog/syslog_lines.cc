// SPDX-License-Identifier: ISC
#include "core/config/syslog/syslog_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace uvinetd {
namespace {

constexpr std::string_view kBlanks = " \t";

bool is_control(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
}

}  // namespace

Place SyslogLine::place_of(std::size_t offset) const {
  const auto after = std::upper_bound(
      pieces_.begin(), pieces_.end(), offset,
      [](std::size_t wanted, const Piece& piece) { return wanted < piece.offset; });
  if (after == pieces_.begin()) return {};
  const auto& piece = *std::prev(after);
  return {piece.at.line, piece.at.column + static_cast<int>(offset - piece.offset)};
}

Field SyslogLine::part(std::size_t from, std::size_t count) const {
  const auto end =
      count < text_.size() - std::min(from, text_.size()) ? from + count : text_.size();
  const auto first = std::min(text_.find_first_not_of(kBlanks, from), end);
  auto last = end;
  while (last > first && kBlanks.find(text_[last - 1]) != kBlanks.npos) --last;
  Field out;
  out.text = text_.substr(first, last - first);
  out.at = {1, static_cast<int>(first) + 1};
  out.end_column = out.at.column + static_cast<int>(out.text.size());
  return out;
}

void SyslogLine::append(std::string_view text, Place at) {
  pieces_.push_back({text_.size(), at});
  text_ += text;
}

void SyslogLine::trim_end() {
  text_.resize(text_.find_last_not_of(kBlanks) + 1);
}

bool SyslogLines::load(std::string_view& line) {
  if (text_.empty()) return false;
  const auto end = std::min(text_.find('\n'), text_.size());
  line = text_.substr(0, end);
  text_.remove_prefix(std::min(end + 1, text_.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  ++number_;
  return true;
}

// One line and those that it goes on in. False: reported.
bool SyslogLines::take(SyslogLine& out) {
  std::string_view line;
  bool is_good = true;
  for (bool goes_on = true; goes_on && load(line);) {
    const auto begin = std::min(line.find_first_not_of(kBlanks), line.size());
    const Place at{number_, static_cast<int>(begin) + 1};
    line.remove_prefix(begin);
    const bool is_comment = out.is_empty() && line.starts_with('#');
    goes_on = !is_comment && line.ends_with('\\');
    if (goes_on) line.remove_suffix(1);
    if (!is_good) continue;
    const auto bad = std::find_if(line.begin(), line.end(), is_control);
    if (out.text().size() + line.size() > kLongest) {
      is_good = report_.error(
          at, "line-too-long",
          fmt::format("a line may have {} bytes, continuation lines included", kLongest));
    } else if (bad != line.end() && !is_comment) {
      const auto column = at.column + static_cast<int>(bad - line.begin());
      is_good = report_.error(
          {number_, column}, "control-character",
          fmt::format("a byte that no line may have: 0x{:02x}", static_cast<unsigned char>(*bad)));
    } else if (!line.empty()) {
      out.append(line, at);
    }
  }
  out.trim_end();
  return is_good;
}

std::optional<SyslogLine> SyslogLines::next() {
  while (!text_.empty()) {
    SyslogLine out;
    if (take(out) && !out.is_empty()) return out;
  }
  return std::nullopt;
}

}  // namespace uvinetd
