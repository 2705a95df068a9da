// SPDX-License-Identifier: ISC
// What clients are told and what is logged of them, from what is written: files are read, words
// become numbers.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/load/loader.h"

namespace uvinetd {

// One for all services of a configuration: a banner is read once.
class EndResolver {
 public:
  explicit EndResolver(Diagnostics& diagnostics) : out_(diagnostics) {}

  // Sets service.ends. False: something was reported as an error.
  bool resolve(LoadedService& service);

 private:
  struct Banner {
    std::string text;
    std::string problem;  // "": none
  };

  const Banner& read(const std::string& path);
  bool find_banner(const ServiceSpec& spec, std::string_view key, const std::string& path,
                   std::string& out);
  bool find_parts(const ServiceSpec& spec, std::string_view key,
                  const std::vector<std::string>& words, bool is_success, std::uint8_t& out);
  bool find_place(const ServiceSpec& spec, LogSettings& out);
  bool refuse(const ServiceSpec& spec, std::string_view key, const char* slug, std::string message,
              std::string hint = {});

  Diagnostics& out_;
  std::map<std::string, Banner> banners_;
  Rare<EndSettings> last_;
};

// "SYSLOG facility [level]" or "FILE path [soft [hard]]" as in xinetd.conf(5), sizes in bytes or
// with K, M or G. Pure. What is wrong with it is a sentence.
struct LogTypeProblem {
  std::string message;
  std::string hint;
};
[[nodiscard]] std::optional<LogTypeProblem> parse_log_type(std::string_view text, LogSettings& out);

}  // namespace uvinetd
