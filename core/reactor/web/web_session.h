// SPDX-License-Identifier: ISC
// One that asks for a page: says which, is told, and the connection ends.
//
//     Asking ──whole request, or none that can be──▶ Telling ──all of it taken──▶ Leaving
//
// It costs a piece of the answer at a time (TextSource), and a head of a request, however long the
// answer is and however slowly it is taken.
#pragma once

#include <memory>
#include <string>

#include "core/reactor/web/web_site.h"
#include "internal/builtin.h"
#include "internal/last_words.h"

namespace uvinetd {

class WebSession final : public StreamSession {
 public:
  // Until it has asked, has taken the answer, and has closed its end. Each a time of its own.
  static constexpr std::chrono::seconds kAskLimit{10};
  static constexpr std::chrono::seconds kTellLimit{60};
  static constexpr std::chrono::seconds kLeaveLimit{5};

  // `content` must outlive it.
  WebSession(WebSite site, WebContent& content) : site_(site), content_(content) {}

  Interest step(int fd) noexcept override;
  [[nodiscard]] std::chrono::seconds time_limit() const override;

 private:
  enum class Phase : std::uint8_t { Asking, Telling, Leaving };

  Interest read(int fd) noexcept;
  Interest answer(int fd) noexcept;
  [[nodiscard]] bool take_piece();

  WebSite site_;
  WebContent& content_;
  Phase phase_ = Phase::Asking;
  std::string request_;
  HttpAnswer answer_;  // its text: what is to be sent next
  std::size_t sent_ = 0;
  LastWords end_;
};

}  // namespace uvinetd
