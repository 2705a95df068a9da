// SPDX-License-Identifier: ISC
#include "spawn/script_line.h"

namespace uvinetd {
namespace {

constexpr std::string_view kBlanks = " \t";

std::string_view without_blanks(std::string_view text) {
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

}  // namespace

bool ScriptLine::is_env() const {
  return interpreter == "env" || interpreter.ends_with("/env");
}

std::optional<std::string> ScriptLine::env_program() const {
  std::string_view words = argument;
  if (words.starts_with("-S")) {
    // Quotation marks, variables and escapes have a meaning here: such a line is not followed.
    words = without_blanks(words.substr(2));
    if (words.find_first_of("\"'\\$#") != std::string_view::npos) return std::nullopt;
    words = words.substr(0, words.find_first_of(" \t\v\f\r"));
  }
  const bool is_plain = !words.empty() && words.front() != '-' &&
                        words.find_first_of("= \t") == std::string_view::npos;
  if (!is_plain) return std::nullopt;
  return std::string(words);
}

std::optional<ScriptLine> read_script_line(std::string_view head) {
  if (!head.starts_with("#!")) return std::nullopt;
  head = head.substr(0, kScriptHead);
  auto line = head.substr(2);
  const auto end = line.find('\n');
  line = without_blanks(line.substr(0, end));
  line = line.substr(0, line.find('\0'));
  const auto blank = line.find_first_of(kBlanks);
  const bool is_cut = end == std::string_view::npos && head.size() == kScriptHead;
  if (is_cut && blank == std::string_view::npos) return ScriptLine{};
  ScriptLine out;
  out.interpreter = line.substr(0, blank);
  if (blank != std::string_view::npos) out.argument = without_blanks(line.substr(blank));
  return out;
}

}  // namespace uvinetd
