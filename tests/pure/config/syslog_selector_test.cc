// SPDX-License-Identifier: ISC
// Which messages a selector takes, in both dialects.
#include "core/config/syslog/syslog_selector.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "core/config/syslog/syslog_names.h"

namespace uvinetd {
namespace {

struct Read {
  std::optional<SyslogMask> mask;
  Diagnostics diagnostics;

  [[nodiscard]] std::string slugs() const {
    std::string out;
    for (const auto& each : diagnostics) out += (out.empty() ? "" : " ") + each.slug;
    return out;
  }
};

Read read(const std::string& text, SyslogDialect dialect = SyslogDialect::Linux) {
  Read out;
  Reporter report(nullptr, out.diagnostics);
  Field field;
  field.text = text;
  field.at = {1, 1};
  out.mask = read_syslog_selector(field, dialect, report);
  return out;
}

// "4567", "-": nothing.
std::string levels(const Read& read, std::size_t facility) {
  if (!read.mask) return "error";
  std::string out;
  for (unsigned i = 0; i < kSyslogSeverities; ++i) {
    if (((*read.mask)[facility] >> i & 1) != 0) out += static_cast<char>('0' + i);
  }
  return out.empty() ? "-" : out;
}

constexpr std::size_t kKern = 0;
constexpr std::size_t kUser = 1;
constexpr std::size_t kMail = 2;
constexpr std::size_t kLocal0 = 16;

struct Case {
  std::string text;
  std::size_t facility;
  std::string in_linux;
  std::string in_bsd;
};

TEST(SyslogSelector, TakesWhatTheDaemonsOfBothDialectsTake) {
  const std::vector<Case> cases{
      {"*.info;mail.none", kUser, "0123456", "0123456"},
      {"*.info;mail.none", kMail, "-", "-"},
      {"mail.none;mail.info", kMail, "0123456", "0123456"},
      {"kern.info;kern.!err", kKern, "456", "4567"},
      {"mail.*;mail.!=info", kMail, "0123457", "0123457"},
      {"*.=info;*.=notice;*.=warning", kUser, "456", "4"},
      {"mail.!err", kMail, "-", "4567"},
      {"mail.!=err", kMail, "-", "0124567"},
      {"*.!info", kUser, "-", "7"},
      {"*.crit;user.none;user.=debug", kUser, "7", "7"},
      {"*.crit;user.none;user.=debug", kMail, "012", "012"},
      {"mail.crit,*.err", kMail, "0123", "0123"},
      {"mail.crit,*.err", kKern, "0123", "0123"},
      {"MAIL.INFO", kMail, "0123456", "0123456"},
      {"128.5", kLocal0, "012345", "012345"},
      {"local0.<=err", kLocal0, "error", "34567"},
      {"local0.<err", kLocal0, "error", "4567"},
      {"local0.>err", kLocal0, "error", "012"},
      {"local0.!<err", kLocal0, "error", "0123"},
      {"local0.<>err", kLocal0, "error", "0124567"},
      {"mail,kern.=debug", kKern, "7", "7"},
      {"mail,kern.=debug", kUser, "-", "-"},
      {"mail.panic", kMail, "0", "0"},
      {"mail.error", kMail, "0123", "0123"},
      {"mail.warn", kMail, "01234", "01234"},
      {"mail.*;mail.none", kMail, "-", "-"},
      {"mail.!*", kMail, "-", "-"},
      {"*.info;", kUser, "0123456", "0123456"},
      {"mark.*", kMarkFacility, "01234567", "01234567"},
      {"*.*", kMarkFacility, "01234567", "-"},
      {"security.info", 4, "0123456", "-"},
      {"security.info", 13, "-", "0123456"},
      {"local7.=0", 23, "0", "0"},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(levels(read(each.text), each.facility), each.in_linux) << each.text;
    EXPECT_EQ(levels(read(each.text, SyslogDialect::Bsd), each.facility), each.in_bsd)
        << each.text << " of BSD";
  }
}

TEST(SyslogSelector, SaysWhereTheDialectsDiffer) {
  for (const auto* text : {"kern.info;kern.!err", "*.=info;*.=notice", "mail.!err", "mail.!=err",
                           "*.!info", "security.info"}) {
    for (const auto dialect : {SyslogDialect::Linux, SyslogDialect::Bsd}) {
      EXPECT_EQ(read(text, dialect).slugs(), "selector-dialect") << text;
    }
  }
  for (const auto* text : {"*.info;mail.none", "mail.none;mail.info", "mail.*;mail.!=info",
                           "*.crit;user.none;user.=debug", "*.*", "mark.info"}) {
    for (const auto dialect : {SyslogDialect::Linux, SyslogDialect::Bsd}) {
      EXPECT_EQ(read(text, dialect).slugs(), "") << text;
    }
  }
  EXPECT_EQ(read("local0.<=err", SyslogDialect::Bsd).slugs(), "");
  EXPECT_EQ(read("kern.info;kern.!err").diagnostics.at(0).text(),
            "command line:1:1: warning: of kern, Linux takes warning to info, FreeBSD warning to "
            "debug (this file is read as dialect = \"linux\") [selector-dialect]");
}

TEST(SyslogSelector, TellsWhatIsWrongAndWhere) {
  struct Wrong {
    std::string text, slug;
    int column;
    bool is_error = true;
  };
  const std::vector<Wrong> cases{
      {"mail", "selector", 1},
      {"mail.info;kern", "selector", 11},
      {";", "selector", 1},
      {"mial.info", "facility", 1},
      {"mail,.info", "facility", 6},
      {".info", "facility", 1},
      {"**.info", "facility", 1},
      {"129.info", "facility", 1},
      {"192.info", "facility", 1},
      {"99999999999.info", "facility", 1},
      {"mail.inof", "level", 6},
      {"mail.", "level", 6},
      {"mail.8", "level", 6},
      {"mail.==info", "level", 6},
      {"mail.=!info", "level", 6},
      {"mail.<=err", "level", 6},
      {"mail.!", "level", 7},
      {"8.info", "selector-number", 1, false},
      {"mail.info,kern.err", "selector-comma", 10, false},
      {"mail.none", "selector-empty", 1, false},
  };
  for (const auto& each : cases) {
    const auto found = read(each.text);
    ASSERT_EQ(found.slugs(), each.slug) << each.text;
    EXPECT_EQ(found.diagnostics[0].at.column, each.column) << each.text;
    EXPECT_EQ(found.mask.has_value(), !each.is_error) << each.text;
    EXPECT_EQ(found.diagnostics[0].severity, each.is_error ? Severity::Error : Severity::Warning);
  }
  EXPECT_NE(read("mial.info").diagnostics[0].hint.find("\"mail\""), std::string::npos);
  EXPECT_NE(read("mail.inof").diagnostics[0].hint.find("\"info\""), std::string::npos);
}

TEST(SyslogNames, OfSyslog3EachHasOneName) {
  EXPECT_EQ(plain_syslog_facility("ftp"), 11);
  EXPECT_EQ(plain_syslog_facility("LOCAL7"), 23);
  for (const char* other :
       {"ntp", "audit", "console", "cron2", "mark", "security", "solaris-cron", ""})
    EXPECT_EQ(plain_syslog_facility(other), std::nullopt) << other;
  EXPECT_EQ(plain_syslog_severity("emerg"), 0);
  EXPECT_EQ(plain_syslog_severity("Debug"), 7);
  for (const char* other : {"panic", "error", "warn", "none", ""})
    EXPECT_EQ(plain_syslog_severity(other), std::nullopt) << other;
}

}  // namespace
}  // namespace uvinetd
