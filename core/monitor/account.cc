// SPDX-License-Identifier: ISC
#include "core/monitor/account.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <type_traits>

#include "spawn/identity.h"

namespace uvinetd {
namespace {

constexpr std::uint32_t kHighest =
    64'999;  // below what distributions give to nobody and containers
constexpr std::uint32_t kLowest = 64'000;
constexpr std::chrono::seconds kDeadline{5};

std::uint32_t unused_id() {
  for (auto id = kHighest; id > kLowest; --id) {
    if (getpwuid(id) == nullptr && getgrgid(id) == nullptr) return id;
  }
  return kHighest;
}

std::optional<std::uint32_t> number_of(const std::string& name) {
  std::uint32_t number = 0;
  const auto* end = name.data() + name.size();
  const auto parsed = std::from_chars(name.data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end || number == 0) return std::nullopt;
  return number;
}

// Goes over a socket as it is.
struct Answer {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint32_t is_missing = 0;
};
static_assert(std::has_unique_object_representations_v<Answer>);  // no bytes that nobody has set

Answer look_up(const std::string& name) {
  const auto* entry = getpwnam(name.c_str());
  if (entry != nullptr && entry->pw_uid != 0) return {entry->pw_uid, entry->pw_gid, 0};
  const auto id = unused_id();
  return {id, id, 1};
}

}  // namespace

AccountLookup::AccountLookup(const std::string& name) : name_(name) {
  if (!can_change_identity()) return;
  if (const auto number = number_of(name)) {
    known_ = {*number, *number, {}};
    return;
  }
  helper_.emplace([name](int fd) {
    alarm(static_cast<unsigned>(kDeadline.count() + 2));  // should we die meanwhile
    const auto answer = look_up(name);
    write_all(fd, {reinterpret_cast<const char*>(&answer), sizeof answer});
  });
}

ReactorAccount AccountLookup::take() {
  if (!helper_) return known_;
  Answer answer{kHighest, kHighest, 1};
  Answer told;
  const auto end = std::chrono::steady_clock::now() + kDeadline;
  if (helper_->is_running() && wait_readable(helper_->fd(), end) &&
      read_all(helper_->fd(), reinterpret_cast<char*>(&told), sizeof told)) {
    answer = told;
  }
  helper_.reset();
  return {answer.uid, answer.gid, answer.is_missing != 0 ? name_ : std::string()};
}

}  // namespace uvinetd
