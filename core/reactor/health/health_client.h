// SPDX-License-Identifier: ISC
// One that asks for the health of a service: says what it wants, waits, and is told.
#pragma once

#include <string>

#include "core/reactor/health/health_answer.h"
#include "internal/builtin.h"
#include "internal/last_words.h"
#include "spawn/settings/relay.h"

namespace uvinetd {

class HealthClient {
 public:
  explicit HealthClient(HealthForm form) : form_(form) {}

  // Wait: the question is there, and the answer is to be given by tell().
  enum class Next : std::uint8_t { Read, Write, Wait, Close };
  Next step(int fd) noexcept;
  // It has had long enough to ask.
  void hurry() { has_asked_ = true; }
  Next tell(int fd, const HealthResult& result) noexcept;

 private:
  Next read(int fd) noexcept;
  static Next next_of(Interest interest);

  HealthForm form_;
  bool has_asked_ = false;
  std::string request_;
  LastWords words_;
};

}  // namespace uvinetd
