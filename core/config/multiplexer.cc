// SPDX-License-Identifier: ISC
#include "core/config/multiplexer.h"

#include <strings.h>

#include <algorithm>
#include <string>

#include "core/config/quote.h"

namespace uvinetd {
namespace {

constexpr std::string_view kPrefix = "tcpmux/";
constexpr std::size_t kLongestName = 256;  // RFC 1078

std::size_t name_offset(std::string_view service) {
  return service.rfind(':') + 1;  // npos + 1 is 0
}

bool is_multiplexer(const ServiceSpec& spec) {
  return spec.internal == "tcpmux";
}

bool needs_multiplexer(const ServiceSpec& spec) {
  return !spec.more->tcpmux.empty();
}

bool is_name_byte(char c) {
  return c > ' ' && c != '\x7f';
}

}  // namespace

bool is_multiplexed(std::string_view service) {
  return service.substr(name_offset(service)).starts_with(kPrefix);
}

bool check_mux_name(const Field& name, Reporter& report) {
  const auto& text = name.text;
  if (text.empty()) return report.error(name.at, "tcpmux", "the tcpmux service has no name");
  if (text.size() > kLongestName || !std::all_of(text.begin(), text.end(), is_name_byte)) {
    return report.error(name.at, "tcpmux", "bad name of a tcpmux service " + quoted(text),
                        text.size() > kLongestName ? "256 bytes at most" : "printable ASCII");
  }
  if (strcasecmp(text.c_str(), "help") != 0) return true;
  return report.error(name.at, "tcpmux", "the multiplexer answers \"help\" itself");
}

bool read_multiplexed(const Field& service, const Protocol& protocol, Place protocol_at,
                      Reporter& report, ServiceSpec& spec) {
  const auto offset = name_offset(service.text);
  if (offset != 0) {
    return report.error(service.at, "tcpmux", "a tcpmux service has no address of its own",
                        "write it before the service tcpmux");
  }
  if (protocol.word != "tcp" || protocol.is_rpc) {
    return report.error(protocol_at, "tcpmux", "a tcpmux service needs the protocol tcp");
  }
  Field name = service.part(kPrefix.size());
  const bool greets = name.text.starts_with('+');
  if (greets) name = name.part(1);
  if (!check_mux_name(name, report)) return false;
  auto& more = spec.more.edit();
  more.tcpmux = name.text;
  more.tcpmux_greets = greets;
  spec.id = std::string(kPrefix) + name.text;
  return true;
}

void drop_socket_options(Place at, Reporter& report, ServiceSpec& spec) {
  const auto& more = spec.more;
  if (!needs_multiplexer(spec)) return;
  if (!more->send_buffer && !more->receive_buffer && more->accept_filter.empty()) return;
  report.warning(at, "tcpmux",
                 "a tcpmux service has no socket of its own: buffer sizes and accept filters have "
                 "no effect");
  auto& changed = spec.more.edit();
  changed.send_buffer.reset();
  changed.receive_buffer.reset();
  changed.accept_filter.clear();
}

bool check_mux_mode(Place at, Reporter& report, const ServiceSpec& spec) {
  if (!needs_multiplexer(spec) || spec.mode == Mode::Nowait) return true;
  return report.error(at, "tcpmux", "a tcpmux service is always nowait");
}

bool settle_multiplexer(std::vector<ServiceSpec>& services, const InetdConfOptions& options,
                        const ServiceNames& names, Diagnostics& diagnostics) {
  const auto first = std::find_if(services.begin(), services.end(), needs_multiplexer);
  if (first == services.end() || std::any_of(services.begin(), services.end(), is_multiplexer)) {
    return false;
  }
  if (options.dialect == Dialect::Gnu) {
    NoIncludes no_includes;
    auto added =
        parse_inetd_conf("tcpmux stream tcp nowait root internal", "", options, names, no_includes);
    for (auto& spec : added.services) {
      spec.at = spec.user_at = spec.group_at = spec.program_at = first->at;
    }
    services.insert(services.end(), added.services.begin(), added.services.end());
    return true;
  }
  for (const auto& spec : services) {
    if (!needs_multiplexer(spec)) continue;
    diagnostics.push_back(
        {Severity::Warning, spec.at,
         quoted(spec.more->tcpmux) + " cannot be reached: there is no service tcpmux",
         "tcpmux stream tcp nowait root internal", "tcpmux"});
  }
  return false;
}

}  // namespace uvinetd
