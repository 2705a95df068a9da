// SPDX-License-Identifier: ISC
#include "core/config/load/warm_check.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "core/config/load/box.h"
#include "core/config/quote.h"
#include "spawn/program_file.h"
#include "spawn/zygote_choice.h"

namespace uvinetd {
namespace {

constexpr std::string_view kPath = "PATH=";

// As the launcher decides it.
const char* why_cold(const LoadedService& service) {
  if (service.spec.more.is_default() || service.spec.program.empty()) return nullptr;
  if (!service.identity.box->root.empty()) return kColdByRoot;
  return child_box(service) == BoxSettings() ? nullptr : kColdBySteps;
}

class WarmCheck {
 public:
  WarmCheck(const LoadOptions& options, Diagnostics& out) : options_(options), out_(out) {}

  void look_at(const LoadedService& loaded) {
    const auto* const reason = why_cold(loaded);
    if (reason == nullptr) return look_at(loaded.spec);
    if (!kHasZygote || !wants_warm_start(loaded.spec, options_.start)) return;
    say(Severity::Warning, loaded.spec, "no-zygote",
        quoted(loaded.spec.program) + " is not started warm: " + reason, "it is started by exec");
  }

  void look_at(const ServiceSpec& spec) {
    if (!wants_warm_start(spec, options_.start)) return;
    if (!kHasZygote) return say_that_there_is_none(spec);
    if (!options_.inspects_programs) return;
    if (const auto& reason = reason_of(spec); !reason.empty()) {
      return say(Severity::Warning, spec, "no-zygote",
                 quoted(spec.program) + " cannot be started warm: " + reason,
                 "it is started by exec");
    }
    if (const auto why = little_gain(spec.program, spec.argv); !why.empty()) {
      say(Severity::Note, spec, "little-gain",
          quoted(spec.program) + " gains little from a warm start: " + std::string(why));
    }
  }

 private:
  void say(Severity severity, const ServiceSpec& spec, const char* slug, std::string message,
           std::string hint = {}) {
    const bool is_written = spec.more->start != StartBy::Unset && spec.start_at->line != 0;
    out_.push_back({severity, is_written ? *spec.start_at : spec.at, std::move(message),
                    std::move(hint), slug});
  }

  void say_that_there_is_none(const ServiceSpec& spec) {
    if (is_told_) return;
    is_told_ = true;
    say(Severity::Warning, spec, "no-zygote",
        "this build of uvinetd starts no server warm: all are started by exec");
  }

  // The server's PATH, as far as it is known before it starts.
  std::string search_path(const ServiceOptions& more) const {
    const auto written = std::find_if(more.env.rbegin(), more.env.rend(),
                                      [](const auto& each) { return each.starts_with(kPath); });
    if (written != more.env.rend()) return written->substr(kPath.size());
    const bool is_whole = more.pass_all_env || options_.passes_environment;
    const bool is_passed = is_whole || std::find(more.pass_env.begin(), more.pass_env.end(),
                                                 "PATH") != more.pass_env.end();
    const auto* ours = is_passed ? std::getenv("PATH") : nullptr;
    if (ours != nullptr) return ours;
    return is_whole ? "" : kServerPath;
  }

  const std::string& reason_of(const ServiceSpec& spec) {
    auto path = search_path(*spec.more);
    const auto [found, is_new] = reasons_.try_emplace({spec.program, path});
    if (is_new) found->second = inspect_program(spec.program, path).reason;
    return found->second;
  }

  const LoadOptions& options_;
  Diagnostics& out_;
  std::map<std::pair<std::string, std::string>, std::string> reasons_;
  bool is_told_ = false;
};

}  // namespace

void check_warm_starts(const LoadOptions& options, LoadedConfig& config) {
  WarmCheck check(options, config.diagnostics);
  for (const auto& each : config.services) check.look_at(each);
  for (const auto& each : config.unresolved) check.look_at(each);
}

}  // namespace uvinetd
