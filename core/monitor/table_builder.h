// SPDX-License-Identifier: ISC
// From loaded services to the run-time table: keys that last, defaults filled in.
#pragma once

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/config/load/loader.h"
#include "core/monitor/access_lists.h"
#include "core/monitor/error_file_store.h"
#include "core/monitor/options.h"
#include "core/monitor/sockets.h"
#include "core/monitor/syslog_keeper.h"
#include "core/monitor/upgrade/upgrade_state.h"
#include "spawn/table.h"

namespace uvinetd {

class TableBuilder {
 public:
  // `environment`: the daemon's own, without its supervisor's variables. Servers get it with -E,
  // and where a service asks for it.
  TableBuilder(const CommandLine& options, std::vector<std::string> environment)
      : options_(options), environment_(std::move(environment)) {}

  // Those that the services of the last table, and of the one before it, are judged by.
  [[nodiscard]] AccessLists& access_lists() { return access_; }

  // Of a service by its id; nullopt: it has none yet.
  [[nodiscard]] std::optional<std::uint32_t> key_of(const std::string& service) const;

  // Keys that last, over an upgrade too.
  void save(UpgradeState& state) const;
  void restore(const UpgradeState& state);

  struct Built {
    std::vector<TableIdentity> identities;
    ErrorFileStore::Wanted error_files;
    SyslogKeeper::Wanted channels;
    std::string bytes;  // of the table (spawn/table.h)
  };
  [[nodiscard]] Built build(std::uint32_t generation, const std::vector<LoadedService>& services,
                            const Sockets& sockets);

 private:
  std::uint32_t service_key(const std::string& id);
  std::size_t identity_index(const Identity& identity);
  [[nodiscard]] std::uint32_t identity_key(const Identity& identity) {
    return identity_keys_[identity_index(identity)];
  }
  [[nodiscard]] std::uint32_t new_identity_key(const Identity& identity);
  [[nodiscard]] std::string mark_of(const Identity& identity) const;
  void fill(const LoadedService& service, const Sockets& sockets, TableService& entry);
  void set_environment(const ServiceOptions& options, TableService& entry) const;
  [[nodiscard]] TableIdentity table_identity(std::uint32_t key, const Identity& identity,
                                             bool passes_environment) const;

  const CommandLine& options_;
  std::vector<std::string> environment_;
  std::unordered_map<std::string, std::uint32_t> service_keys_;
  std::uint32_t last_service_ = 0;  // key
  std::vector<Identity> identities_;
  std::vector<std::uint32_t> identity_keys_;  // of the same
  std::uint32_t last_identity_key_ = 0;
  std::map<std::string, std::uint32_t> past_keys_;  // of the program before, by mark_of()
  std::size_t last_identity_ = 0;                   // neighbours often share theirs
  AccessLists access_{geteuid() == 0};
};

}  // namespace uvinetd
