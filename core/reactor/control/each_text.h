// SPDX-License-Identifier: ISC
// A text of one part for each of many keys, and an end. What a key stands for may go while it is
// told: its part is then empty.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/reactor/text_source.h"

namespace uvinetd {

template <typename Key>
class EachText final : public TextSource {
 public:
  using Print = std::function<void(const Key& key, std::string& out)>;

  EachText(std::vector<Key> keys, Print print, std::string end)
      : keys_(std::move(keys)), print_(std::move(print)), end_(std::move(end)) {}

  bool next(std::string& out) override {
    const auto begin = out.size();
    while (at_ < keys_.size() && out.size() - begin < kPiece) print_(keys_[at_++], out);
    if (at_ < keys_.size()) return true;
    out += end_;
    return false;
  }

 private:
  std::vector<Key> keys_;
  Print print_;
  std::string end_;
  std::size_t at_ = 0;
};

// A text that is there already.
class WholeText final : public TextSource {
 public:
  explicit WholeText(std::string text) : text_(std::move(text)) {}
  bool next(std::string& out) override {
    out += std::exchange(text_, {});
    return false;
  }

 private:
  std::string text_;
};

}  // namespace uvinetd
