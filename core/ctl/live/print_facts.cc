// SPDX-License-Identifier: ISC
// `status` and `show`: one thing, a line for each fact about it.
#include <algorithm>
#include <array>

#include "core/config/spec_json.h"
#include "core/ctl/live/facts.h"
#include "core/ctl/live/print.h"
#include "core/ctl/live/values.h"

namespace uvinetd {
namespace {

// Of a service, and of all together.
constexpr std::array kCounted{
    Fact{"queue", "in the queue", fact_count},
    Fact{"accepted", "accepted", fact_count},
    Fact{"started", "started", fact_count},
    Fact{"answered", "answered", fact_count},
    Fact{"datagrams", "datagrams", fact_count},
    Fact{"refused", "refused", fact_counts},
    Fact{"failed", "failed", fact_counts},
    Fact{"exits", "exits", fact_counts},
    Fact{"pauses", "pauses", fact_count},
    Fact{"start_p50_ms", "start, median", fact_ms},
    Fact{"start_p99_ms", "start, 99 %", fact_ms},
    Fact{"cpu_seconds", "CPU of servers", fact_cpu},
    Fact{"max_rss_bytes", "largest server", fact_bytes},
};

// The first of its lines, what is counted, and the others.
template <std::size_t First, std::size_t Last>
constexpr auto around_counted(const std::array<Fact, First>& first,
                              const std::array<Fact, Last>& last) {
  std::array<Fact, First + kCounted.size() + Last> out{};
  auto* at = std::copy(first.begin(), first.end(), out.begin());
  at = std::copy(kCounted.begin(), kCounted.end(), at);
  std::copy(last.begin(), last.end(), at);
  return out;
}

constexpr auto kOfDaemon = around_counted(
    std::array{
        Fact{"version", "version", fact_plain},
        Fact{"pid", "pid", fact_plain},
        Fact{"uptime_ms", "up for", fact_age},
        Fact{"configuration", "configuration", fact_plain},
        Fact{"stopping", "stopping", fact_plain},
        Fact{"accepting", "accepting", fact_plain},
        Fact{"services.served", "services", fact_count},
        Fact{"services.paused", "paused by limits", fact_count},
        Fact{"services.held", "paused by hand", fact_count},
        Fact{"servers.running", "running", fact_count},
        Fact{"servers.starting", "starting", fact_count},
        Fact{"servers.limit", "at most", fact_count},
    },
    std::array{
        Fact{"left_out", "left out", fact_count},
        Fact{"retrying", "tried again", fact_count},
        Fact{"sockets", "sockets", fact_count},
        Fact{"launchers", "launchers", fact_count},
        Fact{"reactor.pid", "reactor pid", fact_plain},
        Fact{"reactor.uptime_ms", "reactor up for", fact_age},
        Fact{"reactor_restarts", "reactor restarts", fact_count},
        Fact{"control_clients", "control clients", fact_count},
    });

constexpr auto kOfService = around_counted(
    std::array{
        Fact{"id", "service", fact_plain},
        Fact{"mode", "mode", fact_plain},
        Fact{"internal", "built-in", fact_plain},
        Fact{"addresses", "listens on", fact_plain},
        Fact{"state", "state", fact_plain},
        Fact{"reason", "because of", fact_plain},
        Fact{"hold", "paused by hand", fact_plain},
        Fact{"running", "running", fact_count},
        Fact{"limit", "at most", fact_count},
    },
    std::array<Fact, 0>{});

}  // namespace

std::string print_status(const Answer& answer, PrintForm form) {
  // What the other lines say already, and what only its developers can make use of.
  static constexpr std::array<std::string_view, 2> kElsewhere{"summary", "latency"};
  const auto* status = value_of(answer, "status");
  return status == nullptr ? "" : facts_text(*status, kOfDaemon, kElsewhere, form);
}

// The configuration is a tree of its own: it is printed as `show FILE` prints it.
std::string print_service(const Answer& answer, PrintForm form) {
  static constexpr std::array<std::string_view, 2> kElsewhere{"config", "latency"};
  const auto* service = value_of(answer, "service");
  if (service == nullptr) return "";
  auto out = facts_text(*service, kOfService, kElsewhere, form);
  if (const auto* config = member_of(*service, "config")) {
    out += "\n" + json_text(nlohmann::ordered_json{{"config", *config}});
  }
  return out;
}

}  // namespace uvinetd
