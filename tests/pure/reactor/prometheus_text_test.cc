// SPDX-License-Identifier: ISC
#include "core/reactor/metrics/prometheus_text.h"

#include <gtest/gtest.h>

namespace uvinetd {
namespace {

using namespace std::chrono_literals;

std::string sample(MetricLabels labels, auto value) {
  std::string out;
  print_sample(out, "m", labels, value);
  return out;
}

TEST(PrometheusTextTest, AFamilyHasItsHelpAndType) {
  std::string out;
  print_family(out, {"m_total", "A \\ and\na line.", MetricType::Counter});
  EXPECT_EQ(out, "# HELP m_total A \\\\ and\\na line.\n# TYPE m_total counter\n");
}

TEST(PrometheusTextTest, ASampleHasItsLabels) {
  EXPECT_EQ(sample({}, std::uint64_t{7}), "m 7\n");
  EXPECT_EQ(sample({{"id", "a/tcp"}, {"b", ""}}, ~0ULL),
            "m{id=\"a/tcp\",b=\"\"} 18446744073709551615\n");
}

TEST(PrometheusTextTest, ALabelsValueMayBeAnything) {
  EXPECT_EQ(sample({{"id", "a\"b\\c"}}, std::uint64_t{1}), "m{id=\"a\\\"b\\\\c\"} 1\n");
  EXPECT_EQ(sample({{"id", "a\nb\xff"}}, std::uint64_t{1}), "m{id=\"a\\\\x0ab\\\\xff\"} 1\n");
  EXPECT_LT(sample({{"id", std::string(10'000, 'x')}}, std::uint64_t{1}).size(), 300U);
}

TEST(PrometheusTextTest, TimesAreSeconds) {
  EXPECT_EQ(sample({}, 0ns), "m 0\n");
  EXPECT_EQ(sample({}, 3s), "m 3\n");
  EXPECT_EQ(sample({}, 1'500us), "m 0.0015\n");
  EXPECT_EQ(sample({}, 10'000'000'001ns), "m 10.000000001\n");
  EXPECT_EQ(sample({}, -1s), "m 0\n");
}

TEST(PrometheusTextTest, BucketsHaveWhatIsBelowThem) {
  Histogram times;
  times.add(10us);
  times.add(10us);
  times.add(150us);
  times.add(20s);
  std::string out;
  print_histogram(out, "m", {{"id", "a"}}, times);
  EXPECT_TRUE(
      out.starts_with("m_bucket{id=\"a\",le=\"0.00005\"} 2\n"
                      "m_bucket{id=\"a\",le=\"0.0001\"} 2\n"
                      "m_bucket{id=\"a\",le=\"0.0002\"} 3\n"))
      << out;
  EXPECT_TRUE(
      out.ends_with("m_bucket{id=\"a\",le=\"16\"} 3\n"
                    "m_bucket{id=\"a\",le=\"+Inf\"} 4\n"
                    "m_sum{id=\"a\"} 20.00017\n"
                    "m_count{id=\"a\"} 4\n"))
      << out;
  out.clear();
  print_histogram(out, "m", {}, times);
  EXPECT_TRUE(out.starts_with("m_bucket{le=\"0.00005\"} 2\n")) << out;
}

}  // namespace
}  // namespace uvinetd
