// SPDX-License-Identifier: ISC
// uvinetd-bench: a load generator for superservers of any kind.
#include <poll.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>

#include "bench/load/held.h"
#include "bench/load/load.h"
#include "bench/load/options.h"
#include "bench/load/process_tree.h"
#include "bench/load/progress.h"
#include "bench/load/report.h"
#include "core/base/clock.h"
#include "core/base/process.h"

namespace uvinetd::bench {
namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;
constexpr rlim_t kOtherDescriptors = 32;

int complain(int status, const std::string& text) {
  std::fprintf(stderr, "uvinetd-bench: %s\n", text.c_str());
  return status;
}

LoadPlan plan_of(const Options& options, Progress& progress) {
  LoadPlan out;
  out.exchange = options.exchange;
  out.clients = options.clients;
  out.rate_per_second = options.rate_per_second.value_or(0);
  out.duration = options.duration;
  if (options.connections) {
    out.duration = kForever;
    out.limit = *options.connections;
  }
  out.timeout = options.timeout;
  out.size = options.size;
  out.line = options.line;
  if (progress.is_shown())
    out.on_progress = [&progress](double share, const Tally& tally) {
      progress.show("run", share, tally);
    };
  return out;
}

Status warm_up(const Options& options, LoadPlan plan, TargetDeck& targets) {
  if (options.warm_up.count() == 0) return {};
  plan.duration = options.warm_up;
  plan.limit = LoadPlan{}.limit;
  plan.on_progress = nullptr;
  const auto tally = run_load(plan, targets);
  return tally ? Status{} : tl::unexpected(tally.error());
}

// Everything but the report itself.
Result<Report> measure(const Options& options, std::optional<ProcessTree> tree) {
  Progress progress(!options.is_quiet);
  TargetDeck targets(options.targets);
  auto sources = options.sources;
  auto plan = plan_of(options, progress);
  if (sources) plan.sources = &*sources;
  // The superserver starts its helpers, and everybody's memory is touched.
  if (auto status = warm_up(options, plan, targets); !status) return tl::unexpected(status.error());
  if (tree) tree->learn_resting();

  HeldConnections held;
  if (options.hold > 0) {
    TargetDeck hold_targets(options.hold_targets);
    auto opened = HeldConnections::open(options.hold, hold_targets, options.timeout);
    if (!opened) return tl::unexpected(opened.error());
    held = std::move(*opened);
    if (tree) tree->learn_parents();
    if (auto status = warm_up(options, plan, targets); !status)
      return tl::unexpected(status.error());
  }

  if (tree) tree->begin();
  auto tally = run_load(plan, targets);
  if (!tally) return tl::unexpected(tally.error());
  auto report =
      make_report(options, std::move(*tally), tree ? std::optional(tree->end()) : std::nullopt);
  report.held = held.size();
  report.held_lost = held.lost();
  return report;
}

Report watch_idle(const Options& options, ProcessTree& tree) {
  tree.learn_resting();
  tree.begin();
  const auto begin = monotonic_now();
  for (auto left = *options.idle; left.count() > 0 && !loads_are_stopped();
       left = begin + *options.idle - monotonic_now())
    poll(nullptr, 0,
         static_cast<int>(std::min<std::int64_t>(left.count() / 1'000'000 + 1, 60'000)));
  Tally tally;
  tally.duration = monotonic_now() - begin;
  return make_report(options, std::move(tally), tree.end());
}

int publish(const Options& options, const Report& report) {
  const std::pair<const std::string*, std::string (*)(const Report&)> forms[] = {
      {&options.json_path, &as_json},
      {&options.csv_path, &as_csv},
      {&options.samples_path, [](const Report& r) { return samples_as_csv(r.tally); }}};
  bool is_output_taken = false;
  for (const auto& [path, form] : forms) {
    if (path->empty()) continue;
    is_output_taken = is_output_taken || *path == "-";
    if (const auto written = write_report(*path, form(report)); !written)
      return complain(kFailed, written.error().text());
  }
  if (is_output_taken) return 0;
  const auto written = write_report("-", as_text(report));
  return written ? 0 : complain(kFailed, written.error().text());
}

int judge(const Options& options, const Report& report) {
  if (report.held_lost > 0)
    complain(0, std::to_string(report.held_lost) + " held connections have ended during the run");
  if (options.idle || !report.tally.samples.empty()) return 0;
  const auto& tally = report.tally;
  const std::string why =
      tally.last_errno != 0 ? std::string(": ") + std::strerror(tally.last_errno) : "";
  return complain(kFailed, options.addresses + ": no connection succeeded" + why);
}

int run(int argc, char** argv) {
  const auto parsed = parse_options(argc, argv);
  if (!parsed) return complain(kUsage, parsed.error().text());
  if (!*parsed) return 0;
  const Options& options = **parsed;
  std::optional<ProcessTree> tree;
  if (!options.daemons.empty()) {
    auto found = ProcessTree::of(options.daemons);
    if (!found) return complain(kFailed, found.error().text());
    tree = std::move(*found);
  }
  std::signal(SIGINT, [](int) { stop_loads(); });  // ends the run early, with its report
  std::signal(SIGPIPE, SIG_IGN);
  if (const auto raised =
          raise_descriptor_limit(options.clients + options.hold + kOtherDescriptors);
      !raised)
    return complain(kFailed, raised.error().text());
  auto report = options.idle ? Result<Report>(watch_idle(options, *tree)) : measure(options, tree);
  if (!report) return complain(kFailed, report.error().text());
  const int published = publish(options, *report);
  const int judged = judge(options, *report);
  return published != 0 ? published : judged;
}

}  // namespace
}  // namespace uvinetd::bench

int main(int argc, char** argv) {
  return uvinetd::bench::run(argc, argv);
}
