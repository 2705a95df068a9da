// SPDX-License-Identifier: ISC
// What of a configuration file its front end does not keep: the comments, and where each entry
// begins. Pure, one pass, survives any bytes.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/load/config_file.h"

namespace uvinetd {

// A comment that has a line of its own.
struct Comment {
  int line = 0;
  std::string text;        // without "#" and the blank after it; harmless in any language
  bool is_inside = false;  // within the entry that began above it

  friend bool operator==(const Comment&, const Comment&) = default;
};

struct SourceOutline {
  std::vector<Comment> comments;
  // The lines on which an entry begins: a service, or something else that is not one.
  std::vector<int> entries;
};

[[nodiscard]] SourceOutline outline_of(std::string_view text, Language language);

// Comments for a printer, without "# ", each fit for one line.
struct PlacedComments {
  std::vector<std::string> head;
  std::map<std::string, std::vector<std::string>> of_service;  // by id, before the service
  std::vector<std::string> tail;
};

// `text` as one line of a comment: blanks at its end cut, control bytes other than tabs and bytes
// that are no UTF-8 written as \xHH.
[[nodiscard]] std::string comment_line(std::string_view text);

}  // namespace uvinetd
