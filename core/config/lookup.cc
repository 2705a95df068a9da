// SPDX-License-Identifier: ISC
#include "core/config/lookup.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <optional>
#include <string_view>
#include <utility>

#include "core/base/codec.h"
#include "core/base/unique_fd.h"
#include "core/config/field_reader.h"

namespace uvinetd {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kLargestAnswer = std::size_t{1} << 20U;  // bytes

enum class Kind : std::uint8_t { User, Group, Host };

// ---- the helper's side ----

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

template <typename T, typename Put>
bool send_answer(int fd, Kind kind, const std::string& key, const Answer<T>& answer, Put put) {
  Writer body;
  body.put(kind);
  body.put(std::string_view(key));
  body.put(answer.state);
  put(body, answer.value);
  Writer frame;
  frame.put(std::string_view(body.bytes()));
  return write_all(fd, frame.bytes());
}

void put_user(Writer& body, const UserRecord& user) {
  body.put(std::string_view(user.name));
  body.put(user.uid);
  body.put(user.gid);
  body.put(std::string_view(user.home));
  body.put(std::string_view(user.shell));
  body.put(static_cast<std::uint32_t>(user.groups.size()));
  for (const auto group : user.groups) body.put(group);
}

void answer_all(const LookupRequest& request, const NameService& service, int fd) {
  for (const auto& text : request.users) {
    const auto uid = parse_number(text, UINT32_MAX - 1);
    const auto answer = uid ? service.user_by_id(*uid) : service.user(text);
    if (!send_answer(fd, Kind::User, text, answer, put_user)) return;
  }
  for (const auto& name : request.groups) {
    const auto put = [](Writer& body, std::uint32_t gid) { body.put(gid); };
    if (!send_answer(fd, Kind::Group, name, service.group(name), put)) return;
  }
  for (const auto& name : request.hosts) {
    const auto put = [](Writer& body, const std::vector<std::string>& list) {
      body.put_strings(list);
    };
    if (!send_answer(fd, Kind::Host, name, service.host(name), put)) return;
  }
}

// Signals were blocked before the fork: handlers of the parent must not run here, they would write
// to a pipe that both share.
[[noreturn]] void run_helper(const LookupRequest& request, const NameService& service, int fd,
                             std::chrono::milliseconds deadline) noexcept {
  struct sigaction plain {};
  plain.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) sigaction(number, &plain, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  // Should the parent die, nobody else would end a helper that hangs.
  alarm(static_cast<unsigned>(deadline.count() / 1000 + 2));
  answer_all(request, service, fd);
  _exit(0);
}

// ---- our side ----

UserRecord get_user(Reader& reader) {
  UserRecord user;
  user.name = reader.get_text();
  user.uid = reader.get<std::uint32_t>();
  user.gid = reader.get<std::uint32_t>();
  user.home = reader.get_text();
  user.shell = reader.get_text();
  const auto count = reader.get<std::uint32_t>();
  for (std::uint32_t i = 0; i < count && reader.is_good(); ++i) {
    user.groups.push_back(reader.get<std::uint32_t>());
  }
  return user;
}

bool decode_answer(std::string_view body, LookupResults& out) {
  Reader reader(body);
  const auto kind = reader.get_enum(Kind::Host);
  const std::string key(reader.get_text());
  const auto state = reader.get_enum(LookupState::Failed);
  if (!reader.is_good()) return false;
  switch (kind) {
    case Kind::User:
      out.users[key] = {state, get_user(reader)};
      break;
    case Kind::Group:
      out.groups[key] = {state, reader.get<std::uint32_t>()};
      break;
    case Kind::Host:
      out.hosts[key] = {state, reader.get_strings()};
      break;
  }
  return reader.is_at_end();
}

// Takes the complete frames off the front. False: malformed.
bool decode_frames(std::string& bytes, LookupResults& out) {
  std::size_t done = 0;
  std::uint32_t size = 0;
  while (bytes.size() - done >= sizeof size) {
    std::memcpy(&size, bytes.data() + done, sizeof size);
    if (size > kLargestAnswer) return false;
    if (bytes.size() - done - sizeof size < size) break;
    if (!decode_answer(std::string_view(bytes).substr(done + sizeof size, size), out)) return false;
    done += sizeof size + size;
  }
  bytes.erase(0, done);
  return true;
}

// Until the helper has closed its end, or the deadline.
void collect(int fd, Clock::time_point end, LookupResults& out) {
  std::string bytes;
  char buffer[16384];
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
    if (left <= 0) return;
    pollfd entry{fd, POLLIN, 0};
    const int ready = poll(&entry, 1, static_cast<int>(std::min<std::int64_t>(left, 60000)));
    if (ready < 0 && errno != EINTR) return;
    if (ready <= 0) continue;
    const auto count = ::read(fd, buffer, sizeof buffer);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count <= 0) return;
    bytes.append(buffer, static_cast<std::size_t>(count));
    if (!decode_frames(bytes, out)) return;
  }
}

// SIGKILL ends all but a process stuck in the kernel; that one is left to init after a second.
void end_helper(pid_t pid) {
  kill(pid, SIGKILL);
  const auto end = Clock::now() + std::chrono::seconds(1);
  for (;;) {
    const pid_t done = waitpid(pid, nullptr, WNOHANG);
    if (done == pid || (done < 0 && errno != EINTR) || Clock::now() > end) return;
    const timespec pause{0, 1'000'000};
    nanosleep(&pause, nullptr);
  }
}

}  // namespace

LookupResults run_lookups(const LookupRequest& request, std::chrono::milliseconds deadline,
                          const NameService& service) {
  LookupResults out;
  int ends[2];
  if (request.is_empty() || pipe(ends) != 0) return out;
  const UniqueFd reading(ends[0]);
  UniqueFd writing(ends[1]);
  fcntl(reading.get(), F_SETFD, FD_CLOEXEC);
  fcntl(writing.get(), F_SETFD, FD_CLOEXEC);
  const auto end = Clock::now() + deadline;

  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &before);
  const pid_t pid = fork();
  if (pid == 0) run_helper(request, service, writing.get(), deadline);
  sigprocmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) return out;

  writing.reset();
  collect(reading.get(), end, out);
  end_helper(pid);
  return out;
}

}  // namespace uvinetd
