// SPDX-License-Identifier: ISC
// Whether a client may connect to a service, and which rule says so. Pure.
//
// The closest rule of all lists decides; of two that are as close, the one that denies. Whom no
// rule describes may connect if the service has no `allow` at all.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

#include "core/base/shared_memory.h"
#include "spawn/access/access_list.h"
#include "spawn/settings/access.h"

namespace uvinetd {

// The lists that are known, by their numbers (AccessSettings has them).
class AccessBook {
 public:
  // In the place of what has this number. False: malformed, and nothing is known of it any more,
  // so that it denies.
  bool set(std::uint32_t number, std::string bytes);
  bool set(std::uint32_t number, Mapping mapping);
  [[nodiscard]] const AccessList* find(std::uint32_t number) const;
  void keep_only(const std::unordered_set<std::uint32_t>& numbers);
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::unique_ptr<const std::string> bytes;  // or
    Mapping mapping;
    AccessList list;
  };
  bool view(std::uint32_t number, Entry entry, std::string_view bytes);
  std::unordered_map<std::uint32_t, Entry> entries_;
};

struct AccessDecision {
  enum class Answer : std::uint8_t {
    Allowed,
    Denied,
    NeedsName,  // a rule of names may describe it, and its name has not been asked for
    NoName,     // the same, and it has none that is confirmed: denied
  };
  Answer answer = Answer::Allowed;
  Rank rank = kNoRule;  // of the rule that decides; kNoRule: none does
};

[[nodiscard]] AccessDecision decide_access(const AccessSettings& settings, const AccessBook& book,
                                           const AccessClient& client);

// The rule that decides, as it could be written: "deny 10.0.0.0/8", "allow .example.org", or that
// there is none: "no rule", "not in allow".
[[nodiscard]] std::string describe(const AccessDecision& decision, const AccessSettings& settings,
                                   const AccessClient& client);

// Whether some list that this service is judged by has rules of this kind.
[[nodiscard]] bool asks_for_interface(const AccessSettings& settings, const AccessBook& book);
[[nodiscard]] bool asks_for_groups(const AccessSettings& settings, const AccessBook& book);

}  // namespace uvinetd
