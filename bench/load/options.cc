// SPDX-License-Identifier: ISC
#include "bench/load/options.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdio>
#include <limits>
#include <map>
#include <utility>

namespace uvinetd::bench {
namespace {

constexpr std::size_t kMostClients = 1'000'000;
constexpr std::uint64_t kMostConnections = 1'000'000'000;
constexpr std::size_t kLargestSize = 65'000;  // of an exchange: fits a datagram and a send buffer
constexpr std::size_t kOpenLoopClients = 256;

// What CLI11 reads as text, before it is understood.
struct Words {
  std::vector<std::string> addresses;
  std::vector<std::string> hold_addresses;
  std::string exchange = "probe";
  std::string duration = "5s";
  std::string warm_up = "300ms";
  std::string timeout = "5s";
  std::string idle;
  std::string from;
  std::size_t clients = 0;
};

void add_load(CLI::App& app, Options& options, Words& words) {
  app.add_option("ADDRESS", words.addresses,
                 "tcp://127.0.0.1:8001, tcp://[::1]:8000-8999, unix:///path, udp://127.0.0.1:9001");
  app.add_option("--from", words.from,
                 "A network of this host: each connection comes from another address of it");
  app.add_option("--clients", words.clients,
                 "Connections at one time (default 1; with --rate at most, default 256)")
      ->check(CLI::Range(std::size_t{1}, kMostClients));
  app.add_option("--rate", options.rate_per_second,
                 "Arrivals per second on a fixed schedule, instead of one after another")
      ->check(CLI::Range(0.001, 1e9));
  app.add_option("--duration", words.duration, "How long (default 5s)");
  app.add_option("--connections", options.connections, "How many connections, instead of how long")
      ->check(CLI::Range(std::uint64_t{1}, kMostConnections));
  app.add_option("--warm-up", words.warm_up, "Load before it that does not count (default 300ms)");
  app.add_option("--timeout", words.timeout, "A connection that takes longer failed (default 5s)");
  app.add_option("--exchange", words.exchange, "probe, echo, none, banner or line (default probe)");
  app.add_option("--line", options.line, "What --exchange line sends (default: an empty line)");
  app.add_option("--size", options.size, "Bytes of an echo or a datagram (default 64)")
      ->check(CLI::Range(std::size_t{1}, kLargestSize));
}

void add_surroundings(CLI::App& app, Options& options, Words& words) {
  auto* hold = app.add_option("--hold", options.hold, "Connections kept open during the run")
                   ->check(CLI::Range(std::size_t{1}, kMostClients));
  app.add_option("--hold-address", words.hold_addresses, "Where they go, if not to ADDRESS")
      ->allow_extra_args(false)
      ->needs(hold);
  auto* daemon = app.add_option("--daemon", options.daemons,
                                "The superserver's process: measure CPU, memory, context switches")
                     ->allow_extra_args(false)
                     ->check(CLI::Range(pid_t{1}, std::numeric_limits<pid_t>::max()));
  app.add_option("--idle", words.idle, "No load: watch the daemon's processes for so long")
      ->needs(daemon)
      ->excludes("ADDRESS")
      ->excludes("--hold");
}

void add_output(CLI::App& app, Options& options) {
  app.add_option("--label", options.label, "A name for this run in reports");
  app.add_option("--json", options.json_path, "Write a JSON report ('-': standard output)");
  app.add_option("--csv", options.csv_path, "Write a CSV report ('-': standard output)");
  app.add_option("--samples", options.samples_path, "Write each connection's times as CSV");
  app.add_flag("-q,--quiet", options.is_quiet, "No progress bar");
}

Result<nanoseconds> understand_duration(const char* option, const std::string& text) {
  if (const auto duration = parse_duration(text)) return *duration;
  return fail(option, "needs a time like 2s, 1.5s or 500ms, not \"" + text + "\"", 0);
}

Result<Exchange> understand_exchange(const std::string& text) {
  static const std::map<std::string, Exchange> names = {{"probe", Exchange::Probe},
                                                        {"echo", Exchange::Echo},
                                                        {"none", Exchange::None},
                                                        {"banner", Exchange::Banner},
                                                        {"line", Exchange::Line}};
  if (const auto found = names.find(text); found != names.end()) return found->second;
  return fail("--exchange", "is probe, echo, none, banner or line, not \"" + text + "\"", 0);
}

Status understand_conversation(Options& options, const Words& words) {
  const auto exchange = understand_exchange(words.exchange);
  if (!exchange) return tl::unexpected(exchange.error());
  options.exchange = *exchange;
  const bool is_line = options.exchange == Exchange::Line;
  if (!options.line.empty() && !is_line) return fail("--line", "needs --exchange line", 0);
  if (options.line.size() > kLargestSize) return fail("--line", "is too long", 0);
  const bool is_for_streams = is_line || options.exchange == Exchange::Banner;
  if (is_for_streams && !options.targets.empty() && options.targets.front().is_datagram)
    return fail("--exchange", "can be " + words.exchange + " with streams only", 0);
  options.line += "\r\n";
  return {};
}

Result<std::vector<Target>> understand_targets(const std::vector<std::string>& texts) {
  std::vector<Target> out;
  for (const auto& text : texts) {
    auto targets = parse_targets(text);
    if (!targets) return targets;
    out.insert(out.end(), targets->begin(), targets->end());
    if (out.front().is_datagram != out.back().is_datagram)
      return fail("one run is for streams or for datagrams, not both:", text, 0);
  }
  return out;
}

Status understand_times(Options& options, const Words& words) {
  const std::pair<const char*, std::pair<const std::string*, nanoseconds*>> times[] = {
      {"--duration", {&words.duration, &options.duration}},
      {"--warm-up", {&words.warm_up, &options.warm_up}},
      {"--timeout", {&words.timeout, &options.timeout}}};
  for (const auto& [option, place] : times) {
    const auto duration = understand_duration(option, *place.first);
    if (!duration) return tl::unexpected(duration.error());
    *place.second = *duration;
  }
  if (options.duration.count() == 0) return fail("--duration", "must be longer than nothing", 0);
  if (options.timeout.count() == 0) return fail("--timeout", "must be longer than nothing", 0);
  if (words.idle.empty()) return {};
  const auto idle = understand_duration("--idle", words.idle);
  if (!idle) return tl::unexpected(idle.error());
  options.idle = *idle;
  return {};
}

Status understand_sources(Options& options, const Words& words) {
  if (words.from.empty()) return {};
  auto sources = SourceDeck::parse(words.from);
  if (!sources) return tl::unexpected(sources.error());
  for (const auto& target : options.targets) {
    if (target.is_datagram || target.address.family() != AF_INET)
      return fail("--from", "is for tcp:// addresses of IPv4", 0);
  }
  options.sources = *sources;
  return {};
}

Status understand_addresses(Options& options, const Words& words) {
  if (words.addresses.empty() && !options.idle)
    return fail("an address is needed,", "as in tcp://127.0.0.1:8001; see --help", 0);
  for (const auto& text : words.addresses)
    options.addresses += (options.addresses.empty() ? "" : " ") + text;
  auto targets = understand_targets(words.addresses);
  if (!targets) return tl::unexpected(targets.error());
  options.targets = std::move(*targets);
  if (auto status = understand_sources(options, words); !status) return status;
  auto hold_targets = understand_targets(words.hold_addresses);
  if (!hold_targets) return tl::unexpected(hold_targets.error());
  options.hold_targets = hold_targets->empty() ? options.targets : std::move(*hold_targets);
  if (options.hold > 0 && options.hold_targets.front().is_datagram)
    return fail("--hold", "is for streams: a datagram leaves nothing to keep open", 0);
  return {};
}

Result<Options> understand(Options options, const Words& words) {
  if (const auto times = understand_times(options, words); !times)
    return tl::unexpected(times.error());
  if (const auto addresses = understand_addresses(options, words); !addresses)
    return tl::unexpected(addresses.error());
  if (const auto conversation = understand_conversation(options, words); !conversation)
    return tl::unexpected(conversation.error());
  if (options.json_path == "-" && options.csv_path == "-")
    return fail("--json and --csv", "cannot both go to standard output", 0);
  options.clients = words.clients;
  if (options.clients == 0) options.clients = options.rate_per_second ? kOpenLoopClients : 1;
  return options;
}

}  // namespace

std::optional<nanoseconds> parse_duration(std::string_view text) {
  double value = 0;
  const auto end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  if (read.ec != std::errc() || !(value >= 0)) return std::nullopt;
  static const std::map<std::string_view, double> units = {
      {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}};
  const auto unit = units.find(text.substr(static_cast<std::size_t>(read.ptr - text.data())));
  if (unit == units.end()) return std::nullopt;
  const double total = value * unit->second;
  constexpr double kYear = 365 * 24 * 3600e9;
  if (!(total <= kYear)) return std::nullopt;
  return nanoseconds(static_cast<std::int64_t>(total));
}

Result<std::optional<Options>> parse_options(int argc, const char* const* argv) {
  CLI::App app("Measures how fast a superserver starts servers.");
  app.name("uvinetd-bench");
  app.set_version_flag("--version", "uvinetd-bench " UVINETD_VERSION);
  Options options;
  Words words;
  try {
    add_load(app, options, words);
    add_surroundings(app, options, words);
    add_output(app, options);
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) return fail("", error.what(), 0);
    app.exit(error);  // prints what was asked for
    return std::optional<Options>();
  }
  auto understood = understand(std::move(options), words);
  if (!understood) return tl::unexpected(understood.error());
  return std::optional<Options>(std::move(*understood));
}

}  // namespace uvinetd::bench
