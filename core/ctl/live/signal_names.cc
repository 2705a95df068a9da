// SPDX-License-Identifier: ISC
#include "core/ctl/live/signal_names.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>

#include "core/config/suggest.h"

namespace uvinetd {
namespace {

constexpr int kMost = 64;

struct Name {
  std::string_view name;
  int number;
};
constexpr std::array kNames{
    Name{"HUP", SIGHUP},   Name{"INT", SIGINT},   Name{"QUIT", SIGQUIT}, Name{"ILL", SIGILL},
    Name{"TRAP", SIGTRAP}, Name{"ABRT", SIGABRT}, Name{"BUS", SIGBUS},   Name{"FPE", SIGFPE},
    Name{"KILL", SIGKILL}, Name{"USR1", SIGUSR1}, Name{"SEGV", SIGSEGV}, Name{"USR2", SIGUSR2},
    Name{"PIPE", SIGPIPE}, Name{"ALRM", SIGALRM}, Name{"TERM", SIGTERM}, Name{"CHLD", SIGCHLD},
    Name{"CONT", SIGCONT}, Name{"STOP", SIGSTOP}, Name{"TSTP", SIGTSTP}, Name{"TTIN", SIGTTIN},
    Name{"TTOU", SIGTTOU}, Name{"URG", SIGURG},   Name{"XCPU", SIGXCPU}, Name{"XFSZ", SIGXFSZ},
    Name{"PROF", SIGPROF}, Name{"IO", SIGIO},     Name{"SYS", SIGSYS},   Name{"WINCH", SIGWINCH},
};

std::string bare(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return out.starts_with("SIG") ? out.substr(3) : out;
}

}  // namespace

std::optional<int> signal_from_text(std::string_view text) {
  int number = 0;
  const auto* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc() && stop == end) {
    return number >= 1 && number <= kMost ? std::optional(number) : std::nullopt;
  }
  const auto name = bare(text);
  for (const auto& each : kNames) {
    if (each.name == name) return each.number;
  }
  return std::nullopt;
}

std::string signal_hint(std::string_view text) {
  std::array<std::string_view, kNames.size()> known;
  std::transform(kNames.begin(), kNames.end(), known.begin(),
                 [](const Name& each) { return each.name; });
  return did_you_mean(bare(text), known);
}

}  // namespace uvinetd
