// SPDX-License-Identifier: ISC
#include "core/config/load/lookup.h"

#include <unistd.h>

#include <cerrno>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "core/base/codec.h"
#include "core/config/field_reader.h"

namespace uvinetd {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kLargestAnswer = std::size_t{1} << 20U;  // bytes

enum class Kind : std::uint8_t { User, Group, Host };

// ---- both sides ----

bool send_frame(int fd, const Writer& body) {
  Writer frame;
  frame.put(std::string_view(body.bytes()));
  return write_all(fd, frame.bytes());
}

// ---- the helper's side ----

struct Question {
  LookupRequest request;
  std::chrono::milliseconds deadline{0};
};

std::set<std::string> get_set(Reader& reader) {
  auto list = reader.get_strings();
  return {std::make_move_iterator(list.begin()), std::make_move_iterator(list.end())};
}

std::optional<Question> read_question(int fd) {
  std::uint32_t size = 0;
  if (!read_all(fd, reinterpret_cast<char*>(&size), sizeof size)) return std::nullopt;
  std::string body(size, '\0');
  if (!read_all(fd, body.data(), size)) return std::nullopt;
  Reader reader(body);
  Question out;
  out.deadline = std::chrono::milliseconds(reader.get<std::int64_t>());
  out.request.users = get_set(reader);
  out.request.groups = get_set(reader);
  out.request.hosts = get_set(reader);
  return reader.is_at_end() ? std::optional(std::move(out)) : std::nullopt;
}

template <typename T, typename Put>
bool send_answer(int fd, Kind kind, const std::string& key, const NameAnswer<T>& answer, Put put) {
  Writer body;
  body.put(kind);
  body.put(std::string_view(key));
  body.put(answer.state);
  put(body, answer.value);
  return send_frame(fd, body);
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

// Ends at once when nothing is asked after all.
void answer(const NameService& service, int fd) {
  const auto question = read_question(fd);
  if (!question) return;
  // Should the parent die, nobody else would end a helper that hangs.
  alarm(static_cast<unsigned>(question->deadline.count() / 1000 + 2));
  answer_all(question->request, service, fd);
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
  while (wait_readable(fd, end)) {
    const auto count = ::read(fd, buffer, sizeof buffer);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count <= 0) return;
    bytes.append(buffer, static_cast<std::size_t>(count));
    if (!decode_frames(bytes, out)) return;
  }
}

void put_set(Writer& body, const std::set<std::string>& names) {
  body.put_strings({names.begin(), names.end()});
}

}  // namespace

LookupHelper::LookupHelper(const NameService& service)
    : process_([&service](int fd) { answer(service, fd); }) {}

LookupResults LookupHelper::ask(const LookupRequest& request, std::chrono::milliseconds deadline) {
  LookupResults out;
  if (request.is_empty() || !process_.is_running()) return out;
  const auto end = Clock::now() + deadline;
  Writer body;
  body.put(static_cast<std::int64_t>(deadline.count()));
  put_set(body, request.users);
  put_set(body, request.groups);
  put_set(body, request.hosts);
  if (send_frame(process_.fd(), body)) collect(process_.fd(), end, out);
  return out;
}

}  // namespace uvinetd
