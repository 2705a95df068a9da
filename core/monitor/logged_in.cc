// SPDX-License-Identifier: ISC
#include "core/monitor/logged_in.h"

#include <fcntl.h>
#include <unistd.h>
#ifdef __linux__
#include <utmp.h>
#else
#include <utmpx.h>
#endif

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>

#include "core/base/unique_fd.h"

namespace uvinetd {
namespace {

constexpr std::size_t kMostEntries = 10'000;

template <std::size_t N>
std::string text_of(const char (&field)[N]) {  // it need not end in a NUL
  return std::string(field, ::strnlen(field, N));
}

bool is_running(pid_t pid) {
  return pid > 0 && (::kill(pid, 0) == 0 || errno != ESRCH);
}

template <typename Entry>
void take(const Entry& entry, const std::string& user, std::vector<LoggedIn>& out) {
  if (entry.ut_type != USER_PROCESS || !is_running(entry.ut_pid)) return;
  auto terminal = text_of(entry.ut_line);
  if (!user.empty() && is_terminal_name(terminal)) out.push_back({user, std::move(terminal)});
}

}  // namespace

bool is_terminal_name(const std::string& name) {
  const bool is_plain = std::all_of(name.begin(), name.end(),
                                    [](unsigned char each) { return each > ' ' && each < 0x7f; });
  return !name.empty() && is_plain && name.front() != '/' && name.find("..") == std::string::npos;
}

#ifdef __linux__
// Not getutent(3): it waits for a lock that everybody may hold who may read the file.
std::vector<LoggedIn> read_logged_in(const std::string& file) {
  std::vector<LoggedIn> out;
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  utmp entry{};
  for (std::size_t i = 0; fd.is_open() && i < kMostEntries; ++i) {
    if (::read(fd.get(), &entry, sizeof entry) != static_cast<ssize_t>(sizeof entry)) break;
    take(entry, text_of(entry.ut_user), out);
  }
  return out;
}

std::vector<LoggedIn> who_is_logged_in() {
  return read_logged_in(_PATH_UTMP);
}
#else
std::vector<LoggedIn> read_logged_in(const std::string& /*file*/) {
  return who_is_logged_in();
}

std::vector<LoggedIn> who_is_logged_in() {
  std::vector<LoggedIn> out;
  ::setutxent();
  while (const auto* entry = ::getutxent()) {
    take(*entry, text_of(entry->ut_user), out);
    if (out.size() >= kMostEntries) break;
  }
  ::endutxent();
  return out;
}
#endif

}  // namespace uvinetd
