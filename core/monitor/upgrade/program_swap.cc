// SPDX-License-Identifier: ISC
#include "core/monitor/upgrade/program_swap.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>

#include "core/base/environment.h"
#include "core/base/process.h"

extern char** environ;

namespace uvinetd {
namespace {

constexpr char kVariable[] = "UVINETD_RESUME";
constexpr std::string_view kCheck = "--upgrade-check=";

// -1: none.
int descriptor_in(std::string_view text) {
  int value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value >= 0 ? value : -1;
}

std::string order_text(int state, int binary) {
  return std::string(kVariable) + '=' + std::to_string(state) + ',' + std::to_string(binary);
}

}  // namespace

std::vector<char*> pointers_to(std::vector<std::string>& list) {
  std::vector<char*> out;
  out.reserve(list.size() + 1);
  for (auto& text : list) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> environment_with(const std::vector<std::string>& variables) {
  auto out = variables;
  for (char** at = environ; *at != nullptr; ++at) out.emplace_back(*at);
  return out;
}

std::optional<ResumeOrder> take_resume_order() {
  const auto variable = take_variable(kVariable);
  if (!variable) return std::nullopt;
  const auto& text = *variable;
  const auto first = text.find(',');
  if (first == std::string::npos) return std::nullopt;
  const auto second = std::min(text.find(',', first + 1), text.size());
  const std::string_view view = text;
  ResumeOrder order{descriptor_in(view.substr(0, first)),
                    descriptor_in(view.substr(first + 1, second - first - 1)),
                    {}};
  if (second < text.size()) order.failed = text.substr(second + 1);
  if (order.state < 0 || order.binary < 0) return std::nullopt;
  return order;
}

std::optional<int> upgrade_check_order(const std::vector<std::string>& argv) {
  if (argv.size() != 2 || !argv[1].starts_with(kCheck)) return std::nullopt;
  return descriptor_in(std::string_view(argv[1]).substr(kCheck.size()));
}

std::string upgrade_check_argument(int state) {
  return std::string(kCheck) + std::to_string(state);
}

Status set_close_on_exec(const std::vector<int>& descriptors, bool on) {
  for (const int fd : descriptors) {
    const int flags = ::fcntl(fd, F_GETFD);
    const int wanted = on ? flags | FD_CLOEXEC : flags & ~FD_CLOEXEC;
    if (flags < 0 || ::fcntl(fd, F_SETFD, wanted) != 0) {
      return fail_errno("fcntl", "descriptor " + std::to_string(fd));
    }
  }
  return {};
}

Error give_place(ProgramPlace place) {
  place.variables.push_back(order_text(place.state, place.own_binary));
  auto environment = environment_with(place.variables);
  const auto argv = pointers_to(place.argv);
  const auto envp = pointers_to(environment);
  place.kept.insert(place.kept.end(), {place.state, place.own_binary});
  const SignalsBlocked blocked;
  auto opened = set_close_on_exec(place.kept, false);
  Error error;
  if (opened) {
    ::execve(place.program.c_str(), argv.data(), envp.data());
    error = {"execve", place.program, errno};
  } else {
    error = opened.error();
  }
  (void)set_close_on_exec(place.kept, true);
  return error;
}

void give_place_back(const ResumeOrder& order, std::vector<std::string> argv,
                     const std::string& reason) {
  auto environment = environment_with({order_text(order.state, order.binary) + ',' + reason});
  const auto words = pointers_to(argv);
  const auto envp = pointers_to(environment);
  ::fexecve(order.binary, words.data(), envp.data());
}

Result<std::string> read_whole(int fd) {
  std::string out;
  std::array<char, 65536> part{};
  for (;;) {
    const auto size = ::pread(fd, part.data(), part.size(), static_cast<off_t>(out.size()));
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return fail_errno("read", "the state");
    if (size == 0) return out;
    out.append(part.data(), static_cast<std::size_t>(size));
  }
}

}  // namespace uvinetd
