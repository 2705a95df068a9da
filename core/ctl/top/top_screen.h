// SPDX-License-Identifier: ISC
// The terminal as ncurses has it: lines are put there, keys come from it. One at a time; what the
// terminal was before it is again at its end.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/ctl/top/top_frame.h"

namespace uvinetd {

class TopScreen {
 public:
  // Errors: no terminal, or one that terminfo(5) does not know.
  [[nodiscard]] static Result<std::unique_ptr<TopScreen>> open(bool has_colors);
  ~TopScreen();
  TopScreen(const TopScreen&) = delete;
  TopScreen& operator=(const TopScreen&) = delete;

  [[nodiscard]] TopSize size() const;
  void draw(const std::vector<TopLine>& lines);
  // Without waiting; nullopt: no more keys. A change of its size is none: it is in size() then.
  [[nodiscard]] std::optional<std::pair<TopKey, char>> next_key();

 private:
  TopScreen(void* terminal, bool has_colors, bool has_utf8)
      : terminal_(terminal), has_colors_(has_colors), has_utf8_(has_utf8) {}

  void* terminal_;  // SCREEN
  bool has_colors_;
  bool has_utf8_;
};

}  // namespace uvinetd
