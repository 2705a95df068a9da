// SPDX-License-Identifier: ISC
#include "core/ctl/convert.h"

#include <gtest/gtest.h>

#include "tests/pure/config/conf.h"

namespace uvinetd::testing {
namespace {

using Target = Command::Target;

WrittenConfig written(const std::string& text) {
  WrittenConfig out;
  auto parsed = parse(text);
  out.services = std::move(parsed.services);
  out.diagnostics = std::move(parsed.diagnostics);
  out.services_written = parsed.services_written;
  out.files.push_back({"f", text});
  return out;
}

Converted convert_to(Target target, const WrittenConfig& config) {
  return convert(config, target, Dialect::Debian, FixedNames());
}

TEST(Convert, IsCompleteWhenNothingIsLeftOut) {
  const auto config = written("# it\nftp stream tcp nowait root /bin/x\n");
  for (const auto target : {Target::Toml, Target::Inetd}) {
    const auto out = convert_to(target, config);
    EXPECT_TRUE(out.is_complete);
    EXPECT_TRUE(out.lost.empty());
    EXPECT_NE(out.text.find("# it\n"), std::string::npos) << out.text;
  }
}

TEST(Convert, IsNotCompleteWhenTheReaderLeftSomethingOut) {
  const auto config = written("ftp stream tcp nowait root /bin/x\necho strem tcp wait x y\n");
  for (const auto target : {Target::Toml, Target::Inetd}) {
    const auto out = convert_to(target, config);
    EXPECT_FALSE(out.is_complete);
    EXPECT_TRUE(out.lost.empty());
    EXPECT_TRUE(out.text.starts_with("# f:2:6: error: ")) << out.text;
  }
}

TEST(Convert, TellsThePlaceOfWhatTomlCannotHold) {
  const auto config = written(
      "ftp stream tcp nowait root /bin/x x \xff\n"
      "telnet stream tcp nowait root /bin/x\n"
      "smtp stream tcp nowait root /bin/x x \xfe\n");
  const auto out = convert_to(Target::Toml, config);
  EXPECT_FALSE(out.is_complete);
  EXPECT_EQ(places(out.lost), (std::vector<std::string>{"1:1 lost", "3:1 lost"}));
  EXPECT_TRUE(convert_to(Target::Inetd, config).is_complete);
}

TEST(Convert, TellsWhatAnInetdConfDoesNotSay) {
  auto config =
      written("ftp stream tcp nowait root /bin/x\ntelnet stream tcp nowait root /bin/x\n");
  config.services[0].more.edit().nice = 5;
  config.services[1].more.edit().deny = {"10.0.0.0/8"};
  const auto out = convert_to(Target::Inetd, config);
  EXPECT_EQ(texts(out.lost),
            (std::vector<std::string>{
                "f:1:1: warning: \"ftp/tcp\": not said in inetd.conf: nice [lost]",
                "f:2:1: error: \"telnet/tcp\": left out, since inetd.conf cannot say all of this: "
                "deny [lost]"}));
  EXPECT_FALSE(out.is_complete);
}

TEST(Convert, TellsThatTheDaemonsTableStaysBehind) {
  auto config = written("ftp stream tcp nowait root /bin/x\n");
  config.daemon.user = "x";
  for (const auto target : {Target::Toml, Target::Inetd}) {
    const auto out = convert_to(target, config);
    ASSERT_EQ(out.lost.size(), 1U);
    EXPECT_EQ(out.lost[0].text(),
              "f: warning: the table [daemon] is not carried over (copy it) [lost]");
    EXPECT_TRUE(out.is_complete);
    EXPECT_NE(out.text.find("[daemon]"), std::string::npos);
  }
}

}  // namespace
}  // namespace uvinetd::testing
