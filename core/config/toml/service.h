// SPDX-License-Identifier: ISC
// One table of [services] to one spec, with what [defaults] says behind it.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/config/toml/keys.h"
#include "core/config/toml/toml_conf.h"

namespace uvinetd {

class TomlServices {
 public:
  // `report` writes to `diagnostics` and says what file it is about; all are borrowed.
  TomlServices(const TomlOptions& options, const ServiceNames& names, Reporter& report,
               Diagnostics& diagnostics);

  // Checks [defaults] once, at its place. What is wrong there spoils each service that inherits it;
  // an unknown key, which might have restricted them, spoils all.
  void read_defaults(const TomlNode& table);

  struct Read {
    bool is_enabled = true;
    std::optional<ServiceSpec> spec;  // nullopt: reported, or not enabled
  };
  // The table must outlive nothing; that of [defaults] must live on.
  [[nodiscard]] Read read(const TomlItem& service);

 private:
  using Items = std::vector<const TomlItem*>;  // by index of the key; null: not written

  bool sort_by_key(const TomlNode& table, Items& out);
  bool read_keys(const Items& own, ServiceSpec& spec);
  bool read_own(const TomlKey& key, const TomlItem& item, bool is_good, ServiceSpec& spec);
  bool read_inherited(std::size_t index, ServiceSpec& spec);
  void keep_place(const TomlKey& key, const TomlItem& item, ServiceSpec& spec) const;
  bool check_kind(const TomlKey& key, const TomlItem& item);
  bool read_key(const TomlKey& key, const TomlItem& item, ServiceSpec& spec);
  void note_places(const Items& own, ServiceSpec& spec) const;
  bool is_complete(const TomlItem& service, const Items& own, const ServiceSpec& spec);
  bool has_fit_sockets(const Items& own, const ServiceSpec& spec);
  bool has_one_answer(const TomlItem& service, const Items& own);
  void share_options(ServiceSpec& spec);

  const TomlOptions& options_;
  Reporter& report_;
  Diagnostics& diagnostics_;
  InetdConfOptions field_options_;  // a plain tcp is two sockets, as on Debian
  FieldContext fields_;
  TomlContext context_;
  // What is said of an inherited value was said at its place.
  Diagnostics unheard_;
  Reporter unheard_report_;
  FieldContext unheard_fields_;
  TomlContext unheard_context_;

  Items defaults_;
  std::vector<bool> is_bad_default_;
  bool are_defaults_bad_ = false;
  Rare<ServiceOptions> last_options_;
};

}  // namespace uvinetd
