// SPDX-License-Identifier: ISC
// Something long that is told piece by piece, as fast as its reader takes it: no answer, however
// long, holds the loop up or stands in memory as a whole.
#pragma once

#include <cstddef>
#include <string>

namespace uvinetd {

class TextSource {
 public:
  static constexpr std::size_t kPiece = 32 * 1024;  // bytes, about

  virtual ~TextSource() = default;
  // Appends the next piece to `out`. False: that was the last.
  virtual bool next(std::string& out) = 0;
};

}  // namespace uvinetd
