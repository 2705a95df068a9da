// SPDX-License-Identifier: ISC
// The names of clients that have been asked for of late. Pure but for the time passed in.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>

namespace uvinetd {

// Bounded: the oldest goes. That an address has no confirmed name is known for a shorter time, as
// that is what an operator mends.
class NameCache {
 public:
  static constexpr std::size_t kMost = 4096;
  static constexpr std::chrono::seconds kNamed{60};
  static constexpr std::chrono::seconds kUnnamed{10};

  // nullopt: not known, or not any more.
  [[nodiscard]] std::optional<std::string> find(const std::string& address,
                                                std::chrono::milliseconds now) const;
  void set(const std::string& address, const std::string& name, std::chrono::milliseconds now);
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::string name;
    std::chrono::milliseconds until{0};
    std::list<std::string>::iterator age;
  };
  std::unordered_map<std::string, Entry> entries_;
  std::list<std::string> by_age_;  // the oldest first
};

}  // namespace uvinetd
