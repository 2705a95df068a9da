// SPDX-License-Identifier: ISC
#include "core/ctl/command.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "core/config/quote.h"
#include "core/config/suggest.h"

namespace uvinetd {
namespace {

// A usage error in words; thrown and caught inside this file only.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

std::string with_hint(std::string text, const std::string& hint) {
  return hint.empty() ? text : std::move(text) + " (" + hint + ")";
}

void add_dialect(CLI::App& app, Command& command) {
  app.add_option_function<std::string>(
         "--dialect",
         [&command](const std::string& name) {
           const auto dialect = dialect_from_name(name);
           if (!dialect) throw UsageError("--dialect: unknown dialect " + uvinetd::quoted(name));
           command.dialect = *dialect;
         })
      ->take_last();
}

void add_check(CLI::App& app, Command& command) {
  app.add_flag("--strict", command.strict);
  app.add_flag("--json", command.json);
}

void add_show(CLI::App& app, Command& command) {
  app.add_flag("--json", command.json);
}

void add_convert(CLI::App& app, Command& command) {
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

struct VerbForm {
  std::string_view name;
  Verb verb;
  void (*add_options)(CLI::App& app, Command& command);
};

constexpr std::array kVerbs{
    VerbForm{"check", Verb::Check, add_check},
    VerbForm{"show", Verb::Show, add_show},
    VerbForm{"convert", Verb::Convert, add_convert},
};

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

ParsedCommand ended(std::string_view text) {
  return {{}, 0, std::string(text)};
}

constexpr const char* kVersion = "uvinetctl " UVINETD_VERSION "\n";

// `words` are those after the verb; CLI11 wants them from the last to the first.
ParsedCommand parse_verb(const VerbForm& form, std::vector<std::string> words, bool json) {
  ParsedCommand parsed;
  Command& command = parsed.command;
  command.verb = form.verb;
  bool help = false;
  bool version = false;
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  add_dialect(app, command);
  form.add_options(app, command);
  app.add_flag("-h,--help", help);
  app.add_flag("-V,--version", version);
  app.add_option("FILE", command.operands);
  std::reverse(words.begin(), words.end());
  app.parse(std::move(words));
  if (help) return ended(ctl_help_text(form.verb));
  if (version) return ended(kVersion);
  refuse_unknown(app);
  command.json |= json;
  if (command.operands.empty()) throw UsageError(std::string(form.name) + " needs a FILE");
  for (const auto& operand : command.operands) {
    if (operand.empty()) throw UsageError("an empty FILE");
  }
  if (form.verb == Verb::Convert && command.json) {
    throw UsageError("--json goes with check and show");
  }
  if (command.force && command.output.empty()) throw UsageError("--force goes with -o");
  return parsed;
}

ParsedCommand parse(const std::vector<std::string>& argv) {
  static constexpr std::array<std::string_view, 3> kOptions{"--json", "--help", "--version"};
  bool json = false;
  for (std::size_t at = 1; at < argv.size(); ++at) {
    const auto& word = argv[at];
    if (word == "--help" || word == "-h") return ended(ctl_help_text(std::nullopt));
    if (word == "--version" || word == "-V") return ended(kVersion);
    if (word == "--json") {
      json = true;
    } else if (word.starts_with('-')) {
      throw UsageError(
          with_hint("unknown option " + uvinetd::quoted(word), did_you_mean(word, kOptions)));
    } else {
      const auto after = argv.begin() + static_cast<std::ptrdiff_t>(at) + 1;
      return parse_verb(verb_called(word), {after, argv.end()}, json);
    }
  }
  throw UsageError("which VERB? check, show or convert");
}

}  // namespace

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
