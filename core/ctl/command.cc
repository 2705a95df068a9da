// SPDX-License-Identifier: ISC
#include "core/ctl/command.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <exception>
#include <utility>

#include "core/config/quote.h"
#include "core/config/suggest.h"
#include "core/ctl/live/live_options.h"
#include "core/ctl/usage_error.h"

namespace uvinetd {
namespace {

void add_dialect(CLI::App& app, Command& command) {
  app.add_option_function<std::string>(
         "--dialect",
         [&command](const std::string& name) {
           const auto dialect = dialect_from_name(name);
           if (!dialect) throw UsageError("--dialect: unknown dialect " + uvinetd::quoted(name));
           command.dialect = *dialect;
           command.has_dialect = true;
         })
      ->take_last();
}

void add_check(CLI::App& app, Command& command) {
  add_dialect(app, command);
  app.add_flag("--strict", command.strict);
}

void add_convert(CLI::App& app, Command& command) {
  add_dialect(app, command);
  app.add_option_function<std::string>(
         "--to",
         [&command](const std::string& name) {
           static constexpr std::array<std::string_view, 2> kTargets{"toml", "inetd"};
           if (std::find(kTargets.begin(), kTargets.end(), name) == kTargets.end()) {
             throw UsageError(with_hint("--to: unknown language " + uvinetd::quoted(name),
                                        did_you_mean(name, kTargets)));
           }
           command.target = name == "toml" ? Command::Target::Toml : Command::Target::Inetd;
         })
      ->take_last();
  app.add_option_function<std::string>("-o,--output",
                                       [&command](const std::string& path) {
                                         if (path.empty()) throw UsageError("-o: an empty FILE");
                                         command.output = path == "-" ? "" : path;
                                       })
      ->take_last();
  app.add_flag("--force", command.force);
}

// Of one line: what it takes is asked of live_form() where it is nullptr here.
struct VerbForm {
  std::string_view name;
  Verb verb;
  void (*add_options)(CLI::App& app, Command& command) = nullptr;
};

// In the order of the enumerators.
constexpr std::array kVerbs{
    VerbForm{"status", Verb::DaemonStatus},
    VerbForm{"list", Verb::List},
    VerbForm{"show", Verb::Show, add_dialect},
    VerbForm{"ps", Verb::Ps},
    VerbForm{"match", Verb::Match},
    VerbForm{"metrics", Verb::Metrics},
    VerbForm{"tail", Verb::Tail},
    VerbForm{"bans", Verb::Bans},
    VerbForm{"top", Verb::Top},
    VerbForm{"reload", Verb::Reload},
    VerbForm{"pause", Verb::Pause},
    VerbForm{"resume", Verb::Resume},
    VerbForm{"ban", Verb::Ban},
    VerbForm{"unban", Verb::Unban},
    VerbForm{"kill", Verb::Kill},
    VerbForm{"stop", Verb::Stop},
    VerbForm{"upgrade", Verb::Upgrade},
    VerbForm{"reopen-logs", Verb::ReopenLogs},
    VerbForm{"check", Verb::Check, add_check},
    VerbForm{"convert", Verb::Convert, add_convert},
};
static_assert(kVerbs.size() == static_cast<std::size_t>(kLastVerb) + 1);

const VerbForm& verb_called(const std::string& name) {
  std::vector<std::string_view> known;
  for (const auto& form : kVerbs) {
    if (form.name == name) return form;
    known.push_back(form.name);
  }
  throw UsageError(with_hint("unknown verb " + uvinetd::quoted(name), did_you_mean(name, known)));
}

// The words that are options, and not known.
void refuse_unknown(const CLI::App& app) {
  for (const std::string& word : app.remaining()) {
    if (word.size() < 2 || word[0] != '-' || word == "--") continue;
    std::vector<std::string> known;
    for (const CLI::Option* option : app.get_options()) {
      for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
    }
    const bool is_long = word[1] == '-';
    const std::string name = is_long ? word.substr(0, word.find('=')) : word.substr(0, 2);
    throw UsageError(with_hint("unknown option " + uvinetd::quoted(name),
                               is_long ? did_you_mean(name, known) : ""));
  }
}

ParsedCommand ended(std::string text) {
  return {{}, 0, std::move(text)};
}

constexpr const char* kVersion = "uvinetctl " UVINETD_VERSION "\n";

// Of verbs of files, and of show, which may be either: at least one.
void take_files(const VerbForm& form, Command& command) {
  if (command.operands.empty()) {
    const bool is_show = form.verb == Verb::Show;
    throw UsageError(std::string(form.name) +
                     (is_show ? " needs an ID, or a FILE" : " needs a FILE"));
  }
  if (command.force && command.output.empty()) throw UsageError("--force goes with -o");
}

// `words` are those of the verb, and options from before it; CLI11 wants them from the last to the
// first.
ParsedCommand parse_verb(const VerbForm& form, std::vector<std::string> words) {
  ParsedCommand parsed;
  Command& command = parsed.command;
  command.verb = form.verb;
  bool help = false;
  bool version = false;
  const auto* live = live_form(form.verb);
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  app.add_flag("--json", command.json);
  if (form.add_options != nullptr) form.add_options(app, command);
  if (live != nullptr) {
    command.live.request.verb = live->asks;
    add_live_options(app, command);
    live->add_options(app, command);
  }
  app.add_flag("-h,--help", help);
  app.add_flag("-V,--version", version);
  app.add_option("OPERAND", command.operands);
  std::reverse(words.begin(), words.end());
  app.parse(std::move(words));
  if (help) return ended(ctl_help_text(form.verb));
  if (version) return ended(kVersion);
  refuse_unknown(app);
  for (const auto& operand : command.operands) {
    if (operand.empty()) throw UsageError(live == nullptr ? "an empty FILE" : "an empty word");
  }
  if (command.json && (form.verb == Verb::Convert || form.verb == Verb::Top)) {
    throw UsageError("--json does not go with " + std::string(form.name));
  }
  const bool is_live = live != nullptr && (form.verb != Verb::Show || !command.live.socket.empty());
  if (is_live && command.has_dialect) throw UsageError("--dialect goes with a FILE, not --socket");
  if (is_live) {
    live->take(command);
  } else {
    take_files(form, command);
  }
  return parsed;
}

// Before the verb; the others have their value with "=", or none.
bool takes_the_next_word(const std::string& option) {
  return option == "--socket" || option == "--color" || option == "--wait";
}

ParsedCommand parse(const std::vector<std::string>& argv) {
  static constexpr std::array<std::string_view, 6> kOptions{"--json", "--socket", "--color",
                                                            "--wait", "--help",   "--version"};
  std::vector<std::string> words;
  for (std::size_t at = 1; at < argv.size(); ++at) {
    const auto& word = argv[at];
    if (word == "--help" || word == "-h") return ended(ctl_help_text(std::nullopt));
    if (word == "--version" || word == "-V") return ended(kVersion);
    if (!word.starts_with('-')) {
      const auto after = argv.begin() + static_cast<std::ptrdiff_t>(at) + 1;
      words.insert(words.end(), after, argv.end());
      return parse_verb(verb_called(word), std::move(words));
    }
    const auto name = word.substr(0, word.find('='));
    if (name != "--json" && !takes_the_next_word(name)) {
      throw UsageError(
          with_hint("unknown option " + uvinetd::quoted(name), did_you_mean(name, kOptions)));
    }
    words.push_back(word);
    if (takes_the_next_word(word) && at + 1 < argv.size()) words.push_back(argv[++at]);
  }
  throw UsageError("which VERB? uvinetctl --help names them");
}

}  // namespace

std::string_view verb_name(Verb verb) {
  return kVerbs[static_cast<std::size_t>(verb)].name;
}

ParsedCommand parse_command(const std::vector<std::string>& argv) {
  std::string reason;
  try {
    return parse(argv);
  } catch (const std::exception& error) {
    reason = error.what();
  }
  return {{}, 2, "uvinetctl: " + reason + "\nTry 'uvinetctl --help'.\n"};
}

}  // namespace uvinetd
