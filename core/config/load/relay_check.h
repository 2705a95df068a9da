// SPDX-License-Identifier: ISC
// Services whose clients are passed on, or come through a proxy: whether what is written of them
// can be done.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "core/config/service_spec.h"

namespace uvinetd {

struct RelayProblem {
  const char* slug;
  std::string message;
  std::string hint;
};

// What needs no look-up; nullopt: nothing is wrong.
[[nodiscard]] std::optional<RelayProblem> check_relay(const ServiceSpec& spec);

inline constexpr std::chrono::seconds kUsualHealthCache{2};
inline constexpr std::chrono::seconds kUsualHealthTimeout{10};
// The command of a health check runs no longer than its answer is waited for.
void limit_health_check(ServiceSpec& spec);

// Puts the addresses of the redirect's host, numeric, into the spec: those of the family that
// `redirect_from` has, and no more than are tried.
[[nodiscard]] std::optional<RelayProblem> settle_redirect(const std::vector<std::string>& addresses,
                                                          ServiceSpec& spec);

}  // namespace uvinetd
