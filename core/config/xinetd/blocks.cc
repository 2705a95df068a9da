// SPDX-License-Identifier: ISC
#include "core/config/xinetd/blocks.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/config/quote.h"
#include "core/config/suggest.h"

namespace uvinetd::xinetd {
namespace {

bool begins_comment(const Word& word) {
  return word.text.starts_with('#');
}

}  // namespace

void BlockReader::read_main(std::string_view text, const std::string& name) {
  is_read_.insert(name);
  out_.files.push_back(name);
  files_.push(name);
  read_text(text, out_.sources.emplace_back(name, diagnostics_));
  files_.pop();
}

void BlockReader::read_text(std::string_view text, Source& source) {
  Source* const before = std::exchange(source_, &source);
  LineReader lines(text, source.report);
  Place end{1, 1};
  while (const auto line = lines.next()) {
    take(*line);
    end = {line->number, line->column + static_cast<int>(line->text.size())};
  }
  if (block_) close_unended(end);
  source_ = before;
}

BlockReader::Keyword BlockReader::keyword_of(const std::vector<Word>& words) {
  static constexpr std::array<std::pair<std::string_view, Keyword>, 4> kKeywords{
      {{"service", Keyword::Service},
       {"defaults", Keyword::Defaults},
       {"include", Keyword::Include},
       {"includedir", Keyword::IncludeDir}}};
  static constexpr std::array<std::string_view, 3> kOperators{"=", "+=", "-="};
  const auto begins_with = [](const Word& word, std::string_view start) {
    return word.text.starts_with(start);
  };
  auto first = words.front().text;
  if (words.size() == 1 && first.size() > 1 && first.ends_with('{')) first.remove_suffix(1);
  for (const auto& [text, keyword] : kKeywords) {
    if (!is_same_word(first, text)) continue;
    const bool is_attribute =
        words.size() > 1 && std::any_of(kOperators.begin(), kOperators.end(),
                                        [&](auto start) { return begins_with(words[1], start); });
    return is_attribute ? Keyword::None : keyword;
  }
  return Keyword::None;
}

void BlockReader::take(const Line& line) {
  if (line.is_bad) {
    if (block_) {
      block_->is_bad = true;
    } else {
      ++out_.lost;
    }
    return;
  }
  auto words = words_of(line.text, line.column);
  const auto keyword = keyword_of(words);
  if (keyword != Keyword::None) return take_header(line, keyword, std::move(words));
  return block_ ? take_inside(line) : take_outside(line);
}

void BlockReader::take_outside(const Line& line) {
  auto& report = source_->report;
  if (line.text.starts_with('}')) {
    return report.warning(line.at(), "block", "there is no block that this \"}\" would close");
  }
  if (line.text.starts_with('{')) {
    report.error(line.at(), "block", "a block begins here without \"service NAME\" before it");
    open(line, Keyword::Service);
    block_->is_bad = true;
    awaits_brace_ = false;
    return;
  }
  static constexpr std::array<std::string_view, 4> kKeywords{"service", "defaults", "include",
                                                             "includedir"};
  const auto word = line.text.substr(0, line.text.find_first_of(" \t="));
  lose(line.at(), "outside-block",
       quoted(word) +
           " stands outside of a block: xinetd passes over it, and over the "
           "entry after it",
       did_you_mean(word, kKeywords));
}

void BlockReader::open(const Line& line, Keyword keyword) {
  block_.emplace();
  block_->source = source_;
  block_->at = line.at();
  block_->first_said = diagnostics_.size();
  is_defaults_ = keyword == Keyword::Defaults;
  awaits_brace_ = true;
}

// A `{` at the end of the line, and what else does not belong there.
void BlockReader::read_name(const Line& line, std::vector<Word>& words) {
  const std::size_t expected = is_defaults_ ? 1 : 2;
  auto& last = words[std::min(words.size(), expected + 1) - 1];
  if (last.text.ends_with('{') && words.size() <= expected + 1) {
    source_->report.warning(
        {line.number, last.column + static_cast<int>(last.text.size()) - 1}, "xinetd-differs",
        "the \"{\" does not stand on a line of its own: xinetd loses the whole entry");
    awaits_brace_ = false;
    last.text.remove_suffix(1);
    if (last.text.empty()) words.pop_back();
  }
  if (words.size() < expected) {
    block_->is_bad = true;
    source_->report.error({line.number, line.column + static_cast<int>(line.text.size())}, "block",
                          "the name of the service is missing");
    return;
  }
  if (!is_defaults_) block_->name = words[1];
  check_rest(line, words, expected);
}

void BlockReader::check_rest(const Line& line, const std::vector<Word>& words, std::size_t from) {
  if (words.size() <= from) return;
  const Place at{line.number, words[from].column};
  if (begins_comment(words[from])) {
    return source_->report.warning(at, "trailing-comment",
                                   "a comment begins a line of its own: xinetd loses the entry",
                                   "put the comment on a line of its own");
  }
  source_->report.error(at, "block", "nothing else may stand on this line");
  if (block_) block_->is_bad = true;
}

void BlockReader::take_header(const Line& line, Keyword keyword, std::vector<Word> words) {
  if (block_) close_unended(line.at());
  if (keyword == Keyword::Include || keyword == Keyword::IncludeDir) {
    return take_include(line, keyword, words);
  }
  open(line, keyword);
  read_name(line, words);
}

// Whether the line is the `{` that the block waits for.
bool BlockReader::take_brace(const Line& line) {
  awaits_brace_ = false;
  if (!line.text.starts_with('{')) {
    block_->is_bad = true;
    source_->report.error(line.at(), "block", "a \"{\" is missing before this line");
    return false;
  }
  const auto words = words_of(line.text, line.column);
  const bool is_alone = words.front().text == "{";
  if (is_alone) {
    check_rest(line, words, 1);
  } else {
    block_->is_bad = true;
    source_->report.error(line.at(), "block", "the \"{\" must stand on a line of its own");
  }
  return true;
}

void BlockReader::take_inside(const Line& line) {
  if (awaits_brace_ && take_brace(line)) return;
  if (line.text.starts_with('}')) {
    const auto words = words_of(line.text, line.column);
    if (words.front().text == "}") {
      check_rest(line, words, 1);
    } else {
      block_->is_bad = true;
      source_->report.error(line.at(), "block", "the \"}\" must stand on a line of its own");
    }
    return close();
  }
  auto attribute = read_attribute(line, source_->report);
  if (!attribute) {
    block_->is_bad = true;
    return;
  }
  block_->attributes.push_back(std::move(*attribute));
}

void BlockReader::close_unended(Place at) {
  block_->is_bad = true;
  auto begin = source_->report.position(block_->at);
  begin.column = 0;
  source_->report.error(at, "block",
                        "the block that begins at " + begin.text() + " has no \"}\" before here");
  close();
}

void BlockReader::close() {
  block_->last_said = diagnostics_.size();
  if (!is_defaults_) {
    out_.services.push_back(std::move(*block_));
  } else if (out_.defaults) {
    source_->report.warning(block_->at, "defaults",
                            "there are defaults already: these are passed over, as by xinetd");
  } else {
    out_.services_before_defaults = out_.services.size();
    out_.defaults = std::move(block_);
  }
  block_.reset();
}

void BlockReader::lose(Place at, const char* slug, std::string message, std::string hint) {
  ++out_.lost;
  source_->report.error(at, slug, std::move(message), std::move(hint));
}

void BlockReader::take_include(const Line& line, Keyword keyword, const std::vector<Word>& words) {
  if (words.size() < 2) {
    return lose({line.number, line.column + static_cast<int>(line.text.size())}, "include",
                "the path is missing");
  }
  check_rest(line, words, 2);
  const auto path = files_.resolve(std::string(words[1].text));
  const Place at{line.number, words[1].column};
  return keyword == Keyword::Include ? include_file(path, at) : include_directory(path, at);
}

// A file that is read again would only bring the same services once more.
bool BlockReader::is_new(const std::string& path, Place at) {
  if (is_read_.insert(path).second) return true;
  source_->report.warning(at, "include", quoted(path) + " has been read: once is enough");
  return false;
}

void BlockReader::include_file(const std::string& path, Place at) {
  if (const auto objection = files_.objection(path); !objection.empty()) {
    return lose(at, "include", objection);
  }
  if (!is_new(path, at)) return;
  auto file = includes_.read(path, source_->report.position(at), diagnostics_);
  if (!file) {
    ++out_.lost;
    return;
  }
  out_.files.push_back(file->name);
  auto& source = out_.sources.emplace_back(file->name, diagnostics_);
  source.text = std::move(file->text);
  files_.push(path);
  read_text(source.text, source);
  files_.pop();
}

void BlockReader::include_directory(const std::string& directory, Place at) {
  if (!is_new(directory, at)) return;
  auto& report = source_->report;
  const auto names = includes_.list(directory, report.position(at), diagnostics_);
  if (!names) {
    ++out_.lost;
    return;
  }
  const std::string prefix = directory.ends_with('/') ? directory : directory + '/';
  for (const auto& name : *names) {
    if (name.find('.') == std::string::npos && !name.ends_with('~')) {
      include_file(prefix + name, at);
    } else {
      report.note(at, "skipped",
                  quoted(prefix + name) +
                      " is passed over: a file whose name has a dot or ends in \"~\" is not read");
    }
  }
}

}  // namespace uvinetd::xinetd
