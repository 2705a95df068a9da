// SPDX-License-Identifier: ISC
// A text as an answer on the control socket: a reply for each of its pieces, and an end.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "core/control/reply.h"
#include "core/reactor/text_source.h"

namespace uvinetd {

class TextReplies final : public TextSource {
 public:
  explicit TextReplies(std::unique_ptr<TextSource> text) : text_(std::move(text)) {}

  bool next(std::string& out) override {
    std::string piece;
    const bool has_more = text_->next(piece);
    if (!piece.empty()) out += reply_line("text", piece);
    if (!has_more) out += reply_end();
    return has_more;
  }

 private:
  std::unique_ptr<TextSource> text_;
};

}  // namespace uvinetd
