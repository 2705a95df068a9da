// SPDX-License-Identifier: ISC
// Bytes as they come to whole lines. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace uvinetd {

class LineBuffer {
 public:
  // `most`: of one line, without its end.
  explicit LineBuffer(std::size_t most) : most_(most) {}

  void add(std::string_view bytes) { bytes_ += bytes; }
  // The next line without its "\n".
  std::optional<std::string> next() {
    const auto end = bytes_.find('\n', begin_);
    if (end == std::string::npos) {
      bytes_.erase(0, begin_);
      begin_ = 0;
      return std::nullopt;
    }
    auto line = bytes_.substr(begin_, end - begin_);
    begin_ = end + 1;
    return line;
  }
  [[nodiscard]] bool has_line() const { return bytes_.find('\n', begin_) != std::string::npos; }
  // What is there of a line is longer than any may be. Asked after next() had none.
  [[nodiscard]] bool is_too_long() const { return bytes_.size() - begin_ > most_; }

 private:
  std::size_t most_;
  std::size_t begin_ = 0;  // of what has not been given out
  std::string bytes_;
};

}  // namespace uvinetd
