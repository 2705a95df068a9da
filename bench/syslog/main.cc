// SPDX-License-Identifier: ISC
// bench_syslog: how many messages a second a syslog service writes into its file, and how many it
// loses. Prints one object of JSON.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "bench/syslog/sender.h"
#include "bench/syslog/tally.h"
#include "core/base/clock.h"
#include "core/base/unique_fd.h"

namespace uvinetd::bench {
namespace {

constexpr std::chrono::milliseconds kLook{1};
constexpr std::uint64_t kRunNumbers = 1'000'000'000;

struct Options {
  std::string to;
  std::string file;
  SendPlan plan;
  double seconds = 0;  // with a rate: instead of a count
  unsigned quiet_ms = 1000;
};

int complain(int status, const std::string& text) {
  std::fprintf(stderr, "bench_syslog: %s\n", text.c_str());
  return status;
}

off_t size_of(int fd) {
  struct stat facts {};
  return fstat(fd, &facts) == 0 ? facts.st_size : -1;
}

// When the file has grown for the last time, as often as somebody looks.
class Growth {
 public:
  explicit Growth(int fd) : fd_(fd), size_(size_of(fd)), last_(monotonic_now()) {}

  void look() {
    const off_t size = size_of(fd_);
    if (size == size_) return;
    size_ = size;
    last_ = monotonic_now();
  }
  [[nodiscard]] std::chrono::nanoseconds last() const { return last_; }
  [[nodiscard]] std::chrono::nanoseconds quiet() const { return monotonic_now() - last_; }

 private:
  int fd_;
  off_t size_;
  std::chrono::nanoseconds last_;
};

double seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

// Returns when all is written, or nothing more has come for `patience`.
Status wait_for_lines(int fd, std::uint64_t sent, std::chrono::nanoseconds patience, Growth& growth,
                      SyslogTally& tally) {
  while (tally.received < sent && growth.quiet() < patience) {
    growth.look();
    if (growth.quiet() > patience / 10)
      if (auto read = tally.read(fd); !read) return read;
    std::this_thread::sleep_for(kLook);
  }
  return {};
}

int run(const Options& options) {
  const UniqueFd file(open(options.file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return complain(1, options.file + ": " + std::strerror(errno));
  SyslogTally tally(options.plan.first, options.plan.count);
  tally.skip_to(size_of(file.get()));
  const auto begin = monotonic_now();
  Growth growth(file.get());
  Senders senders(options.plan);
  while (!senders.is_done()) {
    growth.look();
    std::this_thread::sleep_for(kLook);
  }
  const auto end = monotonic_now();
  if (senders.code() != 0) return complain(1, options.to + ": " + std::strerror(senders.code()));
  const std::chrono::milliseconds patience(options.quiet_ms);
  if (auto read = wait_for_lines(file.get(), senders.sent(), patience, growth, tally); !read)
    return complain(1, options.file + ": " + read.error().text());
  const double taken = seconds(growth.last() - begin);
  const nlohmann::json report{
      {"sent", senders.sent()},
      {"received", tally.received},
      {"lost", senders.sent() - tally.received},
      {"twice", tally.twice},
      {"foreign", tally.foreign},
      {"seconds", taken},
      {"rate_per_second", taken > 0 ? static_cast<double>(tally.received) / taken : 0},
      {"offered_per_second", static_cast<double>(senders.sent()) / seconds(end - begin)}};
  std::printf("%s\n", report.dump().c_str());
  return 0;
}

int parse_and_run(int argc, char** argv) {
  Options options;
  CLI::App app("How many messages a second a syslog service writes into its file.");
  app.add_option("--to", options.to, "unix:PATH or udp:ADDRESS:PORT")->required();
  app.add_option("--file", options.file, "what the service writes")->required();
  app.add_option("--senders", options.plan.senders)->check(CLI::Range(1, 1000));
  auto* count = app.add_option("--count", options.plan.count)->check(CLI::Range(1, 1'000'000'000));
  auto* rate = app.add_option("--rate", options.plan.rate, "per second; default: unlimited");
  app.add_option("--seconds", options.seconds, "how long at this rate")
      ->needs(rate)
      ->excludes(count);
  app.add_option("--size", options.plan.size, "bytes of a message")->check(CLI::Range(64, 8192));
  app.add_option("--quiet-ms", options.quiet_ms, "how long to wait for lines that are missing");
  CLI11_PARSE(app, argc, argv);
  const auto to = parse_syslog_to(options.to);
  if (!to) return complain(2, options.to + ": neither unix:PATH nor udp:ADDRESS:PORT");
  options.plan.to = *to;
  if (options.plan.count == 0)
    options.plan.count =
        static_cast<std::uint64_t>(static_cast<double>(options.plan.rate) * options.seconds);
  if (options.plan.count == 0) return complain(2, "neither a count nor a rate and seconds");
  // What a run before this one has sent may still be on its way.
  options.plan.first = static_cast<std::uint64_t>(1 + getpid() % 999) * kRunNumbers;
  return run(options);
}

}  // namespace
}  // namespace uvinetd::bench

int main(int argc, char** argv) {
  return uvinetd::bench::parse_and_run(argc, argv);
}
