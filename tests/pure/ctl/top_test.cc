// SPDX-License-Identifier: ISC
// What `top` shows and what its keys do.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/ctl/live/human.h"
#include "core/ctl/top/top_frame.h"

namespace uvinetd {
namespace {

using std::chrono::seconds;

constexpr std::size_t kPage = 3;

ServiceView service(std::string id, std::int64_t started, Counts refused = {}) {
  ServiceView out;
  out.id = std::move(id);
  out.state = "open";
  out.started = started;
  out.refused = std::move(refused);
  return out;
}

TopSnapshot snapshot(int at, std::vector<ServiceView> services) {
  return {std::chrono::steady_clock::time_point(seconds(at)), "uvinetd 1.0  pid 7",
          std::move(services)};
}

std::vector<std::string> ids(const TopModel& model) {
  std::vector<std::string> out;
  for (const auto& row : model.rows()) out.push_back(row.service.id);
  return out;
}

void type(TopModel& model, std::string_view text) {
  for (const char c : text) EXPECT_TRUE(model.on_key(TopKey::Character, c, kPage));
}

std::string text_of(const TopLine& line) {
  std::string out;
  for (const auto& span : line) out += span.text;
  return out;
}

using Ids = std::vector<std::string>;

TEST(Rates, AreGrowthOverTime) {
  auto before = service("a", 10, {{"rate", 4}});
  auto now = service("a", 30, {{"rate", 6}, {"access", 8}});
  before.cpu_usec = 1'000'000;
  now.cpu_usec = 3'000'000;
  const auto rates = rates_between(before, now, 4);
  EXPECT_DOUBLE_EQ(rates.starts, 5);
  EXPECT_DOUBLE_EQ(rates.refusals, 2.5);
  EXPECT_DOUBLE_EQ(rates.load, 0.5);
  ASSERT_EQ(rates.by_reason.size(), 2U);
  EXPECT_EQ(rates.by_reason[0].first, "access");
}

TEST(Rates, OfCountsThatBeganAnewAreNeverNegative) {
  const auto rates = rates_between(service("a", 1'000, {{"rate", 9}}), service("a", 4), 2);
  EXPECT_DOUBLE_EQ(rates.starts, 2);
  EXPECT_DOUBLE_EQ(rates.refusals, 0);
  EXPECT_DOUBLE_EQ(rates_between(service("a", 0), service("a", 4), 0).starts, 0);
}

TEST(TopModel, HasNoRatesBeforeTheSecondLook) {
  TopModel model{LiveOptions()};
  model.take(snapshot(1, {service("a", 1'000)}));
  EXPECT_FALSE(model.has_rates());
  model.take(snapshot(3, {service("a", 1'010), service("new", 4)}));
  EXPECT_TRUE(model.has_rates());
  EXPECT_DOUBLE_EQ(model.totals().rates.starts, 7);  // one that is new began at 0
}

TEST(TopModel, SortsByStartsAndThenById) {
  TopModel model{LiveOptions()};
  model.take(snapshot(1, {service("c", 0), service("b", 0), service("a", 0)}));
  EXPECT_EQ(ids(model), (Ids{"a", "b", "c"}));
  model.take(snapshot(2, {service("c", 5), service("b", 9), service("a", 5)}));
  EXPECT_EQ(ids(model), (Ids{"b", "a", "c"}));
  type(model, "r");
  EXPECT_EQ(ids(model), (Ids{"a", "c", "b"}));
  type(model, "i");
  EXPECT_EQ(ids(model), (Ids{"a", "b", "c"}));
  type(model, "i");
  EXPECT_EQ(ids(model), (Ids{"c", "b", "a"}));
}

TEST(TopModel, GoesRoundTheColumns) {
  TopModel model{LiveOptions()};
  const auto* begin = &model.sort();
  const auto count = columns_of(ColumnPlace::Top).size();
  for (std::size_t i = 0; i < count; ++i) type(model, ">");
  EXPECT_EQ(&model.sort(), begin);
  type(model, "<");
  EXPECT_EQ(model.sort().name, "state");
}

TEST(TopModel, FiltersWhileItIsTyped) {
  TopModel model{LiveOptions()};
  model.take(snapshot(1, {service("ftp/tcp", 0), service("tftp/udp", 0), service("q", 0)}));
  type(model, "/FTPq");
  EXPECT_TRUE(model.is_typing());
  EXPECT_TRUE(model.rows().empty());
  model.on_key(TopKey::Backspace, 0, kPage);
  EXPECT_EQ(ids(model), (Ids{"ftp/tcp", "tftp/udp"}));
  EXPECT_EQ(model.totals().services, 3U);
  model.on_key(TopKey::Enter, 0, kPage);
  EXPECT_FALSE(model.is_typing());
  EXPECT_EQ(model.rows().size(), 2U);
  type(model, "/");
  model.on_key(TopKey::Escape, 0, kPage);
  EXPECT_EQ(model.rows().size(), 3U);
}

TEST(TopModel, TakesWholeCharactersBackFromTheFilter) {
  TopModel model{LiveOptions()};
  type(model, "/a日");
  model.on_key(TopKey::Backspace, 0, kPage);
  EXPECT_EQ(model.filter(), "a");
  model.on_key(TopKey::Character, '\x01', kPage);
  EXPECT_EQ(model.filter(), "a");
}

TEST(TopModel, ShowsWhatCameDuringAPauseAtItsEnd) {
  TopModel model{LiveOptions()};
  model.take(snapshot(1, {service("a", 0)}));
  type(model, " ");
  model.take(snapshot(2, {service("a", 0), service("b", 0)}));
  model.take(snapshot(5, {service("a", 8), service("b", 0)}));
  EXPECT_EQ(ids(model), (Ids{"a"}));
  type(model, " ");
  EXPECT_EQ(ids(model), (Ids{"a", "b"}));
  EXPECT_DOUBLE_EQ(model.totals().rates.starts, 2);
}

TEST(TopModel, ScrollsWithinItsRows) {
  TopModel model{LiveOptions()};
  std::vector<ServiceView> services;
  for (const char c : std::string("abcdefgh")) services.push_back(service(std::string(1, c), 0));
  model.take(snapshot(1, services));
  model.on_key(TopKey::Up, 0, kPage);
  EXPECT_EQ(model.first(kPage), 0U);
  model.on_key(TopKey::PageDown, 0, kPage);
  model.on_key(TopKey::Down, 0, kPage);
  EXPECT_EQ(model.first(kPage), 4U);
  model.on_key(TopKey::End, 0, kPage);
  EXPECT_EQ(model.first(kPage), 5U);
  model.on_key(TopKey::Up, 0, kPage);
  EXPECT_EQ(model.first(kPage), 4U);
  model.take(snapshot(2, {service("a", 0)}));
  EXPECT_EQ(model.first(kPage), 0U);
}

TEST(TopModel, QuitsOnlyWhereNothingIsTyped) {
  TopModel model{LiveOptions()};
  type(model, "/q");
  EXPECT_EQ(model.filter(), "q");
  model.on_key(TopKey::Escape, 0, kPage);
  EXPECT_FALSE(model.on_key(TopKey::Character, 'q', kPage));
}

TEST(TopModel, TellsOfTheDaemonWhatItKnows) {
  const nlohmann::json status{
      {"version", "1.2"}, {"pid", 7}, {"uptime_ms", 192'000}, {"accepting", false}};
  EXPECT_EQ(daemon_line(status), "uvinetd 1.2  pid 7  up 3m12s  not accepting");
  EXPECT_EQ(daemon_line({{"version", 5}}), "uvinetd");
}

TEST(TopFrame, FitsEveryScreen) {
  LiveOptions options;
  options.filter = "a";
  TopModel model(options);
  std::vector<ServiceView> services;
  for (int i = 0; i < 100; ++i) {
    auto one = service("a" + std::string(static_cast<std::size_t>(i), 'x') + "日本", i,
                       {{"source-instances", i}});
    one.reason = "rate";
    one.p99_usec = 1'234'567;
    services.push_back(one);
  }
  model.take(snapshot(1, {}));
  model.take(snapshot(2, services));
  for (const bool has_help : {false, true}) {
    for (std::size_t lines = 0; lines < 60; ++lines) {
      for (const std::size_t columns : {0U, 1U, 2U, 13U, 40U, 79U, 80U, 81U, 132U, 300U}) {
        const auto frame = top_frame(model, {lines, columns});
        EXPECT_LE(frame.size(), lines);
        for (const auto& line : frame) EXPECT_LE(display_width(text_of(line)), columns);
      }
    }
    if (!has_help) type(model, "h");
  }
}

TEST(TopFrame, HasEveryColumnAtEightyByTwentyFour) {
  TopModel model{LiveOptions()};
  auto one = service("finger/tcp", 0);
  one.running = 12;
  one.limit = 40;
  one.queue = 0;
  one.p50_usec = 163;
  one.p99_usec = 1'234;
  model.take(snapshot(1, {one}));
  one.started = 10;
  one.refused = {{"rate", 4}};
  one.cpu_usec = 1'000'000;
  model.take(snapshot(3, {one}));
  const auto frame = top_frame(model, {24, 80});
  ASSERT_EQ(frame.size(), 24U);
  EXPECT_EQ(text_of(frame[0]), "uvinetd 1.0  pid 7" + std::string(54, ' ') + "1-1 of 1");
  EXPECT_EQ(text_of(frame[1]), "services 1  running 12  queue 0  CPU% 50");
  EXPECT_EQ(text_of(frame[2]), "starts/s 5.0  refused/s 2.0: rate 2.0");
  const auto titles = text_of(frame[4]);
  for (const auto* column : columns_of(ColumnPlace::Top)) {
    EXPECT_NE(titles.find(column->title), std::string::npos) << column->title;
  }
  const auto row = text_of(frame[5]);
  for (const char* text : {"finger/tcp", "open", "5.0", "12/40", "rate", "163µs", "1.2ms"}) {
    EXPECT_NE(row.find(text), std::string::npos) << row << ": " << text;
  }
  EXPECT_TRUE(text_of(frame[23]).starts_with("q quit  h help"));
}

TEST(TopFrame, KeepsNamesAndStartsWhereItIsNarrow) {
  const auto widths = top_widths({}, 30);
  const auto table = columns_of(ColumnPlace::Top);
  for (std::size_t i = 0; i < table.size(); ++i) {
    const bool is_kept =
        table[i]->name == "id" || table[i]->name == "starts" || table[i]->name == "running";
    EXPECT_EQ(widths[i] > 0, is_kept) << table[i]->name;
  }
}

TEST(TopFrame, SaysWhatIsWrongBeforeAnythingElse) {
  TopModel model{LiveOptions()};
  EXPECT_EQ(text_of(top_frame(model, {24, 80})[3]), "asking the daemon ...");
  model.set_trouble("no daemon");
  type(model, " ");
  EXPECT_EQ(text_of(top_frame(model, {24, 80})[3]), "no daemon");
  model.set_trouble("");
  EXPECT_EQ(text_of(top_frame(model, {24, 80})[3]).find("display paused"), 0U);
}

}  // namespace
}  // namespace uvinetd
