// SPDX-License-Identifier: ISC
#include "core/config/load/syslog_load.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "core/base/host_name.h"
#include "core/base/source.h"
#include "core/config/load/disk_includes.h"
#include "core/config/load/file_reader.h"
#include "core/config/quote.h"
#include "core/config/syslog/syslog_conf.h"
#include "core/config/syslog/syslog_service.h"
#include "spawn/settings/listen_fds.h"

namespace uvinetd {
namespace {

constexpr int kUsualBuffer = 8 * 1024 * 1024;  // bytes: messages that wait while it is started anew
constexpr unsigned kRecordsMode = 0600;

bool is_loopback(const std::string& host) {
  return host == "::1" || (host.starts_with("127.") && parse_source(host).has_value());
}

void settle_sockets(ServiceSpec& spec) {
  for (auto& listen : spec.listen) {
    if (!is_listen_name(listen_name(spec, listen))) listen.name.edit() = kind_name(listen.kind);
  }
}

void add_warning(const ServiceSpec& spec, Diagnostics& diagnostics, const char* slug,
                 std::string message, std::string hint) {
  diagnostics.push_back({Severity::Warning, spec.at, std::move(message), std::move(hint), slug});
}

// Whoever reaches it may write to the log.
void warn_of_open_sockets(const ServiceSpec& spec, Diagnostics& diagnostics) {
  const bool is_open =
      std::any_of(spec.listen.begin(), spec.listen.end(), [](const ListenSpec& listen) {
        return listen.kind == SocketKind::Udp && !is_loopback(listen.host);
      });
  if (!is_open || spec.more->allow) return;
  add_warning(
      spec, diagnostics, "syslog-open",
      fmt::format("every host that reaches the service {} may write to the log", quoted(spec.id)),
      "write allow, or listen at 127.0.0.1 or ::1");
}

bool settle(const LoadOptions& options, ServiceSpec& spec, Diagnostics& diagnostics) {
  const auto refuse = [&](const SourcePosition& at, const char* slug, std::string message) {
    diagnostics.push_back({Severity::Error, at, std::move(message), "", slug});
    return false;
  };
  const bool are_datagrams =
      !spec.listen.empty() &&
      std::all_of(spec.listen.begin(), spec.listen.end(),
                  [](const ListenSpec& listen) { return is_datagram(listen.kind); });
  if (!are_datagrams) {
    return refuse(spec.at, "internal", "a log takes datagrams: " + quoted(spec.id) + " has others");
  }
  if (spec.program.empty() && options.syslog_program.empty()) {
    return refuse(spec.at, "internal", std::string(kSyslogProgram) + " is not installed");
  }
  if (spec.program.empty()) spec.program = options.syslog_program;
  spec.internal.clear();
  spec.argv = {kSyslogProgram};
  spec.mode = Mode::Wait;
  auto& more = spec.more.edit();
  more.listen_fds = true;
  if (!more.receive_buffer) more.receive_buffer = kUsualBuffer;
  if (more.stderr_to == StderrTo::Socket) more.stderr_to = StderrTo::Log;
  settle_sockets(spec);
  warn_of_open_sockets(spec, diagnostics);
  return true;
}

// Of a message on this host: without its domain, as syslogs write it.
std::string own_host() {
  const auto whole = host_name();
  const auto host = whole.substr(0, whole.find('.'));
  return host.empty() ? "localhost" : host;
}

class RulesReader {
 public:
  RulesReader(const LoadOptions& options, Diagnostics& out, std::vector<std::string>& files)
      : options_(options),
        reader_(options.uid == 0),
        includes_(options.uid == 0),
        out_(out),
        files_(files) {}

  // Services with one file share what was read. Null: there is no such file, which is reported.
  const SyslogRules* read(const ServiceSpec& spec) {
    const auto& settings = *spec.more->syslog;
    const std::pair key(settings.rules, settings.dialect);
    auto known = known_.find(key);
    if (known == known_.end()) {
      auto rules = read_file(spec);
      if (!rules) return nullptr;
      known = known_.emplace(key, std::move(*rules)).first;
    }
    return &known->second;
  }

 private:
  std::optional<SyslogRules> read_file(const ServiceSpec& spec) {
    const auto& settings = *spec.more->syslog;
    const auto text = reader_.read(settings.rules);
    if (!text) {
      report(spec, text.error());
      return std::nullopt;
    }
    auto parsed = parse_syslog_conf(*text, settings.rules, settings.dialect, includes_);
    std::move(parsed.files.begin(), parsed.files.end(), std::back_inserter(files_));
    std::move(parsed.diagnostics.begin(), parsed.diagnostics.end(), std::back_inserter(out_));
    return std::move(parsed.rules);
  }

  // Somebody who has named a file counts on it, or has seen it hold; else the usual one need not be
  // there.
  void report(const ServiceSpec& spec, const FileProblem& problem) {
    const auto* written = spec.key_at->find(kSyslogRulesKey);
    const auto& logs = options_.logs_with_rules;
    const bool had_rules = std::find(logs.begin(), logs.end(), spec.id) != logs.end();
    const bool may_be_absent = written == nullptr && problem.code == ENOENT && !had_rules;
    const auto severity = may_be_absent ? Severity::Warning : Severity::Error;
    const std::string rules = had_rules ? "the log would lose the rules that it has"
                                        : "*.err /dev/console and *.panic * hold";
    out_.push_back({severity, written != nullptr ? *written : spec.at,
                    spec.more->syslog->rules + ": " + problem.message,
                    problem.hint.empty() ? rules : problem.hint + "; " + rules, problem.slug});
  }

  const LoadOptions& options_;
  FileReader reader_;
  DiskIncludes includes_;
  Diagnostics& out_;
  std::vector<std::string>& files_;
  std::map<std::pair<std::string, SyslogDialect>, SyslogRules> known_;
};

bool serves(const LoadedService& service, const std::string& path) {
  const auto& sockets = service.spec.listen;
  return std::any_of(sockets.begin(), sockets.end(), [&path](const ListenSpec& listen) {
    return listen.kind == SocketKind::UnixDgram && listen.path == path;
  });
}

// What the daemon itself has to log does not go through the socket that it serves.
void add_records_socket(const LoadOptions& options, LoadedService& service,
                        Diagnostics& diagnostics) {
  if (options.run_folder.empty()) return;
  if (service.spec.listen.size() >= kMostListenFds) {
    add_warning(
        service.spec, diagnostics, "syslog-records",
        fmt::format("{} has {} sockets: there is none left for the daemon's own records, "
                    "which go through {}",
                    quoted(service.spec.id), service.spec.listen.size(), options.log_socket),
        "listen at fewer addresses");
    return;
  }
  ListenSpec listen;
  listen.kind = SocketKind::UnixDgram;
  listen.path = options.run_folder + '/' + kRecordsName;
  listen.node.edit().mode = kRecordsMode;
  listen.name.edit() = kRecordsName;
  service.spec.listen.push_back(std::move(listen));
}

}  // namespace

void settle_syslog_services(const LoadOptions& options, std::vector<ServiceSpec>& services,
                            Diagnostics& diagnostics) {
  std::erase_if(services, [&](ServiceSpec& spec) {
    return is_syslog_service(spec) && !settle(options, spec, diagnostics);
  });
}

void load_syslog_rules(const LoadOptions& options, LoadedConfig& config,
                       std::vector<std::string>& files) {
  RulesReader reader(options, config.diagnostics, files);
  bool has_records = false;
  for (auto& service : config.services) {
    if (!is_syslog_service(service.spec)) continue;
    auto& setup = service.syslog.edit();
    setup.settings = *service.spec.more->syslog;
    const auto* rules = reader.read(service.spec);
    setup.rules = rules != nullptr ? *rules : usual_syslog_rules();
    if (rules != nullptr) config.logs_with_rules.push_back(service.spec.id);
    setup.host = own_host();
    if (has_records || !serves(service, options.log_socket)) continue;
    has_records = true;
    add_records_socket(options, service, config.diagnostics);
  }
}

}  // namespace uvinetd
