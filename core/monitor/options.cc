// SPDX-License-Identifier: ISC
#include "core/monitor/options.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "core/config/suggest.h"

namespace uvinetd {

namespace {

constexpr unsigned kMostNumber = 1'000'000;

// A usage error in words; thrown and caught inside this file only.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

unsigned parse_number(const char* option, const std::string& text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > kMostNumber)
    throw UsageError(std::string(option) + ": \"" + text + "\" is not a number from 0 to 1000000");
  return value;
}

template <typename T>
void add_number(CLI::App& app, const char* names, T& target) {
  app.add_option_function<std::string>(
         names,
         [names, &target](const std::string& text) {
           target = static_cast<typename std::remove_reference_t<decltype(target)>>(
               parse_number(names, text));
         })
      ->take_last();
}

StartBy parse_start(const std::string& name) {
  if (name == "exec") return StartBy::Exec;
  if (name == "zygote") return StartBy::Zygote;
  throw UsageError("--start: unknown value \"" + name + "\" (try \"exec\" or \"zygote\")");
}

SpawnerKind parse_spawner(const std::string& name) {
  const auto kind = spawner_from_name(name);
  if (!kind) {
    throw UsageError("--spawner: unknown value \"" + name +
                     "\" (try \"posix_spawn\" or \"clone\")");
  }
  if (!is_built_in(*kind)) throw UsageError("--spawner " + name + " is for Linux only");
  return *kind;
}

void add_refused(CLI::App& app, const char* name, const char* why) {
  app.add_flag_callback(name, [=] { throw UsageError(std::string(name) + ": " + why); });
}

std::string absolute(const std::string& path) {
  std::error_code error;
  const auto whole = std::filesystem::absolute(path, error);
  if (error) throw UsageError(path + ": " + error.message());
  return whole.string();
}

void add_running(CLI::App& app, CommandLine& options) {
  app.add_flag("-f,-i,--foreground", options.foreground);
  app.add_flag("-d,--debug", options.debug);
  app.add_flag("-e", options.log_to_stderr);
  app.add_flag("--log-connections", options.log_connections);
  app.add_option_function<std::string>("-p,--pidfile",
                                       [&options](const std::string& path) {
                                         options.pid_file = path.empty() ? "" : absolute(path);
                                       })
      ->take_last();
  app.add_flag_callback("--no-pidfile", [&options] { options.pid_file = ""; });
  app.add_option_function<std::string>("--control",
                                       [&options](const std::string& path) {
                                         options.control.path =
                                             path == "none" ? "" : absolute(path);
                                       })
      ->take_last();
  add_number(app, "--ready-fd", options.ready_fd);
  app.add_option("--user", options.user)->take_last();
  app.add_option_function<std::string>(
         "--start", [&options](const std::string& name) { options.start = parse_start(name); })
      ->take_last();
  app.add_option_function<std::string>(
         "--spawner",
         [&options](const std::string& name) { options.spawner = parse_spawner(name); })
      ->take_last();
  app.add_flag("--core-dumps", options.core_dumps);
}

void add_services(CLI::App& app, CommandLine& options) {
  app.add_option_function<std::string>("-a",
                                       [&options](const std::string& host) {
                                         if (host.empty()) throw UsageError("-a: an empty address");
                                         options.default_host = host;
                                       })
      ->take_last();
  add_number(app, "-q", options.backlog);
  add_number(app, "-R,--rate", options.starts_per_minute);
  add_number(app, "-c", options.instances);
  add_number(app, "-C", options.source_starts_per_minute);
  add_number(app, "-s", options.instances_per_source);
  app.add_flag("-E", options.pass_environment);
  app.add_flag("--environment", options.gnu_environment);
  app.add_option_function<std::string>(
         "--dialect",
         [&options](const std::string& name) {
           const auto dialect = dialect_from_name(name);
           if (!dialect) throw UsageError("--dialect: unknown dialect \"" + name + "\"");
           options.dialect = *dialect;
         })
      ->take_last();
  app.add_flag("-l", options.logs_and_wraps);
  app.add_flag("-w", options.wraps_programs);
  app.add_flag("-W", options.wraps_builtins);
  add_refused(app, "--resolve", "servers are told the addresses of clients, not their names");
}

// getopt_long(3)'s optional argument, which must not take the next word: `--pidfile` and
// `--pidfile=` are none.
std::vector<std::string> normalise(const std::vector<std::string>& argv) {
  std::vector<std::string> words(argv.empty() ? argv.begin() : argv.begin() + 1, argv.end());
  const auto end = std::find(words.begin(), words.end(), "--");
  std::replace_if(
      words.begin(), end,
      [](const std::string& word) { return word == "--pidfile" || word == "--pidfile="; },
      "--no-pidfile");
  return words;
}

// The words that are options, and not known.
void refuse_unknown(const CLI::App& app) {
  for (const std::string& word : app.remaining()) {
    if (word.size() < 2 || word[0] != '-' || word == "--") continue;
    std::vector<std::string> known;
    for (const CLI::Option* option : app.get_options())
      for (const std::string& name : option->get_lnames())
        if (name != "no-pidfile") known.push_back("--" + name);
    const bool is_long = word[1] == '-';
    const std::string name = is_long ? word.substr(0, word.find('=')) : word.substr(0, 2);
    const std::string hint = is_long ? did_you_mean(name, known) : "";
    throw UsageError("unknown option \"" + name + "\"" + (hint.empty() ? "" : " (" + hint + ")"));
  }
}

bool is_under_a_manager() {
  const char* const notify = std::getenv("NOTIFY_SOCKET");
  const char* const listen = std::getenv("LISTEN_PID");
  const auto own = ::getpid();
  return own == 1 || (notify != nullptr && *notify != '\0') ||
         (listen != nullptr && listen == std::to_string(own));
}

void finish(CommandLine& options) {
  for (std::string& path : options.config_paths) {
    if (path.empty()) throw UsageError("an empty CONFIG");
    path = absolute(path);
  }
  if (options.user.empty()) throw UsageError("--user: an empty name");
  if (options.json && !options.check) throw UsageError("--json goes with --check");
  // FreeBSD's inetd has options of their own for the rest of what -l is elsewhere.
  if (options.logs_and_wraps) {
    options.log_connections = true;
    options.wraps_programs |= options.dialect != Dialect::FreeBsd;
  }
  if (options.debug || is_under_a_manager()) options.foreground = true;
  if (options.debug) options.log_to_stderr = true;
}

ParsedCommandLine parse(const std::vector<std::string>& argv) {
  ParsedCommandLine parsed;
  CommandLine& options = parsed.options;
  bool version = false;
  bool help = false;
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  add_running(app, options);
  add_services(app, options);
  app.add_flag("-n,--check", options.check);
  app.add_flag("--json", options.json);
  app.add_flag("--strict", options.strict);
  app.add_flag("-V,--version", version);
  app.add_flag("-h,--help", help);
  app.add_option("CONFIG", options.config_paths);
  auto words = normalise(argv);
  std::reverse(words.begin(), words.end());  // as CLI11 wants it
  app.parse(std::move(words));
  if (help || version) {
    parsed.exit_status = 0;
    parsed.text = help ? std::string(help_text()) : "uvinetd " UVINETD_VERSION "\n";
    return parsed;
  }
  refuse_unknown(app);
  options.has_user = app.count("--user") > 0;
  options.has_spawner = app.count("--spawner") > 0;
  finish(options);
  return parsed;
}

}  // namespace

ParsedCommandLine parse_command_line(const std::vector<std::string>& argv) {
  std::string reason;
  try {
    return parse(argv);
  } catch (const std::exception& error) {
    reason = error.what();
  }
  const std::string name = argv.empty() ? "uvinetd" : argv[0].substr(argv[0].rfind('/') + 1);
  ParsedCommandLine refused;
  refused.exit_status = 2;
  refused.text = name + ": " + reason + "\nTry '" + name + " --help'.\n";
  return refused;
}

}  // namespace uvinetd
