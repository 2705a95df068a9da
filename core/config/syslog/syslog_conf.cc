// SPDX-License-Identifier: ISC
#include "core/config/syslog/syslog_conf.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "core/config/include_stack.h"
#include "core/config/quote.h"
#include "core/config/reporter.h"
#include "core/config/syslog/syslog_action.h"
#include "core/config/syslog/syslog_filter.h"
#include "core/config/syslog/syslog_lines.h"
#include "core/config/syslog/syslog_selector.h"

namespace uvinetd {
namespace {

constexpr std::string_view kBlanks = " \t";
constexpr char kUsualRules[] = "*.err /dev/console\n*.panic *\n";

// What selects, but for the action.
struct Condition {
  SyslogMask mask{};
  SyslogNames programs;
  SyslogNames hosts;
  std::vector<SyslogPropertyFilter> properties;
};

using ActionKey = std::pair<int, std::string>;

ActionKey key_of(const SyslogAction& action) {
  std::string text = action.path + '\0' + action.host + '\0' + std::to_string(action.port);
  for (const auto& user : action.users) text += '\0' + user;
  return {static_cast<int>(action.kind), std::move(text)};
}

// All files of one reading.
class Reading {
 public:
  Reading(SyslogDialect dialect, IncludeSource& includes)
      : dialect_(dialect), includes_(includes) {}

  ParsedSyslogConf take() {
    sort_by_place(out_.diagnostics, out_.files);
    return std::move(out_);
  }

  void read_file(std::string_view text, const std::string& name);
  void include(const Field& path, Reporter& report);
  void add(const Condition& condition, ReadAction read, Place at, Reporter& report);

  [[nodiscard]] SyslogDialect dialect() const { return dialect_; }
  [[nodiscard]] bool is_full() const { return is_full_; }

 private:
  void include_one(const std::string& path, Place at, Reporter& report);
  std::size_t action_of(SyslogAction action, Place at, Reporter& report);

  SyslogDialect dialect_;
  IncludeSource& includes_;
  ParsedSyslogConf out_;
  IncludeStack open_;
  std::map<ActionKey, std::size_t> actions_;
  std::size_t files_read_ = 0;
  bool is_full_ = false;
};

// One file. Its filters begin with it and end with it.
class FileReading {
 public:
  FileReading(Reading& all, Reporter& report) : all_(all), report_(report) {}

  void run(std::string_view text) {
    SyslogLines lines(text, report_);
    while (!all_.is_full()) {
      const auto line = lines.next();
      if (!line) break;
      read(*line);
    }
  }

 private:
  void read(const SyslogLine& line);
  bool read_foreign(const SyslogLine& line);
  bool read_setting(const SyslogLine& line, std::string_view word);
  void read_comment(const SyslogLine& line);
  void read_programs(const SyslogLine& line, std::size_t from);
  void read_hosts(const SyslogLine& line, std::size_t from);
  void read_property(const SyslogLine& line);
  void read_rule(const SyslogLine& line);
  void read_again(const SyslogLine& line);
  void add(const SyslogLine& line, std::size_t from, Condition condition);
  Field without_comment(const SyslogLine& line, std::size_t from);
  [[nodiscard]] Field whole(const SyslogLine& line) const { return line.part(0); }

  Reading& all_;
  Reporter& report_;
  SyslogNames programs_;
  SyslogNames hosts_;
  std::vector<SyslogPropertyFilter> properties_;
  // A filter that could not be read: it must not let everything through.
  bool has_bad_programs_ = false;
  bool has_bad_hosts_ = false;
  bool has_bad_property_ = false;
  std::optional<Condition> last_;  // for "&"
  int open_parentheses_ = 0;       // of a statement that is not read
};

void FileReading::read(const SyslogLine& line) {
  const std::string_view text = line.text();
  if (read_foreign(line)) return;
  switch (text.front()) {
    case '#':
      return read_comment(line);
    case '!':
      return read_programs(line, 1);
    case '+':
      return read_hosts(line, 1);
    case '-':
      return read_hosts(line, 0);
    case ':':
      return read_property(line);
    case '&':
      return read_again(line);
    default:
      return read_rule(line);
  }
}

// Statements of rsyslog's own language, over as many lines as their parentheses take.
bool FileReading::read_foreign(const SyslogLine& line) {
  const std::string_view text = line.text();
  const auto count = [&] {
    if (text.starts_with('#')) return;
    open_parentheses_ += static_cast<int>(std::count(text.begin(), text.end(), '('));
    open_parentheses_ -= static_cast<int>(std::count(text.begin(), text.end(), ')'));
    open_parentheses_ = std::clamp(open_parentheses_, 0, 1000);
  };
  if (open_parentheses_ > 0) {
    count();
    return true;
  }
  const auto word = text.substr(0, text.find_first_of(" \t(="));
  const auto rest = text.substr(word.size());
  const auto behind = rest.substr(std::min(rest.find_first_not_of(kBlanks), rest.size()));
  if (word == "include" && behind.starts_with('/')) {
    all_.include(line.part(word.size()), report_);
    return true;
  }
  if (word == "$IncludeConfig") {
    all_.include(line.part(word.size()), report_);
    return true;
  }
  if (read_setting(line, word)) return true;
  static constexpr std::array<std::string_view, 13> kStatements{
      "action", "global", "if",  "include",  "input",   "lookup_table", "main_queue",
      "module", "parser", "set", "template", "ruleset", "timezone"};
  const bool is_statement =
      std::find(kStatements.begin(), kStatements.end(), word) != kStatements.end() &&
      (behind.starts_with('(') || word == "if" || word == "set");
  const bool is_block = text == "}" || text == "{" || text.starts_with("} else");
  if (!text.starts_with('$') && !is_statement && !is_block) return false;
  report_.error(
      line.at(), "directive",
      quoted(word.empty() ? text : word) + " is of rsyslog's own language, which is not read here",
      "selectors and actions, as mail.info /var/log/mail");
  count();
  return true;
}

// What sysklogd has in its file and this service in its own configuration.
bool FileReading::read_setting(const SyslogLine& line, std::string_view word) {
  static constexpr std::array<std::pair<std::string_view, const char*>, 6> kSettings{
      {{"listen", "listen at udp:// in the service"},
       {"notify", ""},
       {"rotate_count", "rotate in the service"},
       {"rotate_size", "rotate in the service"},
       {"secure_mode", "no UDP socket but those of the service"},
       {"udp_size", ""}}};
  const auto found = std::find_if(kSettings.begin(), kSettings.end(),
                                  [word](const auto& each) { return each.first == word; });
  if (found == kSettings.end()) return false;
  report_.warning(line.at(), "directive", quoted(word) + " has no effect here", found->second);
  return true;
}

// "#!prog" and "#+host" are filters that other daemons take for comments.
void FileReading::read_comment(const SyslogLine& line) {
  const std::string_view text = line.text();
  if (text.size() < 3 || text.find_first_of(kBlanks) != text.npos) return;
  const char first = text[2] == '-' && text.size() > 3 ? text[3] : text[2];
  if (std::isalnum(static_cast<unsigned char>(first)) == 0 && first != '*' && first != '@') return;
  if (text[1] == '!') read_programs(line, 2);
  if (text[1] == '+') read_hosts(line, 2);
}

void FileReading::read_programs(const SyslogLine& line, std::size_t from) {
  auto names = read_syslog_names(line.part(from), report_);
  has_bad_programs_ = !names;
  if (names) programs_ = std::move(*names);
}

void FileReading::read_hosts(const SyslogLine& line, std::size_t from) {
  auto names = read_syslog_names(line.part(from), report_);
  has_bad_hosts_ = !names;
  if (names) hosts_ = std::move(*names);
}

// A filter for the lines after it or, with an action behind it, for that one.
void FileReading::read_property(const SyslogLine& line) {
  auto read = read_syslog_property(whole(line), report_);
  const bool has_action =
      read && line.text().find_first_not_of(kBlanks, read->end) != std::string::npos;
  if (has_action && read->filter) {
    Condition condition;
    std::fill_n(condition.mask.begin(), kMarkFacility, std::uint8_t{0xff});
    condition.programs = programs_;
    condition.hosts = hosts_;
    condition.properties.push_back(std::move(*read->filter));
    last_.reset();
    return add(line, read->end, std::move(condition));
  }
  has_bad_property_ = !read || has_action;
  if (has_action) {
    report_.error(line.place_of(read->end), "filter", "nothing follows \":*\"");
    return;
  }
  properties_.clear();
  if (read && read->filter) properties_.push_back(std::move(*read->filter));
}

void FileReading::read_rule(const SyslogLine& line) {
  const std::string_view text = line.text();
  const auto end = std::min(text.find_first_of(kBlanks), text.size());
  last_.reset();
  auto mask = read_syslog_selector(line.part(0, end), all_.dialect(), report_);
  if (!mask) return;
  add(line, end, Condition{*mask, programs_, hosts_, properties_});
}

// rsyslog: one more action for what the line before has selected.
void FileReading::read_again(const SyslogLine& line) {
  if (!last_) {
    report_.error(line.at(), "action", "no rule that is good stands before \"&\"");
    return;
  }
  add(line, 1, *last_);
}

void FileReading::add(const SyslogLine& line, std::size_t from, Condition condition) {
  const auto field = without_comment(line, from);
  auto action = read_syslog_action(field, all_.dialect(), report_);
  if (!action) return;
  if (has_bad_programs_ || has_bad_hosts_ || (has_bad_property_ && condition.properties.empty())) {
    report_.error(line.at(), "filter", "the filter that holds here is bad");
    return;
  }
  all_.add(condition, std::move(*action), line.at(), report_);
  last_ = std::move(condition);
}

// FreeBSD ends a line at "#", unless it stands behind "\".
Field FileReading::without_comment(const SyslogLine& line, std::size_t from) {
  const std::string_view text = line.text();
  const bool is_bsd = all_.dialect() == SyslogDialect::Bsd;
  auto at = from;
  const auto is_comment = [&] {
    if (is_bsd) return text[at - 1] != '\\';
    return kBlanks.find(text[at - 1]) != kBlanks.npos;
  };
  do {
    at = std::min(text.find('#', std::max<std::size_t>(at + 1, 1)), text.size());
  } while (at < text.size() && !is_comment());
  if (at < text.size() && !is_bsd) {
    report_.warning(line.place_of(at), "trailing-comment", "a comment begins a line",
                    "put the comment on a line of its own");
  }
  auto out = line.part(from, at - from);
  if (!is_bsd) return out;
  for (auto mark = out.text.find("\\#"); mark != std::string::npos;
       mark = out.text.find("\\#", mark + 1)) {
    out.text.erase(mark, 1);
  }
  return out;
}

void Reading::read_file(std::string_view text, const std::string& name) {
  open_.push(name);
  out_.files.push_back(name);
  Reporter report(std::make_shared<const std::string>(name), out_.diagnostics);
  FileReading(*this, report).run(text);
  report.finish();
  open_.pop();
}

// A file, what a pattern matches, or the files of a folder that end in ".conf".
void Reading::include(const Field& path, Reporter& report) {
  if (path.text.empty()) {
    report.error(path.at, "include", "the file is missing", "as /etc/syslog.d/*.conf");
    return;
  }
  const auto whole = open_.resolve(path.text);
  if (whole.find_first_of("*?[") != std::string::npos) {
    for (const auto& each : includes_.glob(whole)) include_one(each, path.at, report);
    return;
  }
  const bool is_folder = whole.ends_with('/') || !includes_.glob(whole + "/.").empty();
  if (!is_folder) return include_one(whole, path.at, report);
  const auto names = includes_.list(whole, report.position(path.at), out_.diagnostics);
  if (!names) return;
  const auto prefix = whole.ends_with('/') ? whole : whole + '/';
  for (const auto& name : *names) {
    if (name.ends_with(".conf") && !is_leftover_name(name)) {
      include_one(prefix + name, path.at, report);
    }
  }
}

void Reading::include_one(const std::string& path, Place at, Reporter& report) {
  if (is_full_) return;
  if (auto objection = open_.objection(path); !objection.empty()) {
    report.error(at, "include", std::move(objection));
    return;
  }
  if (++files_read_ > kMostSyslogFiles) {
    is_full_ = true;
    report.error(at, "include", fmt::format("more than {} files are included", kMostSyslogFiles));
    return;
  }
  const auto file = includes_.read(path, report.position(at), out_.diagnostics);
  if (file) read_file(file->text, file->name);
}

void Reading::add(const Condition& condition, ReadAction read, Place at, Reporter& report) {
  if (out_.rules.rules.size() == kMostSyslogRules) {
    is_full_ = true;
    report.error(at, "too-many-rules", fmt::format("more than {} rules", kMostSyslogRules),
                 "this one and those after it are left out");
    return;
  }
  SyslogRule rule;
  rule.mask = condition.mask;
  rule.programs = condition.programs;
  rule.hosts = condition.hosts;
  rule.properties = condition.properties;
  rule.is_final = read.is_final;
  rule.action = action_of(std::move(read.action), at, report);
  out_.rules.rules.push_back(std::move(rule));
}

// A target is reached by one action, whatever number of rules name it: the first says how.
std::size_t Reading::action_of(SyslogAction action, Place at, Reporter& report) {
  auto position = report.position(at);
  position.column = 0;
  action.place = position.text();
  auto& actions = out_.rules.actions;
  const auto [found, is_new] = actions_.try_emplace(key_of(action), actions.size());
  if (is_new) {
    actions.push_back(std::move(action));
    return found->second;
  }
  auto& known = actions[found->second];
  known.is_synced |= action.is_synced;
  const auto how = [](const SyslogAction& one) {
    return std::tuple(one.form, one.rotate_size, one.rotate_count, one.most_bytes);
  };
  if (how(action) != how(SyslogAction()) && how(action) != how(known)) {
    report.warning(at, "action-option", "the options at " + known.place + " hold for this target");
  }
  return found->second;
}

}  // namespace

ParsedSyslogConf parse_syslog_conf(std::string_view text, const std::string& name,
                                   SyslogDialect dialect, IncludeSource& includes) {
  Reading reading(dialect, includes);
  reading.read_file(text, name);
  return reading.take();
}

SyslogRules usual_syslog_rules() {
  NoIncludes includes;
  return parse_syslog_conf(kUsualRules, "the usual rules", SyslogDialect::Linux, includes).rules;
}

}  // namespace uvinetd
