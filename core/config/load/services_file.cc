// SPDX-License-Identifier: ISC
#include "core/config/load/services_file.h"

#include <algorithm>

#include "core/config/field_reader.h"
#include "core/config/load/database_text.h"
#include "core/config/load/loader.h"

namespace uvinetd {
namespace {

struct KnownService {
  std::string_view name;
  std::uint16_t port;
  bool has_tcp;
  bool has_udp;
};

// IANA's numbers and the aliases that systems ship.
constexpr KnownService kKnown[] = {
    {"tcpmux", 1, true, false},    {"echo", 7, true, true},       {"discard", 9, true, true},
    {"sink", 9, true, true},       {"null", 9, true, true},       {"systat", 11, true, false},
    {"users", 11, true, false},    {"daytime", 13, true, true},   {"netstat", 15, true, false},
    {"qotd", 17, true, false},     {"chargen", 19, true, true},   {"ttytst", 19, true, true},
    {"source", 19, true, true},    {"ftp-data", 20, true, false}, {"ftp", 21, true, false},
    {"ssh", 22, true, false},      {"telnet", 23, true, false},   {"smtp", 25, true, false},
    {"mail", 25, true, false},     {"time", 37, true, true},      {"timserver", 37, true, true},
    {"whois", 43, true, false},    {"domain", 53, true, true},    {"bootps", 67, false, true},
    {"bootpc", 68, false, true},   {"tftp", 69, false, true},     {"gopher", 70, true, false},
    {"finger", 79, true, false},   {"http", 80, true, false},     {"www", 80, true, false},
    {"pop3", 110, true, false},    {"pop-3", 110, true, false},   {"sunrpc", 111, true, true},
    {"auth", 113, true, false},    {"ident", 113, true, false},   {"tap", 113, true, false},
    {"nntp", 119, true, false},    {"ntp", 123, false, true},     {"imap2", 143, true, false},
    {"imap", 143, true, false},    {"snmp", 161, true, true},     {"irc", 194, true, true},
    {"https", 443, true, true},    {"exec", 512, true, false},    {"biff", 512, false, true},
    {"comsat", 512, false, true},  {"login", 513, true, false},   {"who", 513, false, true},
    {"shell", 514, true, false},   {"cmd", 514, true, false},     {"syslog", 514, false, true},
    {"printer", 515, true, false}, {"talk", 517, false, true},    {"ntalk", 518, false, true},
    {"uucp", 540, true, false},    {"klogin", 543, true, false},  {"kshell", 544, true, false},
    {"rsync", 873, true, false},   {"swat", 901, true, false},    {"ftps", 990, true, false},
    {"imaps", 993, true, false},   {"pop3s", 995, true, false},   {"cvspserver", 2401, true, false},
    {"svn", 3690, true, false},    {"git", 9418, true, false},    {"amanda", 10080, true, true},
};

}  // namespace

ServicesFile::ServicesFile(std::string_view text) {
  while (!text.empty()) add_line(take_line(text));
  for (const auto& known : kKnown) {
    if (known.has_tcp) add(known.name, known.port, "tcp");
    if (known.has_udp) add(known.name, known.port, "udp");
  }
}

// `name port/protocol alias...`
void ServicesFile::add_line(std::string_view line) {
  const auto name = take_word(line);
  const auto where = take_word(line);
  const auto slash = where.find('/');
  if (name.empty() || slash == std::string_view::npos) return;
  const auto port = parse_number(where.substr(0, slash), UINT16_MAX);
  if (!port || *port == 0) return;
  const auto protocol = where.substr(slash + 1);
  const auto number = static_cast<std::uint16_t>(*port);
  add(name, number, protocol);
  for (auto alias = take_word(line); !alias.empty(); alias = take_word(line)) {
    add(alias, number, protocol);
  }
}

void ServicesFile::add(std::string_view name, std::uint16_t port, std::string_view protocol) {
  if (protocol != "tcp" && protocol != "udp") return;
  auto& ports = ports_[std::string(name)];
  auto& slot = protocol == "tcp" ? ports.tcp : ports.udp;
  if (!slot) slot = port;
}

std::optional<std::uint16_t> ServicesFile::port_of(std::string_view name,
                                                   std::string_view protocol) const {
  const auto found = ports_.find(name);
  if (found == ports_.end()) return std::nullopt;
  return protocol == "udp" ? found->second.udp : found->second.tcp;
}

std::vector<std::string> ServicesFile::all() const {
  std::vector<std::string> names;
  names.reserve(ports_.size());
  for (const auto& [name, ports] : ports_) names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

const ServiceNames& system_service_names() {
  static const ServicesFile names(read_database("/etc/services"));
  return names;
}

}  // namespace uvinetd
