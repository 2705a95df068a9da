// SPDX-License-Identifier: ISC
// The files of an xinetd configuration as blocks: `service NAME { ... }` and `defaults { ... }`,
// over all included files. What cannot be read is reported; reading goes on at the next block.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "core/config/front_end.h"
#include "core/config/include_stack.h"
#include "core/config/reporter.h"
#include "core/config/xinetd/text.h"

namespace uvinetd::xinetd {

// A file that has been read; lives as long as the blocks that borrow from it.
struct Source {
  Source(const std::string& file_name, Diagnostics& diagnostics)
      : name(std::make_shared<const std::string>(file_name)), report(name, diagnostics) {}

  std::shared_ptr<const std::string> name;
  std::string text;  // of an included file
  Reporter report;
};

struct Block {
  Source* source = nullptr;
  Place at;   // of its keyword
  Word name;  // of the service; "" for defaults, and where it is missing
  std::vector<Attribute> attributes;
  bool is_bad = false;  // a part of it could not be read: reported
  // What was said about that part: [first, last) of the diagnostics.
  std::size_t first_said = 0;
  std::size_t last_said = 0;
};

struct Blocks {
  std::deque<Source> sources;  // in the order in which they were met
  std::vector<std::string> files;
  std::optional<Block> defaults;  // the first: xinetd knows no other
  std::size_t services_before_defaults = 0;
  std::vector<Block> services;
  std::size_t lost = 0;  // what stands outside of blocks and may have been to serve something
};

class BlockReader {
 public:
  // All are borrowed. Blocks, and what is reported, go to `out` and `diagnostics`.
  BlockReader(IncludeSource& includes, Diagnostics& diagnostics, Blocks& out)
      : includes_(includes), diagnostics_(diagnostics), out_(out) {}

  void read_main(std::string_view text, const std::string& name);

 private:
  enum class Keyword { None, Service, Defaults, Include, IncludeDir };
  static Keyword keyword_of(const std::vector<Word>& words);

  void read_text(std::string_view text, Source& source);
  void take(const Line& line);
  void take_outside(const Line& line);
  void take_header(const Line& line, Keyword keyword, std::vector<Word> words);
  void take_inside(const Line& line);
  void open(const Line& line, Keyword keyword);
  void read_name(const Line& line, std::vector<Word>& words);
  bool take_brace(const Line& line);
  void close_unended(Place at);
  void close();
  void check_rest(const Line& line, const std::vector<Word>& words, std::size_t from);

  void lose(Place at, const char* slug, std::string message, std::string hint = {});
  void take_include(const Line& line, Keyword keyword, const std::vector<Word>& words);
  void include_file(const std::string& path, Place at);
  void include_directory(const std::string& directory, Place at);
  bool is_new(const std::string& path, Place at);

  IncludeSource& includes_;
  Diagnostics& diagnostics_;
  Blocks& out_;
  Source* source_ = nullptr;  // the file being read
  std::optional<Block> block_;
  bool is_defaults_ = false;
  bool awaits_brace_ = false;
  IncludeStack files_;
  std::unordered_set<std::string> is_read_;  // every file and directory
};

}  // namespace uvinetd::xinetd
