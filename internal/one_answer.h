// SPDX-License-Identifier: ISC
// A stream session that says one short thing and then ends.
#pragma once

#include "internal/builtin.h"
#include "internal/last_words.h"

namespace uvinetd {

class OneAnswer final : public StreamSession {
 public:
  // `answer` is asked once, at the first step, with an empty request.
  explicit OneAnswer(Answer answer) : answer_(answer) {}
  Interest step(int fd) noexcept override;

 private:
  Answer answer_;
  LastWords words_;
};

}  // namespace uvinetd
