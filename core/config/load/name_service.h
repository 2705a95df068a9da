// SPDX-License-Identifier: ISC
// The edge to getpwnam(3), getgrnam(3) and getaddrinfo(3): everything here may block for as long
// as a directory or name server likes, so only the look-up helper calls it (lookup.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace uvinetd {

// Failed: no answer can be had now; asking again later may help.
enum class LookupState : std::uint8_t { Found, Absent, Failed };

template <typename T>
struct NameAnswer {
  LookupState state = LookupState::Failed;
  T value{};
};

struct UserRecord {
  std::string name;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::string home;
  std::string shell;
  std::vector<std::uint32_t> groups;  // those that name the user as a member
};

class NameService {
 public:
  virtual ~NameService() = default;
  [[nodiscard]] virtual NameAnswer<UserRecord> user(const std::string& name) const = 0;
  [[nodiscard]] virtual NameAnswer<UserRecord> user_by_id(std::uint32_t uid) const = 0;
  [[nodiscard]] virtual NameAnswer<std::uint32_t> group(const std::string& name) const = 0;
  // Numeric addresses of both families, in the resolver's order.
  [[nodiscard]] virtual NameAnswer<std::vector<std::string>> host(
      const std::string& name) const = 0;
};

[[nodiscard]] const NameService& system_name_service();

}  // namespace uvinetd
