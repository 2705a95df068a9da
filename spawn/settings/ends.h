// SPDX-License-Identifier: ISC
// What clients are told and what is logged of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/base/codec.h"

namespace uvinetd {

inline constexpr std::size_t kLargestBanner = 65'536;  // bytes

// Parts of the lines about a client and its server.
namespace log_part {
inline constexpr std::uint8_t kPid = 1;
inline constexpr std::uint8_t kHost = 2;
inline constexpr std::uint8_t kExit = 4;
inline constexpr std::uint8_t kDuration = 8;
inline constexpr std::uint8_t kTraffic = 16;
inline constexpr std::uint8_t kAttempt = 32;
inline constexpr std::uint8_t kAll = 63;
}  // namespace log_part

enum class LogPlace : std::uint8_t { Daemon, Syslog, File };
enum class LogChoice : std::uint8_t { Default, No, Yes };  // Default: the command line's

struct LogSettings {
  LogPlace place = LogPlace::Daemon;
  std::uint8_t facility = 0;                   // Syslog: as syslog(3) numbers them, from 0 to 23
  std::uint8_t level = 0;                      // Syslog: of every line
  std::string file;                            // File: absolute
  std::uint64_t soft = 0;                      // File: bytes at which a warning is given; 0: none
  std::uint64_t hard = 0;                      // File: bytes at which writing stops; 0: none
  LogChoice connections = LogChoice::Default;  // starts and exits
  std::uint8_t on_success = 0;                 // parts of their lines; 0: all
  std::uint8_t on_failure = 0;                 // the same of refusals

  friend bool operator==(const LogSettings&, const LogSettings&) = default;
};

struct EndSettings {
  // Texts, kLargestBanner at most.
  std::string banner;          // for everybody who comes
  std::string banner_success;  // for those who are let in
  std::string banner_fail;     // for the others
  bool lingers = false;        // reads what clients still send before their connection is closed
  LogSettings log;

  friend bool operator==(const EndSettings&, const EndSettings&) = default;
};

void put(Writer& out, const EndSettings& settings);
void get(Reader& in, EndSettings& out);

}  // namespace uvinetd
