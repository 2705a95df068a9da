// SPDX-License-Identifier: ISC
#include "core/ctl/comment_placing.h"

#include <gtest/gtest.h>

#include "tests/pure/config/conf.h"

namespace uvinetd::testing {
namespace {

using Lines = std::vector<std::string>;

WrittenConfig written(const std::string& text, const std::string& more = "") {
  WrittenConfig out;
  for (const auto& file : {ConfigFile{"f", text}, ConfigFile{"g", more}}) {
    if (file.text.empty()) continue;
    NoIncludes no_includes;
    auto parsed =
        parse_inetd_conf(file.text, file.name, InetdConfOptions(), FixedNames(), no_includes);
    for (auto& spec : parsed.services) out.services.push_back(std::move(spec));
    for (auto& diagnostic : parsed.diagnostics) out.diagnostics.push_back(std::move(diagnostic));
    out.files.push_back(file);
  }
  return out;
}

const char* const kFtp = "ftp stream tcp nowait root /bin/x\n";
const char* const kEcho = "echo stream tcp nowait root internal\n";

TEST(CommentPlacing, GivesCommentsToTheServiceBelow) {
  const auto placed = place_comments(written(std::string("# a\n") + kFtp + "# b\n\n# c\n" + kEcho));
  EXPECT_EQ(placed.head, Lines{});
  EXPECT_EQ(placed.of_service.at("ftp/tcp"), Lines{"a"});
  EXPECT_EQ(placed.of_service.at("echo/tcp"), (Lines{"b", "c"}));
  EXPECT_EQ(placed.tail, Lines{});
}

TEST(CommentPlacing, KnowsTheHeadByTheBlankLineBelowIt) {
  const auto placed = place_comments(written(std::string("# a\n#\n\n# b\n") + kFtp + "# c\n"));
  EXPECT_EQ(placed.head, (Lines{"a", ""}));
  EXPECT_EQ(placed.of_service.at("ftp/tcp"), Lines{"b"});
  EXPECT_EQ(placed.tail, Lines{"c"});
}

TEST(CommentPlacing, OfOnlyCommentsMakesTheHead) {
  EXPECT_EQ(place_comments(written("# a\n# b")).head, (Lines{"a", "b"}));
}

TEST(CommentPlacing, OfAFileThatOnlyIncludesMakesTheHead) {
  const auto placed =
      place_comments(written("# a\n127.0.0.1:\n# b\n", std::string("# c\n") + kFtp));
  EXPECT_EQ(placed.head, (Lines{"a", "b"}));
  EXPECT_EQ(placed.of_service.at("ftp/tcp"), Lines{"c"});
}

TEST(CommentPlacing, LeavesIndentedOnesWithTheirService) {
  const auto placed = place_comments(written(std::string(kFtp) + "  # a\n" + kEcho));
  EXPECT_EQ(placed.of_service.at("ftp/tcp").front(), "a");
  EXPECT_FALSE(placed.of_service.contains("echo/tcp"));
}

TEST(CommentPlacing, GoesOnInEveryFile) {
  const auto placed = place_comments(written(kFtp, std::string("# a\n\n") + kEcho + "# b\n"));
  EXPECT_EQ(placed.head, Lines{});
  EXPECT_EQ(placed.of_service.at("echo/tcp"), Lines{"a"});
  EXPECT_EQ(placed.tail, Lines{"b"});
}

TEST(CommentPlacing, TellsAWarningAtItsService) {
  const auto placed =
      place_comments(written("ftp stream tcp nowait root/daemon /bin/x\n" + std::string(kEcho)));
  EXPECT_EQ(placed.of_service.at("ftp/tcp"),
            Lines{"warning: login classes do not exist here; \"daemon\" is ignored [login-class]"});
}

TEST(CommentPlacing, TellsWhatIsLeftOutAtTheHead) {
  const auto placed = place_comments(
      written(std::string(kFtp) + "echo strem tcp nowait root/x internal\n#@ policy\n"));
  ASSERT_EQ(placed.head.size(), 3U);
  EXPECT_TRUE(placed.head[0].starts_with("f:2:6: error: unknown socket type")) << placed.head[0];
  EXPECT_TRUE(placed.head[1].starts_with("f:2:28: warning: login class")) << placed.head[1];
  EXPECT_TRUE(placed.head[2].starts_with("f:3:1: warning: IPsec")) << placed.head[2];
  EXPECT_FALSE(placed.of_service.contains("ftp/tcp"));
}

}  // namespace
}  // namespace uvinetd::testing
