// SPDX-License-Identifier: ISC
#include "core/syslogd/message_time.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <optional>

#include "core/base/calendar.h"
#include "core/syslogd/octets.h"

namespace uvinetd {
namespace {

constexpr std::array<int, 12> kMostDays{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
constexpr std::time_t kMostAhead = 7 * 24 * 3600;
constexpr std::size_t kSecondsSize = 19;  // octets of "2026-11-26T20:41:21"
constexpr std::size_t kMostFraction = 9;
constexpr std::size_t kWrittenFraction = 6;

// Two digits; 100 for anything else, which is past every limit.
int two_digits(std::string_view text, std::size_t at) {
  if (!is_digit(text[at]) || !is_digit(text[at + 1])) return 100;
  return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

// "20:41:21"
bool is_clock(std::string_view text, std::size_t at) {
  return text[at + 2] == ':' && text[at + 5] == ':' && two_digits(text, at) < 24 &&
         two_digits(text, at + 3) < 60 && two_digits(text, at + 6) < 60;
}

// From 0; 12: none.
std::size_t month_of(std::string_view text) {
  for (std::size_t month = 0; month < 12; ++month) {
    if (text.substr(0, 3) == kMonths.substr(month * 3, 3)) return month;
  }
  return 12;
}

int day_of(std::string_view text) {
  if (text[4] != ' ') return two_digits(text, 4);
  return is_digit(text[5]) ? text[5] - '0' : 100;
}

bool is_leap(int year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int days_of(std::size_t month, int year) {
  return month == 1 && !is_leap(year) ? 28 : kMostDays.at(month);
}

bool is_rfc3339_day(std::string_view text) {
  const int century = two_digits(text, 0);
  const int years = two_digits(text, 2);
  const int month = two_digits(text, 5);
  if (century == 100 || years == 100 || month < 1 || month > 12) return false;
  const int day = two_digits(text, 8);
  return text[4] == '-' && text[7] == '-' && day >= 1 &&
         day <= days_of(static_cast<std::size_t>(month - 1), century * 100 + years);
}

// Octets of ".123456" at `at`, none being right too; nullopt: a point with nothing behind it, or
// with too much.
std::optional<std::size_t> fraction_size(std::string_view text, std::size_t at) {
  if (at == text.size() || text[at] != '.') return 0;
  std::size_t digits = 0;
  while (at + 1 + digits < text.size() && is_digit(text[at + 1 + digits])) ++digits;
  if (digits == 0 || digits > kMostFraction) return std::nullopt;
  return digits + 1;
}

bool ends_at(std::string_view text, std::size_t at) {
  return at == text.size() || text[at] == ' ';
}

// Octets of "2026-11-26T20:41:21.5" that `text` begins with; 0: none.
std::size_t local_part_size(std::string_view text) {
  if (text.size() < kSecondsSize || text[10] != 'T') return 0;
  if (!is_rfc3339_day(text) || !is_clock(text, 11)) return 0;
  const auto fraction = fraction_size(text, kSecondsSize);
  return fraction ? kSecondsSize + *fraction : 0;
}

bool has_offset(std::string_view time) {
  const auto sign = time[time.size() - 6];
  return time.back() == 'Z' || sign == '+' || sign == '-';
}

// Octets of "Z" or "+01:00" at `at`; 0: neither.
std::size_t offset_size(std::string_view text, std::size_t at) {
  if (at == text.size()) return 0;
  if (text[at] == 'Z') return 1;
  if ((text[at] != '+' && text[at] != '-') || text.size() - at < 6) return 0;
  const bool is_offset =
      text[at + 3] == ':' && two_digits(text, at + 1) < 24 && two_digits(text, at + 4) < 60;
  return is_offset ? 6 : 0;
}

// A second of local time. Computing it costs more than all else that is done with a message, and
// messages that come together have the same.
struct LocalSecond {
  bool is_known = false;
  std::time_t when = 0;
  std::tm at{};
  std::array<char, kStampSize> stamp{};
};

char* put_two_digits(int value, char* out) {
  *out++ = static_cast<char>('0' + value / 10 % 10);
  *out++ = static_cast<char>('0' + value % 10);
  return out;
}

void compute(std::time_t when, LocalSecond& out) {
  out.is_known = true;
  out.when = when;
  if (localtime_r(&when, &out.at) == nullptr) {  // a year past int
    out.at = std::tm{};
    out.at.tm_mday = 1;
  }
  char* end = std::copy_n(kMonths.data() + std::ptrdiff_t{3} * out.at.tm_mon, 3, out.stamp.data());
  *end++ = ' ';
  end = put_two_digits(out.at.tm_mday, end);
  if (out.at.tm_mday < 10) end[-2] = ' ';
  *end++ = ' ';
  end = put_two_digits(out.at.tm_hour, end);
  *end++ = ':';
  end = put_two_digits(out.at.tm_min, end);
  *end++ = ':';
  put_two_digits(out.at.tm_sec, end);
}

const LocalSecond& local_second(std::time_t when) {
  thread_local std::array<LocalSecond, 4> kept;
  auto& second = kept[static_cast<std::size_t>(when) % kept.size()];
  if (!second.is_known || second.when != when) compute(when, second);
  return second;
}

// With `separator` behind them, if it is not 0.
void append_two_digits(int value, char separator, std::string& out) {
  std::array<char, 3> octets{};
  char* end = put_two_digits(value, octets.data());
  if (separator != 0) *end++ = separator;
  out.append(octets.data(), end);
}

void append_local(const std::tm& at, std::string_view fraction, std::string& out) {
  const int offset = static_cast<int>(std::abs(at.tm_gmtoff) / 60);  // minutes
  const int year = static_cast<int>(std::clamp(1900L + at.tm_year, 0L, 9999L));
  append_two_digits(year / 100, 0, out);
  append_two_digits(year, '-', out);
  append_two_digits(at.tm_mon + 1, '-', out);
  append_two_digits(at.tm_mday, 'T', out);
  append_two_digits(at.tm_hour, ':', out);
  append_two_digits(at.tm_min, ':', out);
  append_two_digits(std::min(at.tm_sec, 59), 0, out);  // RFC 5424 has no leap seconds
  out += fraction;
  out += at.tm_gmtoff < 0 ? '-' : '+';
  append_two_digits(offset / 60, ':', out);
  append_two_digits(offset % 60, 0, out);
}

// Of a time without an offset. What does not exist, or twice, is as mktime(3) has it.
std::tm local_tm(std::string_view time) {
  std::tm at{};
  at.tm_year = two_digits(time, 0) * 100 + two_digits(time, 2) - 1900;
  at.tm_mon = two_digits(time, 5) - 1;
  at.tm_mday = two_digits(time, 8);
  at.tm_hour = two_digits(time, 11);
  at.tm_min = two_digits(time, 14);
  at.tm_sec = two_digits(time, 17);
  at.tm_isdst = -1;
  (void)std::mktime(&at);
  return at;
}

std::time_t seconds_of_stamp(std::string_view stamp, std::time_t arrival) {
  std::tm at{};
  const auto month = month_of(stamp);
  int year = local_second(arrival + kMostAhead).at.tm_year;
  for (int tries = 0; tries < 10; ++tries, --year) {  // leap years are eight apart at most
    if (day_of(stamp) > days_of(month, 1900 + year)) continue;
    at = std::tm{};
    at.tm_year = year;
    at.tm_mon = static_cast<int>(month);
    at.tm_mday = day_of(stamp);
    at.tm_hour = two_digits(stamp, 7);
    at.tm_min = two_digits(stamp, 10);
    at.tm_sec = two_digits(stamp, 13);
    at.tm_isdst = -1;
    const auto when = std::mktime(&at);
    if (when <= arrival + kMostAhead) return when;
  }
  return arrival;
}

}  // namespace

std::size_t rfc3164_time_size(std::string_view text) {
  if (text.size() < kStampSize || text[3] != ' ' || text[6] != ' ') return 0;
  if (!ends_at(text, kStampSize)) return 0;
  const auto month = month_of(text);
  if (month == 12 || day_of(text) < 1 || day_of(text) > kMostDays.at(month)) return 0;
  return is_clock(text, 7) ? kStampSize : 0;
}

std::size_t rfc3339_time_size(std::string_view text) {
  const auto local = local_part_size(text);
  const auto offset = local == 0 ? 0 : offset_size(text, local);
  return offset != 0 && ends_at(text, local + offset) ? local + offset : 0;
}

std::size_t offsetless_time_size(std::string_view text) {
  const auto size = local_part_size(text);
  return size != 0 && ends_at(text, size) ? size : 0;
}

std::time_t rfc3339_seconds(std::string_view time) {
  using namespace std::chrono;
  const auto day = year(two_digits(time, 0) * 100 + two_digits(time, 2)) /
                   month(static_cast<unsigned>(two_digits(time, 5))) /
                   std::chrono::day(static_cast<unsigned>(two_digits(time, 8)));
  auto out = sys_seconds(sys_days(day)).time_since_epoch() + hours(two_digits(time, 11)) +
             minutes(two_digits(time, 14)) + seconds(two_digits(time, 17));
  if (time.back() != 'Z') {
    const auto sign = time.size() - 6;
    const auto offset = hours(two_digits(time, sign + 1)) + minutes(two_digits(time, sign + 4));
    out += time[sign] == '-' ? offset : -offset;
  }
  return static_cast<std::time_t>(out.count());
}

void append_rfc3339_time(std::string_view time, std::string& out) {
  if (!has_offset(time)) {
    const auto fraction = time.substr(kSecondsSize);
    append_local(local_tm(time), fraction.substr(0, kWrittenFraction + 1), out);
    return;
  }
  const auto end = time.size() - (time.back() == 'Z' ? 1 : 6);  // of the fraction
  out += time.substr(0, std::min(end, kSecondsSize + 1 + kWrittenFraction));
  out += time.substr(end);
}

void make_stamp(std::time_t when, std::string& out) {
  const auto& stamp = local_second(when).stamp;
  out.assign(stamp.data(), stamp.size());
}

void make_stamp_of_time(std::string_view time, std::string& out) {
  if (time.size() == kStampSize) {
    out = time;
  } else if (has_offset(time)) {
    make_stamp(rfc3339_seconds(time), out);
  } else {
    const auto month = static_cast<std::size_t>(two_digits(time, 5) - 1);
    out = kMonths.substr(month * 3, 3);
    out += ' ';
    out += time[8] == '0' ? ' ' : time[8];
    out += time[9];
    out += ' ';
    out += time.substr(11, 8);
  }
}

void append_rfc3339(const std::timespec& when, std::string& out) {
  std::array<char, kWrittenFraction + 1> fraction{'.'};
  auto microseconds = static_cast<int>(when.tv_nsec / 1000 % 1'000'000);
  for (auto at = kWrittenFraction; at > 0; at -= 2, microseconds /= 100) {
    put_two_digits(microseconds, &fraction.at(at - 1));
  }
  append_local(local_second(when.tv_sec).at, {fraction.data(), fraction.size()}, out);
}

void append_rfc3339_of_stamp(std::string_view stamp, std::time_t arrival, std::string& out) {
  const auto& now = local_second(arrival);
  if (stamp == std::string_view(now.stamp.data(), now.stamp.size())) {
    append_local(now.at, "", out);
    return;
  }
  // mktime(3) takes its time too.
  thread_local std::string last;
  thread_local std::time_t last_arrival = 0;
  thread_local std::time_t last_seconds = 0;
  if (last != stamp || last_arrival != arrival) {
    last_seconds = seconds_of_stamp(stamp, arrival);
    last_arrival = arrival;
    last = stamp;
  }
  append_local(local_second(last_seconds).at, "", out);
}

}  // namespace uvinetd
