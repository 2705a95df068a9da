// SPDX-License-Identifier: ISC
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/reactor/web/figures.h"
#include "core/reactor/web/markup.h"
#include "core/reactor/web/page_text.h"
#include "core/reactor/web/status_json.h"
#include "core/reactor/web/status_page.h"
#include "tests/pure/reactor/fake_web_content.h"

namespace uvinetd {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using Json = nlohmann::json;

constexpr std::string_view kTrap = "<script>\"&'\\\n\x1b\xff</script>";

// All of it; no piece is much longer than it should be.
std::string whole(std::unique_ptr<TextSource> source) {
  std::string out;
  while (true) {
    std::string piece;
    const bool is_last = !source->next(piece);
    EXPECT_LT(piece.size(), 3 * TextSource::kPiece);
    out += piece;
    if (is_last) return out;
  }
}

std::size_t count_of(std::string_view text, std::string_view word) {
  std::size_t out = 0;
  for (auto at = text.find(word); at != text.npos; at = text.find(word, at + 1)) ++out;
  return out;
}

TEST(Figures, HaveThePagesForms) {
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(1'234'567), "1\u202f234\u202f567");
  EXPECT_EQ(time_text(640), "640\u00a0\u00b5s");
  EXPECT_EQ(time_text(1'240), "1.2\u00a0ms");
  EXPECT_EQ(time_text(4'000), "4\u00a0ms");
  EXPECT_EQ(time_text(64'400), "64\u00a0ms");
  EXPECT_EQ(time_text(16'000'000), "16\u00a0s");
  EXPECT_EQ(age_text(119s), "119\u00a0s");
  EXPECT_EQ(age_text(120s), "2\u00a0min");
  EXPECT_EQ(age_text(3h), "3\u00a0h");
  EXPECT_EQ(age_text(50h), "2\u00a0d");
  EXPECT_EQ(utc_text(1'700'000'000, ' ', " UTC"), "2023-11-14 22:13:20 UTC");
}

TEST(Markup, IsNeverMadeOfText) {
  std::string html;
  append_html(html, kTrap);
  EXPECT_EQ(html, "&lt;script&gt;&quot;&amp;&#39;\\\\x0a\\x1b\\xff&lt;/script&gt;");
  std::string json;
  append_json(json, kTrap);
  EXPECT_EQ(Json::parse(json), "<script>\"&'\\\\x0a\\x1b\\xff</script>");
}

class WebPages : public testing::Test {
 protected:
  WebPages() {
    auto& ftp = content.add("ftp");
    ftp.status.addresses = {"tcp://0.0.0.0:21", "tcp://[::]:21", "tcp://10.0.0.1:21"};
    ftp.status.running = 2;
    ftp.counters.started = 12'345;
    ftp.counters.refused.add("access", 3);
    ftp.counters.refused.add("rate", 4);
    ftp.counters.failed.add("execve", 1);
    for (int i = 0; i < 100; ++i) ftp.counters.start_latency.add(700us);
    content.all = ftp.counters;
    content.add("idle");
    content.add("stopped").status.paused = "rate";
    content.running.push_back({"ftp", 4711, "192.0.2.1:5", 90s});
  }
  Json json() { return Json::parse(whole(status_json(content))); }
  std::string page(bool is_long = false) { return whole(status_page(content, is_long)); }

  test::FakeWebContent content;
};

TEST_F(WebPages, JsonHasTheTotalsAndEachService) {
  const auto all = json();
  EXPECT_EQ(all["schema"], 1);
  EXPECT_EQ(all["host"], "host.example");
  EXPECT_EQ(all["since"], "2023-11-14T22:13:20Z");
  EXPECT_EQ(all["running"], 1);
  EXPECT_EQ(all["paused"], 1);
  EXPECT_EQ(all["totals"]["started"], 12'345);
  EXPECT_EQ(all["totals"]["refused"], (Json{{"access", 3}, {"rate", 4}}));
  const auto& latency = all["totals"]["start_latency"];
  EXPECT_EQ(latency["count"], 100);
  EXPECT_EQ(latency["bounds_us"].size() + 1, latency["counts"].size());
  EXPECT_GT(latency["p99_us"], 600);
  ASSERT_EQ(all["services"].size(), 3);
  const auto& ftp = all["services"][0];
  EXPECT_EQ(ftp["id"], "ftp");
  EXPECT_EQ(ftp["addresses"].size(), 3);
  EXPECT_EQ(ftp["running"], 2);
  EXPECT_EQ(ftp["failed"], (Json{{"execve", 1}}));
  EXPECT_TRUE(ftp.contains("p50_us"));
  EXPECT_EQ(all["services"][1], (Json{{"id", "idle"}, {"addresses", Json::array()}}));
  EXPECT_EQ(all["services"][2]["paused"], "rate");
  const auto server =
      Json{{"service", "ftp"}, {"pid", 4711}, {"from", "192.0.2.1:5"}, {"age_seconds", 90}};
  EXPECT_EQ(all["servers"], Json::array({server}));
}

TEST_F(WebPages, JsonOfNothingIsJson) {
  content = {};
  const auto all = json();
  EXPECT_EQ(all["services"], Json::array());
  EXPECT_EQ(all["servers"], Json::array());
}

TEST_F(WebPages, AServiceThatIsGoneMeanwhileIsLeftOut) {
  content.services[0].is_gone = true;
  content.services[2].is_gone = true;
  EXPECT_EQ(json()["services"].size(), 1);
  EXPECT_EQ(count_of(page(), "class=\"badge"), 1);
}

TEST_F(WebPages, ThePageIsCompleteWithoutItsScript) {
  const auto text = page();
  EXPECT_THAT(text, HasSubstr("<h1>host.example</h1>"));
  EXPECT_THAT(text, HasSubstr("counting since <span id=\"since\">2023-11-14 22:13:20 UTC"));
  EXPECT_THAT(text, HasSubstr("<dd id=\"t-started\">12\u202f345</dd>"));
  EXPECT_THAT(text, HasSubstr("of <span id=\"t-services\">3</span> services"));
  EXPECT_THAT(text, HasSubstr("<tr><th scope=\"row\">rate</th><td class=\"number\">4</td></tr>\n"
                              "<tr><th scope=\"row\">access</th>"));
  EXPECT_THAT(text, HasSubstr("tcp://0.0.0.0:21, tcp://[::]:21 and 1 more"));
  EXPECT_THAT(text, HasSubstr("title=\"access 3, rate 4\">7</td>"));
  EXPECT_THAT(text, HasSubstr("<span class=\"badge paused\">paused: rate</span>"));
  EXPECT_THAT(text, HasSubstr("up to 800\u00a0\u00b5s: 100</title>"));
  EXPECT_THAT(text, HasSubstr("<td class=\"number\">4711</td><td>192.0.2.1:5</td>"));
  EXPECT_THAT(text, HasSubstr("90\u00a0s"));
  EXPECT_EQ(count_of(text, "class=\"column\""), Histogram::kBounds.size() + 1);
}

TEST_F(WebPages, EverySlotOfThePageIsFilledIn) {
  // Only the script has such marks of its own, and has none.
  EXPECT_EQ(page_script().find("{{"), std::string_view::npos);
  EXPECT_THAT(page(), Not(HasSubstr("{{")));
  EXPECT_THAT(page(), Not(HasSubstr("}}\n<")));
}

TEST_F(WebPages, ThePageLoadsNothingFromElsewhere) {
  for (const auto* word :
       {"http://", "https://", "src=", "@import", "url(", " style=", " onclick="}) {
    EXPECT_THAT(page(), Not(HasSubstr(word))) << word;
  }
  EXPECT_THAT(status_page_policy(), HasSubstr("default-src 'none'"));
}

TEST_F(WebPages, NothingThatIsToldBecomesMarkup) {
  content = {};
  content.name = kTrap;
  auto& one = content.add(std::string(kTrap));
  one.status.addresses = {std::string(kTrap)};
  one.status.paused = kTrap;
  one.counters.refused.add(kTrap);
  one.counters.failed.add(kTrap);
  content.all = one.counters;
  content.running.push_back({std::string(kTrap), 1, std::string(kTrap), 1s});
  EXPECT_EQ(count_of(page(), "<script"), 1);  // its own
  EXPECT_EQ(json()["services"][0]["refused"].size(), 1);
}

TEST_F(WebPages, OfManyServicesThePageShowsTheFirstAndAllWhenAsked) {
  content = {};
  for (int i = 0; i < 10'000; ++i) {
    content.add("service-" + std::to_string(i)).status.addresses = {"tcp://[::]:1"};
  }
  const auto few = page();
  EXPECT_EQ(count_of(few, "class=\"badge"), kMostRows);
  EXPECT_THAT(few, HasSubstr("200 of 10\u202f000 services. <a href=\"/?all\">"));
  const auto all = page(true);
  EXPECT_EQ(count_of(all, "class=\"badge"), 10'000);
  EXPECT_THAT(all, Not(HasSubstr("href=\"/?all\"")));
  const auto text = whole(status_json(content));
  EXPECT_EQ(Json::parse(text)["services"].size(), 10'000);
  EXPECT_LT(text.size(), 1'000'000);
}

TEST_F(WebPages, OnlySoManyServersAreListed) {
  for (int i = 0; i < 5'000; ++i) content.running.push_back({"ftp", i, "-", 1s});
  EXPECT_EQ(json()["servers"].size(), kMostServersTold);
  EXPECT_THAT(page(), HasSubstr("200 of 5\u202f001 servers"));
}

}  // namespace
}  // namespace uvinetd
