// SPDX-License-Identifier: ISC
// Rows as columns of one width each, by what they take on a terminal. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace uvinetd {

enum class Paint : unsigned char { None, Bold, Dim, Good, Warning, Bad };

// The text as it is, or with the sequences that colour it.
[[nodiscard]] std::string painted(std::string text, Paint paint, bool has_colors);

struct TableCell {
  std::string text;
  Paint paint = Paint::None;
};

class TextTable {
 public:
  struct Column {
    std::string title;
    bool is_right = false;
  };

  TextTable(std::vector<Column> columns, bool has_colors)
      : columns_(std::move(columns)), has_colors_(has_colors) {}

  // As many cells as there are columns.
  void add(std::vector<TableCell> row) { rows_.push_back(std::move(row)); }
  // With a line of titles; no line ends in blanks.
  [[nodiscard]] std::string text() const;

 private:
  [[nodiscard]] std::string line(const std::vector<TableCell>& row,
                                 const std::vector<std::size_t>& widths) const;

  std::vector<Column> columns_;
  std::vector<std::vector<TableCell>> rows_;
  bool has_colors_;
};

}  // namespace uvinetd
