// SPDX-License-Identifier: ISC
#include "core/monitor/upgrade/take_over.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <utility>

#include "core/base/process.h"
#include "core/monitor/reload_diff.h"
#include "core/monitor/role.h"
#include "core/monitor/start.h"
#include "core/monitor/upgrade/upgrade_state.h"
#include "spawn/wire.h"

namespace uvinetd {
namespace {

constexpr int kReadTries = 20;
constexpr long kReadPause = 100'000'000;  // nanoseconds
constexpr int kHelloTime = 10'000;        // milliseconds, for a role to begin

tl::expected<UpgradeState, std::string> read_state(int fd) {
  const auto bytes = read_whole(fd);
  if (!bytes) return tl::unexpected(bytes.error().text());
  return parse_upgrade_state(*bytes);
}

// As at the start: the same words, in the same directory.
tl::expected<Prepared, std::string> prepare_again(const UpgradeState& state) {
  std::array<char, 4096> here{};
  const bool was_somewhere = ::getcwd(here.data(), here.size()) != nullptr;
  const bool is_there = ::chdir(state.directory.c_str()) == 0;
  auto parsed = parse_command_line(state.argv);
  if (was_somewhere) (void)!::chdir(here.data());
  if (parsed.exit_status) return tl::unexpected(parsed.text);
  auto& options = parsed.options;
  set_default_config(options);
  if (!is_there && options.config_paths != state.config_paths) {
    return tl::unexpected("the directory that it was started in is gone: " + state.directory);
  }
  options.ready_fd = -1;  // that was the start's
  options.foreground = !state.is_daemon;
  auto prepared = prepare(std::move(options), state.logs_with_rules);
  if (!prepared) return tl::unexpected(prepared.error().text());
  return std::move(*prepared);
}

// Whether there is nothing in the configuration that would have been a reason to refuse.
bool is_as_checked(const UpgradeState& state, const tl::expected<Prepared, std::string>& prepared) {
  return prepared && !is_unusable(prepared->config) &&
         new_errors(known_errors(state.known_errors), prepared->config.diagnostics).empty();
}

// Whether this role starts, and is of our build; nothing is asked of it.
std::string problem_of(int binary, const std::string& title) {
  auto role = start_role(binary, title, false);
  if (!role) return title + ": " + role.error().text();
  std::string problem = title + " does not start";
  pollfd ready{role->channel.fd(), POLLIN, 0};
  if (::poll(&ready, 1, kHelloTime) == 1) {
    const auto received = role->channel.receive();
    const auto hello = received.event == Channel::Event::Message
                           ? parse_as<Hello>(received.message.body)
                           : std::nullopt;
    if (hello) problem = hello->build_id == build_id() ? "" : title + " is of another build";
  }
  ::kill(role->pid, SIGKILL);
  (void)::waitpid(role->pid, nullptr, 0);
  return problem;
}

}  // namespace

int check_upgrade(int fd) {
  std::vector<std::string> problems;
  const auto state = read_state(fd);
  if (!state) {
    problems.push_back(state.error());
  } else if (const auto prepared = prepare_again(*state); !prepared) {
    problems.push_back(prepared.error());
  } else {
    const auto& config = prepared->config;
    for (const auto& each : new_errors(known_errors(state->known_errors), config.diagnostics)) {
      problems.push_back(each.text());
    }
    if (problems.empty() && is_unusable(config)) {
      problems.emplace_back("the configuration cannot be used");
    }
  }
  if (const auto binaries = RoleBinaries::open(); !binaries) {
    problems.push_back(binaries.error().text());
  } else {
    const std::array found{problem_of(binaries->reactor(), "uvi-reactor"),
                           problem_of(binaries->launcher(), "uvi-launcher")};
    for (const auto& problem : found) {
      if (!problem.empty()) problems.push_back(problem);
    }
  }
  for (const auto& problem : problems) std::fprintf(stderr, "%s\n", problem.c_str());
  return problems.empty() ? 0 : 1;
}

int take_over(const ResumeOrder& order, const std::vector<std::string>& argv) {
  const auto give_back = [&](const std::string& reason) {
    if (order.failed.empty()) give_place_back(order, argv, reason);
    std::fprintf(stderr, "uvinetd: upgrade: %s\n", reason.c_str());
    return 1;
  };
  auto state = read_state(order.state);
  if (!state) return give_back(state.error());
  set_original_descriptor_limit({state->soft_limit, state->hard_limit});
  (void)raise_descriptor_limit(RLIM_INFINITY);
  auto prepared = prepare_again(*state);
  // Somebody may be writing the files just now: those who serve go on meanwhile.
  for (int tries = 0; tries < kReadTries && !is_as_checked(*state, prepared); ++tries) {
    const timespec pause{0, kReadPause};
    (void)::nanosleep(&pause, nullptr);
    prepared = prepare_again(*state);
  }
  if (!prepared) return give_back(prepared.error());
  const bool is_back = !order.failed.empty();
  MonitorStart start;
  if (is_back) {
    start.binaries = RoleBinaries::adopt(*state);
  } else {
    auto binaries = RoleBinaries::open();
    if (!binaries) return give_back(binaries.error().text());
    start.binaries = std::move(*binaries);
  }
  if (auto status = set_close_on_exec(descriptors_of(*state), true); !status) {
    return give_back(status.error().text());
  }
  // From here on there is no way back.
  (void)::close(order.state);
  if (!is_back) {
    for (const int fd : {state->own_binary, state->reactor_binary, state->launcher_binary}) {
      if (fd >= 0) (void)::close(fd);
    }
  }
  set_process_title(invoked_as(argv.front()).c_str());
  if (state->pid_file_fd >= 0) {
    start.pid_file = PidFile::adopt(state->pid_file, UniqueFd(state->pid_file_fd));
  }
  start.is_daemon = state->is_daemon;
  start.argv = state->argv;
  start.directory = state->directory;

  start.resume_failure = order.failed;
  Log log;
  const auto errors = new_errors(known_errors(state->known_errors), prepared->config.diagnostics);
  start.resumed = std::move(*state);
  for (const auto& each : errors) start.problems.push_back(each.text());
  return serve(std::move(*prepared), std::move(start), log);
}

}  // namespace uvinetd
