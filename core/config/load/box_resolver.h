// SPDX-License-Identifier: ISC
// The checks behind resolve_box(), one after the other.
#pragma once

#include <sys/resource.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/load/loader.h"

namespace uvinetd {

class BoxResolver {
 public:
  BoxResolver(const LoadOptions& options, LoadedService& service, Diagnostics& diagnostics)
      : options_(options), service_(service), more_(*service.spec.more), out_(diagnostics) {}

  // False: something was reported as an error.
  bool run();

 private:
  // Each adds to box_; false: reported.
  bool has_what_it_needs();
  bool find_priorities();
  bool find_limits();
  bool find_capabilities();
  bool find_root();
  bool find_paths();
  bool find_path_rules();
  bool find_call_rules();
  bool find_group();

  bool find_names(std::string_view key, const std::vector<std::string>& names, std::uint64_t& out);
  bool find_each(std::string_view key, const std::vector<std::string>& written,
                 std::vector<std::string>& out);
  bool holds_programs(std::string_view key, const std::vector<std::string>& hidden);
  bool is_safe_root(const std::string& root);
  bool are_calls(std::string_view key, const std::vector<std::string>& names);

  bool refuse(const char* slug, std::string_view key, std::string message, std::string hint = {});
  void warning(const char* slug, std::string_view key, std::string message, std::string hint = {});
  [[nodiscard]] const SourcePosition& place(std::string_view key) const;
  // "only root can ..." when we are not; what root itself may lack.
  bool needs_root(std::string_view key);
  bool needs_capability(std::string_view key, unsigned number);

  const LoadOptions& options_;
  LoadedService& service_;
  const ServiceOptions& more_;
  Diagnostics& out_;
  IdentityBox box_;
  std::vector<std::string> executables_;  // as seen inside the root
};

// RLIMIT_CPU for "cpu"; -1: this system does not have it.
[[nodiscard]] int resource_number(std::string_view name);
// The hard limit that servers of ours begin with.
[[nodiscard]] rlim_t own_hard_limit(int resource);
[[nodiscard]] int own_nice();

}  // namespace uvinetd
