// SPDX-License-Identifier: ISC
#include "core/config/syslog/syslog_conf.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>
#include <optional>
#include <utility>

#include "core/config/include_stack.h"
#include "core/config/quote.h"
#include "core/config/reporter.h"
#include "core/config/syslog/syslog_action.h"
#include "core/config/syslog/syslog_filter.h"
#include "core/config/syslog/syslog_lines.h"
#include "core/config/syslog/syslog_rule_list.h"
#include "core/config/syslog/syslog_selector.h"

namespace uvinetd {
namespace {

constexpr std::string_view kBlanks = " \t";
constexpr Place kBegin{1, 1};  // of a line
constexpr char kUsualRules[] = "*.err /dev/console\n*.panic *\n";

// All files of one reading.
class Reading {
 public:
  Reading(SyslogDialect dialect, IncludeSource& includes)
      : dialect_(dialect), includes_(includes) {}

  ParsedSyslogConf take() {
    sort_by_place(out_.diagnostics, out_.files);
    out_.rules = rules_.take();
    return std::move(out_);
  }

  void read_file(std::string_view text, const std::string& name);
  void include(const Field& path, Reporter& report);
  void add(SyslogRule rule, ReadAction read, const SyslogLine& line, Reporter& report);
  [[nodiscard]] Diagnostics& diagnostics() { return out_.diagnostics; }

  [[nodiscard]] SyslogDialect dialect() const { return dialect_; }
  [[nodiscard]] bool is_full() const { return is_full_; }

 private:
  void include_one(const std::string& path, Place at, Reporter& report);

  SyslogDialect dialect_;
  IncludeSource& includes_;
  ParsedSyslogConf out_;
  IncludeStack open_;
  SyslogRuleList rules_;
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
      if (read_include(*line)) continue;
      const auto said_before = all_.diagnostics().size();
      read(*line);
      settle_places(*line, said_before);
    }
  }

 private:
  bool read_include(const SyslogLine& line);
  void settle_places(const SyslogLine& line, std::size_t from);
  void read(const SyslogLine& line);
  bool read_foreign(const SyslogLine& line);
  bool read_setting(std::string_view word);
  void read_comment(const SyslogLine& line);
  void read_programs(const SyslogLine& line, std::size_t from);
  void read_hosts(const SyslogLine& line, std::size_t from);
  void read_property(const SyslogLine& line);
  void set_property(ReadProperty read);
  void read_rule(const SyslogLine& line);
  void read_again(const SyslogLine& line);
  void add(const SyslogLine& line, const Field& written, SyslogRule rule);
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
  std::optional<SyslogRule> last_;  // for "&"
  int open_parentheses_ = 0;        // of a statement that is not read
};

bool FileReading::read_include(const SyslogLine& line) {
  const std::string_view text = line.text();
  const auto word = text.substr(0, text.find_first_of(kBlanks));
  if (open_parentheses_ > 0 || (word != "include" && word != "$IncludeConfig")) return false;
  auto path = line.part(word.size());
  if (path.text.starts_with('(')) return false;
  path.at = line.place_of(static_cast<std::size_t>(path.at.column) - 1);
  all_.include(path, report_);
  return true;
}

// Parts of a line know where they stand in it; what is said of them has its place in the file.
void FileReading::settle_places(const SyslogLine& line, std::size_t from) {
  auto& said = all_.diagnostics();
  for (auto i = from; i < said.size(); ++i) {
    const auto place = line.place_of(static_cast<std::size_t>(std::max(said[i].at.column, 1)) - 1);
    said[i].at.line = place.line;
    said[i].at.column = place.column;
  }
}

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
  if (read_setting(word)) return true;
  static constexpr std::array<std::string_view, 13> kStatements{
      "action", "global", "if",  "include",  "input",   "lookup_table", "main_queue",
      "module", "parser", "set", "template", "ruleset", "timezone"};
  const bool is_statement =
      std::find(kStatements.begin(), kStatements.end(), word) != kStatements.end() &&
      (behind.starts_with('(') || word == "if" || word == "set");
  const bool is_block = text == "}" || text == "{" || text.starts_with("} else");
  if (!text.starts_with('$') && !is_statement && !is_block) return false;
  report_.error(
      kBegin, "directive",
      quoted(word.empty() ? text : word) + " is of rsyslog's own language, which is not read here",
      "selectors and actions, as mail.info /var/log/mail");
  count();
  return true;
}

// What sysklogd has in its file and this service in its own configuration.
bool FileReading::read_setting(std::string_view word) {
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
  report_.warning(kBegin, "directive", quoted(word) + " has no effect here", found->second);
  return true;
}

// "#!prog" and "#+host" are filters that other daemons take for comments, as is what ends one:
// "#!" or "#!*", and so on.
void FileReading::read_comment(const SyslogLine& line) {
  const std::string_view text = line.text();
  if (text.size() == 2 || (text.size() == 3 && text[2] == '*')) {
    if (text[1] == '!') read_programs(line, 2);
    if (text[1] == '+' || text[1] == '-') read_hosts(line, 2);
    if (text[1] == ':') set_property({true, std::nullopt, 0});
    return;
  }
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
  auto list = line.part(from);
  if (from == 0 && (list.text == "-" || line.part(1).text == "*")) list = line.part(1);
  auto names = read_syslog_names(list, report_);
  has_bad_hosts_ = !names;
  if (names) hosts_ = std::move(*names);
}

void FileReading::set_property(ReadProperty read) {
  has_bad_property_ = !read.is_good;
  properties_.clear();
  if (read.filter) properties_.push_back(std::move(*read.filter));
}

// A filter for the lines after it or, with an action behind it, for that one.
void FileReading::read_property(const SyslogLine& line) {
  auto read = read_syslog_property(whole(line), report_);
  const auto action = without_comment(line, read.end);
  if (action.text.empty()) return set_property(std::move(read));
  last_.reset();
  if (read.is_good && !read.filter) {
    report_.error(Place{1, static_cast<int>(read.end) + 1}, "filter", "nothing follows \":*\"");
  }
  if (!read.filter) return;  // a bad line is no filter for those after it
  SyslogRule rule;
  std::fill_n(rule.mask.begin(), kMarkFacility, std::uint8_t{0xff});
  rule.programs = programs_;
  rule.hosts = hosts_;
  rule.properties.push_back(std::move(*read.filter));
  add(line, action, std::move(rule));
}

void FileReading::read_rule(const SyslogLine& line) {
  const std::string_view text = line.text();
  const auto end = std::min(text.find_first_of(kBlanks), text.size());
  last_.reset();
  auto mask = read_syslog_selector(line.part(0, end), all_.dialect(), report_);
  if (!mask) return;
  add(line, without_comment(line, end), SyslogRule{*mask, programs_, hosts_, properties_});
}

// rsyslog: one more action for what the line before has selected.
void FileReading::read_again(const SyslogLine& line) {
  if (!last_) {
    report_.error(kBegin, "action", "no rule that is good stands before \"&\"");
    return;
  }
  add(line, without_comment(line, 1), *last_);
}

void FileReading::add(const SyslogLine& line, const Field& written, SyslogRule rule) {
  auto action = read_syslog_action(written, all_.dialect(), report_);
  if (!action) return;
  if (has_bad_programs_ || has_bad_hosts_ || (has_bad_property_ && rule.properties.empty())) {
    report_.error(kBegin, "filter", "the filter that holds here is bad");
    return;
  }
  all_.add(rule, std::move(*action), line, report_);
  last_ = std::move(rule);
}

// What begins at `from`, never 0. FreeBSD ends a line at "#", unless it stands behind "\".
Field FileReading::without_comment(const SyslogLine& line, std::size_t from) {
  const std::string_view text = line.text();
  const bool is_bsd = all_.dialect() == SyslogDialect::Bsd;
  auto at = from - 1;
  const auto is_comment = [&] {
    if (is_bsd) return text[at - 1] != '\\';
    return kBlanks.find(text[at - 1]) != kBlanks.npos;
  };
  do {
    at = std::min(text.find('#', at + 1), text.size());
  } while (at < text.size() && !is_comment());
  if (at < text.size() && !is_bsd) {
    report_.warning(Place{1, static_cast<int>(at) + 1}, "trailing-comment",
                    "a comment begins a line", "put the comment on a line of its own");
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

// A file, what a pattern matches, or the files of a folder that end in ".conf". FreeBSD's own file
// names folders that need not be there.
void Reading::include(const Field& path, Reporter& report) {
  if (path.text.empty()) {
    report.error(path.at, "include", "the file is missing", "as /etc/syslog.d/*.conf");
    return;
  }
  const auto whole = open_.resolve(path.text);
  const auto found = includes_.glob(whole);
  const bool may_be_absent = dialect_ == SyslogDialect::Bsd || whole.ends_with('/');
  if (may_be_absent && found.empty()) {
    report.warning(path.at, "include", "there is no " + quoted(whole), "nothing is included");
    return;
  }
  if (whole.find_first_of("*?[") != std::string::npos) {
    for (const auto& each : found) include_one(each, path.at, report);
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

void Reading::add(SyslogRule rule, ReadAction read, const SyslogLine& line, Reporter& report) {
  if (rules_.size() == kMostSyslogRules) {
    is_full_ = true;
    report.error(kBegin, "too-many-rules", fmt::format("more than {} rules", kMostSyslogRules),
                 "this one and those after it are left out");
    return;
  }
  auto at = report.position(line.place_of(0));
  at.column = 0;
  read.action.place = at.text();
  rule.is_final = read.is_final;
  const auto known = rules_.add(std::move(rule), std::move(read.action));
  if (known.empty()) return;
  report.warning(kBegin, "action-option", "the options at " + known + " hold for this target");
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
