// SPDX-License-Identifier: ISC
// Waits for a fact, with a deadline far beyond what it should take.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <thread>

namespace uvinetd::test {

inline std::chrono::milliseconds deadline() {
  const char* factor = std::getenv("UVINETD_TEST_TIMEOUT_MULTIPLIER");
  return std::chrono::milliseconds(20'000) *
         (factor != nullptr ? std::max(1, std::atoi(factor)) : 1);
}

// Whether `fact` became true in time.
inline bool eventually(const std::function<bool()>& fact) {
  const auto end = std::chrono::steady_clock::now() + deadline();
  while (!fact()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace uvinetd::test
