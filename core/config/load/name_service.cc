// SPDX-License-Identifier: ISC
#include "core/config/load/name_service.h"

#include <grp.h>
#include <netdb.h>
#include <pwd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <memory>

#include "core/base/address.h"

namespace uvinetd {
namespace {

constexpr std::size_t kLargestBuffer = std::size_t{1} << 22U;  // bytes, of one record
constexpr std::size_t kMostGroups = 65536;                     // NGROUPS_MAX of Linux

// getpwnam_r(3): these too can mean "no such name".
LookupState state_of(int error) {
  const bool is_absent =
      error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM;
  return is_absent ? LookupState::Absent : LookupState::Failed;
}

std::string text_or_empty(const char* text) {
  return text == nullptr ? "" : text;
}

std::vector<std::uint32_t> member_groups(const char* name) {
  // An impossible primary group: what comes back besides it are memberships.
  constexpr auto kNone = static_cast<gid_t>(-1);
#ifdef __APPLE__
  using Group = int;
#else
  using Group = gid_t;
#endif
  std::vector<Group> list(64);
  int count = static_cast<int>(list.size());
  while (getgrouplist(name, static_cast<Group>(kNone), list.data(), &count) < 0 &&
         list.size() < kMostGroups) {
    list.resize(std::max(list.size() * 2, static_cast<std::size_t>(std::max(count, 0))));
    count = static_cast<int>(list.size());
  }
  std::vector<std::uint32_t> out;
  for (int i = 0; i < std::min(count, static_cast<int>(list.size())); ++i) {
    const auto group = static_cast<gid_t>(list[static_cast<std::size_t>(i)]);
    if (group != kNone) out.push_back(group);
  }
  return out;
}

// `call(record, buffer, size, result)` is getpwnam_r or getpwuid_r with its key bound.
template <typename Call>
NameAnswer<UserRecord> look_up_user(Call call) {
  NameAnswer<UserRecord> out;
  for (std::size_t size = 4096; size <= kLargestBuffer; size *= 4) {
    std::vector<char> buffer(size);
    passwd record{};
    passwd* found = nullptr;
    const int error = call(&record, buffer.data(), buffer.size(), &found);
    if (error == ERANGE) continue;
    if (found == nullptr) {
      out.state = state_of(error);
      return out;
    }
    out.state = LookupState::Found;
    out.value = {text_or_empty(record.pw_name),
                 record.pw_uid,
                 record.pw_gid,
                 text_or_empty(record.pw_dir),
                 text_or_empty(record.pw_shell),
                 member_groups(record.pw_name)};
    return out;
  }
  return out;
}

class SystemNameService : public NameService {
 public:
  [[nodiscard]] NameAnswer<UserRecord> user(const std::string& name) const override {
    return look_up_user([&](passwd* record, char* buffer, std::size_t size, passwd** found) {
      return getpwnam_r(name.c_str(), record, buffer, size, found);
    });
  }

  [[nodiscard]] NameAnswer<UserRecord> user_by_id(std::uint32_t uid) const override {
    return look_up_user([&](passwd* record, char* buffer, std::size_t size, passwd** found) {
      return getpwuid_r(uid, record, buffer, size, found);
    });
  }

  [[nodiscard]] NameAnswer<std::uint32_t> group(const std::string& name) const override {
    NameAnswer<std::uint32_t> out;
    for (std::size_t size = 4096; size <= kLargestBuffer; size *= 4) {
      std::vector<char> buffer(size);
      struct group record {};
      struct group* found = nullptr;
      const int error = getgrnam_r(name.c_str(), &record, buffer.data(), buffer.size(), &found);
      if (error == ERANGE) continue;
      out.state = found != nullptr ? LookupState::Found : state_of(error);
      if (found != nullptr) out.value = record.gr_gid;
      return out;
    }
    return out;
  }

  [[nodiscard]] NameAnswer<std::vector<std::string>> host(const std::string& name) const override {
    NameAnswer<std::vector<std::string>> out;
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* list = nullptr;
    const int error = getaddrinfo(name.c_str(), nullptr, &hints, &list);
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(list, [](addrinfo* head) {
      if (head != nullptr) freeaddrinfo(head);
    });
    bool is_absent = error == EAI_NONAME;
#ifdef EAI_NODATA
    is_absent = is_absent || error == EAI_NODATA;
#endif
    out.state =
        error == 0 ? LookupState::Found : (is_absent ? LookupState::Absent : LookupState::Failed);
    for (const auto* entry = list; entry != nullptr && error == 0; entry = entry->ai_next) {
      const auto text = SocketAddress(entry->ai_addr, entry->ai_addrlen).host();
      if (std::find(out.value.begin(), out.value.end(), text) == out.value.end()) {
        out.value.push_back(text);
      }
    }
    return out;
  }
};

}  // namespace

const NameService& system_name_service() {
  static const SystemNameService service;
  return service;
}

}  // namespace uvinetd
