// SPDX-License-Identifier: ISC
// What the three languages have in common: what a front end gives back, and what it is given to
// look things up with. A front end is pure but for the files that it includes, and those it reads
// through an interface.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/diagnostic.h"
#include "core/config/load/config_file.h"
#include "core/config/service_spec.h"

namespace uvinetd {

// Where the names of services come from: /etc/services, or a fixed list in tests.
class ServiceNames {
 public:
  virtual ~ServiceNames() = default;
  // `protocol` is "tcp" or "udp". Aliases count. nullopt: unknown.
  [[nodiscard]] virtual std::optional<std::uint16_t> port_of(std::string_view name,
                                                             std::string_view protocol) const = 0;
  // All names there are, for "did you mean".
  [[nodiscard]] virtual std::vector<std::string> all() const = 0;
};

// Where files come from that a file includes: the disk, or a map in tests. Each failure is reported
// at `at`, the place of the directive.
class IncludeSource {
 public:
  virtual ~IncludeSource() = default;
  // The text of one file; nullopt: reported. Never hangs on a FIFO or a device.
  [[nodiscard]] virtual std::optional<ConfigFile> read(const std::string& path,
                                                       const SourcePosition& at,
                                                       Diagnostics& diagnostics) = 0;
  // The names of a directory's regular files (links are followed) in byte order, without "." and
  // "..", left-overs included; nullopt: reported.
  [[nodiscard]] virtual std::optional<std::vector<std::string>> list(const std::string& directory,
                                                                     const SourcePosition& at,
                                                                     Diagnostics& diagnostics) = 0;
  // The paths that match a pattern of glob(7), in byte order; none is no error.
  [[nodiscard]] virtual std::vector<std::string> glob(const std::string& pattern) = 0;
};

// For a text that is on its own: whatever it includes is not there.
class NoIncludes final : public IncludeSource {
 public:
  [[nodiscard]] std::optional<ConfigFile> read(const std::string& path, const SourcePosition& at,
                                               Diagnostics& diagnostics) override {
    diagnostics.push_back({Severity::Error, at, path + ": not available here", "", "file"});
    return std::nullopt;
  }
  [[nodiscard]] std::optional<std::vector<std::string>> list(const std::string&,
                                                             const SourcePosition&,
                                                             Diagnostics&) override {
    return std::vector<std::string>();
  }
  [[nodiscard]] std::vector<std::string> glob(const std::string&) override { return {}; }
};

// What is read after the file that names it, in its own language.
struct IncludedPath {
  std::string path;
  bool may_be_absent = false;
  SourcePosition at;
};

// [daemon] of a TOML file. What the command line says wins.
struct DaemonSettings {
  std::optional<std::string> user;
  std::optional<std::string> control;        // a path, or "none"
  std::optional<std::string> control_group;  // may change things there
  std::optional<std::string> control_read;   // "all", "group": who may look
  std::optional<std::string> log;
  std::optional<std::string> spawner;
  std::optional<std::string> log_format;     // "text", "json", "xinetd"
  std::optional<std::string> log_addresses;  // "full", "truncate", "hash"
  std::optional<std::string> stop;           // "leave", "drain": what becomes of running servers
  std::optional<std::string> drain_time;     // as parse_duration() has it

  friend bool operator==(const DaemonSettings&, const DaemonSettings&) = default;
};

struct ParsedConfig {
  std::vector<ServiceSpec> services;
  Diagnostics diagnostics;           // by file as they were met, then by place
  std::size_t services_written = 0;  // good and bad together
  std::vector<IncludedPath> includes;
  DaemonSettings daemon;
  std::vector<std::string> files;  // names of the files read, in the order in which they were met
};

// By file in the order of `files` (those that are not in it first), then by place.
void sort_by_place(Diagnostics& diagnostics, const std::vector<std::string>& files);

// Takes out of `services` those that want what an earlier one has; see claim_sockets().
void drop_duplicates(std::vector<ServiceSpec>& services, Diagnostics& diagnostics);

// Included files may include others this deep; a file that includes itself is an error at once.
inline constexpr std::size_t kDeepestInclude = 16;

}  // namespace uvinetd
