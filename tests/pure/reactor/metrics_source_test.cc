// SPDX-License-Identifier: ISC
#include "core/reactor/metrics/metrics_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "tests/pure/reactor/metrics_example.h"

namespace uvinetd {
namespace {

using namespace test;
using testing::HasSubstr;
using testing::Not;

std::string number(std::uint32_t key) {
  return "host-" + std::to_string(10'000 + key) + "/tcp";
}

// The family that a line belongs to: a histogram's is what its TYPE line says.
void expect_contiguous(const std::string& text) {
  std::set<std::string> seen;
  std::string family;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# HELP ")) {
      family = line.substr(7, line.find(' ', 7) - 7);
      EXPECT_TRUE(seen.insert(family).second) << family << " comes twice";
    } else if (!line.starts_with("# ")) {
      EXPECT_TRUE(line.starts_with(family)) << line;
    }
  }
}

TEST(MetricsSourceTest, TellsTheTotalAndEachService) {
  FakeView view;
  view.fill();
  const auto text = whole_text(view, false);
  for (const auto* line : {"uvinetd_services 3\n",
                           "uvinetd_running 1\n",
                           "uvinetd_accepted_total 1000\n",
                           "uvinetd_started_total 1000\n",
                           "uvinetd_answered_total 1\n",
                           "uvinetd_datagrams_total 7\n",
                           "uvinetd_pauses_total 1\n",
                           "uvinetd_refused_total{reason=\"access\"} 1\n",
                           "uvinetd_start_failures_total{step=\"setgroups\"} 1\n",
                           "uvinetd_exits_total{status=\"SIGKILL\"} 1\n",
                           "uvinetd_cpu_seconds_total 0.132346\n",
                           "uvinetd_max_rss_bytes 2097152\n",
                           "uvinetd_start_latency_seconds_count 1000\n",
                           "uvinetd_answer_latency_seconds_bucket{le=\"0.0001\"} 1\n",
                           "uvinetd_loop_longest_turn_seconds 0.001\n",
                           "uvinetd_role_open_fds{role=\"monitor\"} 40\n",
                           "uvinetd_role_restarts_total{role=\"launcher\"} 1\n",
                           "uvinetd_service_running{id=\"finger/tcp\"} 1\n",
                           "uvinetd_service_running{id=\"idle/tcp\"} 0\n",
                           "uvinetd_service_paused{id=\"finger/tcp\"} 1\n",
                           "uvinetd_service_accepted_total{id=\"finger/tcp\"} 1000\n",
                           "uvinetd_service_refused_total{id=\"finger/tcp\",reason=\"access\"} 1\n",
                           "uvinetd_service_exits_total{id=\"finger/tcp\",status=\"0\"} 1\n",
                           "uvinetd_service_queue_length{id=\"finger/tcp\"} 3\n",
                           "uvinetd_service_queue_limit{id=\"finger/tcp\"} 128\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  EXPECT_THAT(text, Not(HasSubstr("uvinetd_role_open_fds{role=\"launcher\"}")));
  EXPECT_THAT(text, Not(HasSubstr("uvinetd_service_accepted_total{id=\"idle/tcp\"}")));
  EXPECT_THAT(text, Not(HasSubstr("uvinetd_service_start_latency_seconds")));
  expect_contiguous(text);
}

TEST(MetricsSourceTest, HistogramsOfServicesAreForThoseWhoAsk) {
  FakeView view;
  view.fill();
  const auto text = whole_text(view, true);
  EXPECT_THAT(text,
              HasSubstr("uvinetd_service_start_latency_seconds_count{id=\"finger/tcp\"} 1000\n"));
  EXPECT_THAT(text, HasSubstr("uvinetd_service_answer_latency_seconds_bucket{id="));
  EXPECT_THAT(text, Not(HasSubstr("start_latency_seconds_count{id=\"idle/tcp\"}")));
  expect_contiguous(text);
}

TEST(MetricsSourceTest, TenThousandBusyServicesTakeLessThanFiveMegabytes) {
  FakeView view;
  for (std::uint32_t key = 1; key <= 10'000; ++key) view.add_busy(key, number(key)).queue.reset();
  const auto text = whole_text(view, false);
  EXPECT_LT(text.size(), 5'000'000U);
  EXPECT_THAT(text, HasSubstr("uvinetd_service_started_total{id=\"" + number(10'000) + "\"} 1000"));
  expect_contiguous(text);
}

TEST(MetricsSourceTest, NoPieceIsLongAndNoneTakesLong) {
  FakeView view;
  for (std::uint32_t key = 1; key <= 5'000; ++key) {
    if (key % 2 == 0) view.add_busy(key, number(key));
    view.services[key].id = number(key);
  }
  MetricsSource source(view, true);
  bool is_more = true;
  while (is_more) {
    std::string piece;
    view.looks = 0;
    is_more = source.next(piece);
    EXPECT_LE(piece.size(), TextSource::kPiece + 4'096);
    EXPECT_LE(view.looks, MetricsSource::kMostLooks);
  }
}

TEST(MetricsSourceTest, ServicesMayGoAndComeBetweenTwoPieces) {
  FakeView view;
  for (std::uint32_t key = 1; key <= 2'000; ++key) view.services[key].id = number(key);
  MetricsSource source(view, false);
  std::string text;
  ASSERT_TRUE(source.next(text));
  view.services.clear();
  view.services[1].id = "another/tcp";
  view.services[3'000].id = "new/tcp";
  while (source.next(text)) {
  }
  EXPECT_THAT(text, Not(HasSubstr(number(2'000))));
  EXPECT_THAT(text, Not(HasSubstr("new/tcp")));
  expect_contiguous(text);
}

}  // namespace
}  // namespace uvinetd
