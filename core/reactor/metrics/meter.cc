// SPDX-License-Identifier: ISC
#include "core/reactor/metrics/meter.h"

#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <limits>

namespace uvinetd {
namespace {

struct SignalName {
  int number;
  const char* name;
};
constexpr SignalName kSignals[] = {
    {SIGHUP, "SIGHUP"},   {SIGINT, "SIGINT"},   {SIGQUIT, "SIGQUIT"}, {SIGILL, "SIGILL"},
    {SIGTRAP, "SIGTRAP"}, {SIGABRT, "SIGABRT"}, {SIGBUS, "SIGBUS"},   {SIGFPE, "SIGFPE"},
    {SIGKILL, "SIGKILL"}, {SIGUSR1, "SIGUSR1"}, {SIGSEGV, "SIGSEGV"}, {SIGUSR2, "SIGUSR2"},
    {SIGPIPE, "SIGPIPE"}, {SIGALRM, "SIGALRM"}, {SIGTERM, "SIGTERM"}, {SIGXCPU, "SIGXCPU"},
    {SIGXFSZ, "SIGXFSZ"}, {SIGSYS, "SIGSYS"},
};

// What launchers report is theirs: no number of it may overflow.
void add(std::int64_t& sum, std::int64_t more) {
  sum += std::clamp<std::int64_t>(more, 0, std::numeric_limits<std::int64_t>::max() - sum);
}

}  // namespace

void Meter::refused(ServiceCounters& of, std::string_view reason, std::uint64_t count) {
  if (count == 0) return;
  const auto word = reason.substr(0, reason.find(' '));
  both(of, [&](Counters& counters) { counters.refused.add(word, count); });
}

void Meter::started(ServiceCounters& of, Accepted accepted, std::chrono::nanoseconds now) {
  both(of, [&](Counters& counters) {
    ++counters.started;
    if (accepted.count() != 0) counters.start_latency.add(now - accepted);
  });
}

void Meter::spoke(ServiceCounters& of, Accepted accepted, std::chrono::nanoseconds now) {
  if (accepted.count() == 0) return;
  both(of, [&](Counters& counters) { counters.answer_latency.add(now - accepted); });
}

void Meter::ended(ServiceCounters& of, const End& end) {
  const auto word = exit_word(end.status);
  both(of, [&](Counters& counters) {
    counters.exits.add(word);
    add(counters.cpu_usec, end.user_usec);
    add(counters.cpu_usec, end.system_usec);
    counters.max_rss_kib = std::max(counters.max_rss_kib, end.max_rss_kib);
  });
}

std::string exit_word(int status) {
  if (status == -1) return "unknown";
  if (!WIFSIGNALED(status)) return std::to_string(WEXITSTATUS(status));
  const int number = WTERMSIG(status);
  for (const auto& each : kSignals) {
    if (each.number == number) return each.name;
  }
  return "SIG" + std::to_string(number);
}

}  // namespace uvinetd
