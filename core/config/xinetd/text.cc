// SPDX-License-Identifier: ISC
#include "core/config/xinetd/text.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/config/inetd/entry_reader.h"
#include "core/config/quote.h"

namespace uvinetd::xinetd {
namespace {

constexpr std::string_view kBlanks = " \t";

struct OperatorText {
  std::string_view text;
  Operator op;
};
constexpr OperatorText kOperators[] = {
    {"=", Operator::Set}, {"+=", Operator::Add}, {"-=", Operator::Remove}};

}  // namespace

std::string_view LineReader::take_line() {
  const auto begin = next_;
  const auto newline = text_.find('\n', begin);
  const bool is_last = newline == std::string_view::npos;
  next_ = is_last ? text_.size() : newline + 1;
  ++number_;
  auto line = text_.substr(begin, (is_last ? text_.size() : newline) - begin);
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
    if (!is_cr_told_) {
      report_.warning({number_, static_cast<int>(line.size()) + 1}, "xinetd-differs",
                      "lines end in CR LF: xinetd takes the CR for a part of the last word");
    }
    is_cr_told_ = true;
  }
  return line;
}

std::optional<Line> LineReader::next() {
  while (next_ < text_.size()) {
    const auto bytes = take_line();
    auto begin = bytes.find_first_not_of(kBlanks);
    if (number_ == 1 && bytes.starts_with("\xef\xbb\xbf")) {
      report_.warning({1, 1}, "xinetd-differs",
                      "a byte order mark begins the file: xinetd cannot read this line");
      begin = bytes.find_first_not_of(kBlanks, 3);
    }
    if (begin == std::string_view::npos || bytes[begin] == '#') continue;
    Line line;
    line.number = number_;
    line.column = static_cast<int>(begin) + 1;
    line.text = bytes.substr(begin, bytes.find_last_not_of(kBlanks) + 1 - begin);
    line.is_bad = !check(line);
    return line;
  }
  return std::nullopt;
}

bool LineReader::check(const Line& line) {
  if (line.text.size() > kLongestLine) {
    return report_.error(line.at(), "line-too-long", "the line has more than 65536 bytes");
  }
  const auto bad = std::find_if(line.text.begin(), line.text.end(),
                                [](char c) { return is_control(c) && c != '\t'; });
  if (bad == line.text.end()) return true;
  const auto offset = static_cast<int>(bad - line.text.begin());
  return report_.error({line.number, line.column + offset}, "control-character",
                       fmt::format("control character \\x{:02x} in the configuration",
                                   static_cast<unsigned>(static_cast<unsigned char>(*bad))));
}

std::vector<Word> words_of(std::string_view text, int column) {
  std::vector<Word> out;
  for (std::size_t end = 0;;) {
    const auto begin = text.find_first_not_of(kBlanks, end);
    if (begin == std::string_view::npos) return out;
    end = std::min(text.find_first_of(kBlanks, begin), text.size());
    out.push_back({text.substr(begin, end - begin), column + static_cast<int>(begin)});
  }
}

Field Attribute::field(const Word& word) const {
  Field out;
  out.text = word.text;
  out.at = place(word);
  out.end_column = word.column + static_cast<int>(word.text.size());
  return out;
}

std::optional<Attribute> read_attribute(const Line& line, Reporter& report) {
  const auto text = line.text;
  auto name_end = std::min(text.find_first_of(" \t="), text.size());
  const bool is_glued = name_end < text.size() && text[name_end] == '=';
  if (is_glued && name_end > 0 && (text[name_end - 1] == '+' || text[name_end - 1] == '-')) {
    --name_end;
  }
  const auto column_of = [&](std::size_t at) { return line.column + static_cast<int>(at); };
  Attribute out;
  out.line = line.number;
  out.name = {text.substr(0, name_end), line.column};
  const auto operator_at = std::min(text.find_first_not_of(kBlanks, name_end), text.size());
  const auto rest = text.substr(operator_at);
  const auto* known = std::find_if(std::begin(kOperators), std::end(kOperators),
                                   [&](const auto& row) { return rest.starts_with(row.text); });
  if (known == std::end(kOperators) || out.name.text.empty()) {
    // What stands there may be part of a secret: only the place is told.
    report.error({line.number, column_of(out.name.text.empty() ? 0 : operator_at)}, "operator",
                 out.name.text.empty() ? "the name of an attribute is missing"
                                       : "expected =, += or -= after the name of an attribute");
    return std::nullopt;
  }
  if (is_glued) {
    report.warning({line.number, column_of(operator_at)}, "xinetd-differs",
                   "no blank stands before the operator: xinetd loses the whole entry");
  }
  out.op = known->op;
  const auto values = operator_at + known->text.size();
  out.values = words_of(text.substr(values), column_of(values));
  out.values_column = out.values.empty() ? column_of(values) : out.values.front().column;
  return out;
}

}  // namespace uvinetd::xinetd
