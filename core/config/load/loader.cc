// SPDX-License-Identifier: ISC
#include "core/config/load/loader.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <sstream>
#include <utility>

#include "core/config/include_stack.h"
#include "core/config/load/access_check.h"
#include "core/config/load/admission_check.h"
#include "core/config/load/box.h"
#include "core/config/load/config_file.h"
#include "core/config/load/disk_includes.h"
#include "core/config/load/file_reader.h"
#include "core/config/load/name_service.h"
#include "core/config/load/resolve.h"
#include "core/config/load/syslog_load.h"
#include "core/config/load/warm_check.h"
#include "core/config/load/web_check.h"
#include "core/config/load/wrapping.h"
#include "core/config/multiplexer.h"
#include "core/config/socket_index.h"
#include "core/config/toml/toml_conf.h"
#include "core/config/xinetd/xinetd_conf.h"

namespace uvinetd {
namespace {

template <typename T>
void append(std::vector<T>& to, std::vector<T> from) {
  if (to.empty()) {
    to = std::move(from);
  } else {
    std::move(from.begin(), from.end(), std::back_inserter(to));
  }
}

bool has_rules(const std::string& path) {
  const auto text = FileReader(false).read(path);
  if (!text) return false;
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    const auto begin = line.find_first_not_of(" \t\r");
    if (begin != std::string::npos && line[begin] != '#') return true;
  }
  return false;
}

// Reads files of all languages, each by its front end, and the files that they name.
class ConfigReader {
 public:
  ConfigReader(const LoadOptions& options, const ServiceNames& names)
      : options_(options), names_(names), includes_(options.uid == 0) {}

  WrittenConfig run(const std::vector<std::string>& paths) {
    auto read = read_config_files(paths, options_.uid == 0, out_.diagnostics);
    out_.is_unreadable = read.is_unreadable;
    for (const auto& diagnostic : out_.diagnostics) {
      if (diagnostic.at.file) order_.push_back(*diagnostic.at.file);
    }
    for (auto& file : read.files) take(std::move(file));
    const bool has_more =
        settle_multiplexer(out_.services, options_.inetd, names_, out_.diagnostics);
    // Within one file its front end has looked already.
    if (files_parsed_ > 1 || has_more) drop_duplicates(out_.services, out_.diagnostics);
    sort_by_place(out_.diagnostics, order_);
    return std::move(out_);
  }

 private:
  void take(ConfigFile file) {
    open_.push(file.name);
    auto parsed = parse(file);
    ++files_parsed_;
    out_.files.push_back(std::move(file));
    append(out_.files, includes_.take_read());
    append(order_, std::move(parsed.files));
    append(out_.services, std::move(parsed.services));
    append(out_.diagnostics, std::move(parsed.diagnostics));
    out_.services_written += parsed.services_written;
    if (out_.daemon == DaemonSettings()) out_.daemon = parsed.daemon;
    for (const auto& included : parsed.includes) include(included);
    open_.pop();
  }

  // xinetd is mostly built to ask them for every service without the flag NOLIBWRAP.
  bool asks_hosts_access() {
    const auto& files = options_.hosts_access_files;
    if (!asks_hosts_access_) {
      asks_hosts_access_ = std::any_of(files.begin(), files.end(), has_rules);
    }
    return *asks_hosts_access_;
  }

  void tell_of_hosts_access(const ConfigFile& file) {
    if (std::exchange(is_hosts_access_told_, true)) return;
    const SourcePosition at{std::make_shared<const std::string>(file.name)};
    out_.diagnostics.push_back({Severity::Note, at,
                                "hosts.allow or hosts.deny has rules: services without NOLIBWRAP "
                                "are started through tcpd, as xinetd asks for each",
                                "", "hosts-access"});
  }

  ParsedConfig parse_xinetd(const ConfigFile& file) {
    const XinetdOptions how{options_.inetd.default_host, asks_hosts_access()};
    auto parsed = parse_xinetd_conf(file.text, file.name, how, names_, includes_);
    if (how.asks_hosts_access && !parsed.services.empty()) tell_of_hosts_access(file);
    return parsed;
  }

  ParsedConfig parse(const ConfigFile& file) {
    switch (language_of(file.name, file.text)) {
      case Language::InetdConf:
        return parse_inetd_conf(file.text, file.name, options_.inetd, names_, includes_);
      case Language::Xinetd:
        return parse_xinetd(file);
      case Language::Toml:
        return parse_toml_conf(file.text, file.name, {options_.inetd.is_root}, names_);
    }
    return {};
  }

  // Relative paths are relative to the file that names them.
  void include(const IncludedPath& included) {
    const auto path = open_.resolve(included.path);
    std::error_code missing;
    if (included.may_be_absent && !std::filesystem::exists(path, missing)) return;
    if (auto objection = open_.objection(path); !objection.empty()) {
      ++out_.services_written;
      out_.diagnostics.push_back({Severity::Error, included.at, objection, "", "include"});
      return;
    }
    Diagnostics problems;
    auto read = read_config_files({path}, options_.uid == 0, problems);
    for (auto& problem : problems) {
      if (problem.severity == Severity::Error) {
        problem.message = problem.at.text() + ": " + problem.message;
        problem.at = included.at;
        ++out_.services_written;
      } else if (problem.at.file) {
        order_.push_back(*problem.at.file);
      }
    }
    append(out_.diagnostics, std::move(problems));
    for (auto& file : read.files) take(std::move(file));
  }

  const LoadOptions& options_;
  const ServiceNames& names_;
  DiskIncludes includes_;
  WrittenConfig out_;
  std::vector<std::string> order_;  // of files, for the diagnostics
  IncludeStack open_;
  std::size_t files_parsed_ = 0;
  std::optional<bool> asks_hosts_access_;  // nullopt: not looked yet
  bool is_hosts_access_told_ = false;
};

}  // namespace

LoadedConfig load_config_with(const std::vector<std::string>& paths, const LoadOptions& given,
                              const ServiceNames& names, const NameService& service) {
  LookupHelper helper(service);
  auto options = given;
  auto written = ConfigReader(options, names).run(paths);
  if (options.daemon_user.empty()) options.daemon_user = written.daemon.user.value_or(kDaemonUser);
  LoadedConfig out;
  out.services_written = written.services_written;
  out.is_unreadable = written.is_unreadable;
  out.daemon = std::move(written.daemon);
  out.diagnostics = std::move(written.diagnostics);
  if (out.is_unreadable) return out;
  settle_syslog_services(options, written.services, out.diagnostics);
  check_admission(options, written.services, out.diagnostics);
  wrap_services(options, written.services, out.diagnostics);
  if (resolve_services(std::move(written.services), options, helper, out) == SharedNames::Some) {
    // Two host names may turn out to be one address, two RPC names one program.
    drop_what_is_claimed(out.services, out.diagnostics,
                         [](LoadedService& loaded) -> ServiceSpec& { return loaded.spec; });
  }
  check_access(options, out);
  drop_group_conflicts(out);
  check_warm_starts(options, out);
  check_web_services(out);
  std::vector<std::string> order;
  for (const auto& file : written.files) order.push_back(file.name);
  load_syslog_rules(options, out, order);
  sort_by_place(out.diagnostics, order);
  return out;
}

WrittenConfig read_config(const std::vector<std::string>& paths, const LoadOptions& options) {
  return ConfigReader(options, system_service_names()).run(paths);
}

std::vector<std::string> system_hosts_access_files() {
  return {"/etc/hosts.deny", "/etc/hosts.allow"};
}

std::vector<std::string> system_tcpd_paths() {
  return {"/usr/sbin/tcpd", "/usr/libexec/tcpd", "/usr/local/sbin/tcpd", "/usr/local/libexec/tcpd"};
}

LoadedConfig load_config(const std::vector<std::string>& paths, const LoadOptions& options) {
  return load_config_with(paths, options, system_service_names(), system_name_service());
}

}  // namespace uvinetd
