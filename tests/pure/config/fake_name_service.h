// SPDX-License-Identifier: ISC
// Users, groups and hosts that a test makes up, and names whose look-up fails or never ends.
#pragma once

#include <unistd.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/config/load/name_service.h"

namespace uvinetd::testing {

class FakeNameService : public NameService {
 public:
  std::map<std::string, UserRecord> users{
      {"root", {"root", 0, 0, "/root", "/bin/sh", {}}},
      {"ann", {"ann", 1001, 1001, "/home/ann", "/bin/ash", {27, 100}}},
      {"a.b", {"a.b", 1002, 1002, "", "", {}}},
      {"a", {"a", 1003, 1003, "/a", "/bin/sh", {}}},
  };
  std::map<std::string, std::uint32_t> groups{{"root", 0}, {"staff", 50}, {"b", 60}, {"c", 61}};
  std::map<std::string, std::vector<std::string>> hosts{
      {"both.example", {"10.0.0.1", "10.0.0.2", "2001:db8::1"}},
      {"four.example", {"10.0.0.1"}},
      {"six.example", {"2001:db8::1"}},
  };

  [[nodiscard]] NameAnswer<UserRecord> user(const std::string& name) const override {
    return find(users, name);
  }
  [[nodiscard]] NameAnswer<UserRecord> user_by_id(std::uint32_t uid) const override {
    for (const auto& [name, record] : users) {
      if (record.uid == uid) return {LookupState::Found, record};
    }
    return {LookupState::Absent, {}};
  }
  [[nodiscard]] NameAnswer<std::uint32_t> group(const std::string& name) const override {
    return find(groups, name);
  }
  [[nodiscard]] NameAnswer<std::vector<std::string>> host(const std::string& name) const override {
    return find(hosts, name);
  }

 private:
  // "hang..." never answers, "fail..." cannot, "die..." ends the helper.
  template <typename T>
  static NameAnswer<T> find(const std::map<std::string, T>& map, const std::string& name) {
    while (name.starts_with("hang")) pause();
    if (name.starts_with("fail")) return {LookupState::Failed, {}};
    if (name.starts_with("die")) _exit(1);
    const auto found = map.find(name);
    if (found == map.end()) return {LookupState::Absent, {}};
    return {LookupState::Found, found->second};
  }
};

}  // namespace uvinetd::testing
