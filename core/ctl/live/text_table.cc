// SPDX-License-Identifier: ISC
#include "core/ctl/live/text_table.h"

#include <algorithm>
#include <utility>

#include "core/ctl/live/human.h"

namespace uvinetd {
namespace {

const char* sequence_of(Paint paint) {
  switch (paint) {
    case Paint::None:
      return "";
    case Paint::Bold:
      return "\x1b[1m";
    case Paint::Dim:
      return "\x1b[2m";
    case Paint::Good:
      return "\x1b[32m";
    case Paint::Warning:
      return "\x1b[33m";
    case Paint::Bad:
      return "\x1b[31m";
  }
  return "";
}

}  // namespace

std::string painted(std::string text, Paint paint, bool has_colors) {
  if (!has_colors || paint == Paint::None || text.empty()) return text;
  return sequence_of(paint) + std::move(text) + "\x1b[0m";
}

std::string TextTable::line(const std::vector<TableCell>& row,
                            const std::vector<std::size_t>& widths) const {
  std::string out;
  std::size_t blanks = 0;  // owed before the next text
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const auto room = widths[i] - std::min(widths[i], display_width(row[i].text));
    if (columns_[i].is_right) blanks += room;
    if (!row[i].text.empty()) {
      out.append(blanks, ' ');
      blanks = 0;
      out += painted(row[i].text, row[i].paint, has_colors_);
    }
    if (!columns_[i].is_right) blanks += room;
    blanks += 2;
  }
  return out + "\n";
}

std::string TextTable::text() const {
  std::vector<std::size_t> widths;
  std::vector<TableCell> titles;
  for (const auto& column : columns_) {
    widths.push_back(display_width(column.title));
    titles.push_back({column.title, Paint::Bold});
  }
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < widths.size(); ++i) {
      widths[i] = std::max(widths[i], display_width(row[i].text));
    }
  }
  auto out = line(titles, widths);
  for (const auto& row : rows_) out += line(row, widths);
  return out;
}

}  // namespace uvinetd
