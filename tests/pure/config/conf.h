// SPDX-License-Identifier: ISC
// Parsing short texts against a fixed services database.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/config/inetd/inetd_conf.h"

namespace uvinetd::testing {

class FixedNames : public ServiceNames {
 public:
  [[nodiscard]] std::optional<std::uint16_t> port_of(std::string_view name,
                                                     std::string_view protocol) const override {
    const auto found = ports_.find({std::string(name), std::string(protocol)});
    if (found == ports_.end()) return std::nullopt;
    return found->second;
  }
  [[nodiscard]] std::vector<std::string> all() const override {
    std::vector<std::string> names;
    for (const auto& [key, port] : ports_) names.push_back(key.first);
    return names;
  }

 private:
  std::map<std::pair<std::string, std::string>, std::uint16_t> ports_{
      {{"echo", "tcp"}, 7},     {{"echo", "udp"}, 7},     {{"discard", "tcp"}, 9},
      {{"discard", "udp"}, 9},  {{"sink", "tcp"}, 9},     {{"daytime", "tcp"}, 13},
      {{"daytime", "udp"}, 13}, {{"chargen", "tcp"}, 19}, {{"chargen", "udp"}, 19},
      {{"time", "tcp"}, 37},    {{"time", "udp"}, 37},    {{"ftp", "tcp"}, 21},
      {{"telnet", "tcp"}, 23},  {{"finger", "tcp"}, 79},  {{"auth", "tcp"}, 113},
      {{"tftp", "udp"}, 69},    {{"talk", "udp"}, 517},   {{"smtp", "tcp"}, 25},
      {{"tcpmux", "tcp"}, 1}};
};

inline ParsedConfig parse(std::string_view text, Dialect dialect = Dialect::Debian,
                          const std::string& default_host = "") {
  InetdConfOptions options;
  options.dialect = dialect;
  options.default_host = default_host;
  NoIncludes no_includes;
  return parse_inetd_conf(text, "f", options, FixedNames(), no_includes);
}

inline std::vector<std::string> texts(const Diagnostics& list) {
  std::vector<std::string> out;
  for (const auto& diagnostic : list) out.push_back(diagnostic.text());
  return out;
}

// "3:9 slug" for each diagnostic.
inline std::vector<std::string> places(const Diagnostics& list) {
  std::vector<std::string> out;
  for (const auto& d : list) {
    out.push_back(std::to_string(d.at.line) + ':' + std::to_string(d.at.column) + ' ' + d.slug);
  }
  return out;
}

inline std::vector<std::string> ids(const ParsedConfig& config) {
  std::vector<std::string> out;
  for (const auto& spec : config.services) out.push_back(spec.id);
  return out;
}

// "tcp 4 0.0.0.0 79", "udp 6? ::1 69" (optional), "unix /run/x".
inline std::string describe(const ListenSpec& listen) {
  if (!is_ip(listen.kind)) return std::string(kind_name(listen.kind)) + ' ' + listen.path;
  const char* family = listen.family == IpFamily::V4   ? "4"
                       : listen.family == IpFamily::V6 ? "6"
                                                       : "46";
  return std::string(kind_name(listen.kind)) + ' ' + family + (listen.is_optional ? "? " : " ") +
         (listen.host.empty() ? "*" : listen.host) + ' ' + std::to_string(listen.port);
}

inline std::vector<std::string> sockets(const ParsedConfig& config) {
  std::vector<std::string> out;
  for (const auto& spec : config.services) {
    for (const auto& listen : spec.listen) out.push_back(describe(listen));
  }
  return out;
}

inline constexpr Dialect kAllDialects[] = {Dialect::Debian,  Dialect::FreeBsd, Dialect::NetBsd,
                                           Dialect::OpenBsd, Dialect::Gnu,     Dialect::Busybox};

}  // namespace uvinetd::testing
