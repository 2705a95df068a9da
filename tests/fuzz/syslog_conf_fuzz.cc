// SPDX-License-Identifier: ISC
// Any bytes as a syslog.conf, in both dialects. A NUL byte ends it; what follows is a file that it
// may include as /a and, in the folder /d, as a.conf and b.conf.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/syslog/syslog_conf.h"
#include "tests/fuzz/require.h"

namespace uvinetd {
namespace {

class OneFile final : public IncludeSource {
 public:
  explicit OneFile(std::string_view text) : text_(text) {}

  std::optional<ConfigFile> read(const std::string& path, const SourcePosition& at,
                                 Diagnostics& diagnostics) override {
    if (path == "/a" || path.starts_with("/d/")) return ConfigFile{path, text_};
    diagnostics.push_back({Severity::Error, at, "no such file", "", "file"});
    return std::nullopt;
  }
  std::optional<std::vector<std::string>> list(const std::string&, const SourcePosition&,
                                               Diagnostics&) override {
    return std::vector<std::string>{"a.conf", "a.bak", "b.conf", "b~"};
  }
  std::vector<std::string> glob(const std::string& pattern) override {
    if (pattern == "/d/*" || pattern == "/d/.") return {"/d/a.conf"};
    return {};
  }

 private:
  std::string text_;
};

bool has_text(SyslogActionKind kind, const SyslogAction& action) {
  switch (kind) {
    case SyslogActionKind::File:
    case SyslogActionKind::Terminal:
    case SyslogActionKind::Fifo:
      return action.path.starts_with('/');
    case SyslogActionKind::Users:
      return !action.users.empty();
    case SyslogActionKind::Forward:
      return !action.host.empty() && action.port != 0;
    case SyslogActionKind::Discard:
      return true;
  }
  return false;
}

void check(const ParsedSyslogConf& parsed, std::string_view text, std::string_view included) {
  const testing::TextLines own(text);
  const testing::TextLines other(included);
  for (const auto& diagnostic : parsed.diagnostics) {
    require(diagnostic.at.file != nullptr);
    require(testing::is_well_told(diagnostic, *diagnostic.at.file == "f" ? own : other));
  }
  require(parsed.rules.rules.size() <= kMostSyslogRules);
  for (const auto& rule : parsed.rules.rules) {
    require(rule.action < parsed.rules.actions.size());
    require(!rule.is_final || parsed.rules.actions[rule.action].kind == SyslogActionKind::Discard);
  }
  for (const auto& action : parsed.rules.actions) {
    require(has_text(action.kind, action));
    require(!action.place.empty());
  }
  SyslogSetup setup;
  setup.rules = parsed.rules;
  const auto read = parse_syslog_setup(print(setup));
  require(read.has_value() && *read == setup);
}

}  // namespace
}  // namespace uvinetd

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace uvinetd;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)parse_syslog_setup(text);
  std::string_view included;
  if (const auto end = text.find('\0'); end != std::string_view::npos) {
    included = text.substr(end + 1);
    text = text.substr(0, end);
  }
  OneFile includes(included);
  for (const auto dialect : {SyslogDialect::Linux, SyslogDialect::Bsd}) {
    check(parse_syslog_conf(text, "f", dialect, includes), text, included);
  }
  return 0;
}
