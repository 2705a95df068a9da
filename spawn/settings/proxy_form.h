// SPDX-License-Identifier: ISC
// In which form the PROXY protocol is spoken, and in which a health check answers.
#pragma once

#include <cstddef>
#include <cstdint>

namespace uvinetd {

enum class ProxyForm : std::uint8_t { None, V1, V2 };
enum class HealthForm : std::uint8_t { Http, Agent };

inline constexpr std::size_t kMostProxies = 4096;  // networks of them that a service believes
inline constexpr std::size_t kMostTargets = 16;    // of a redirect: addresses that are tried

}  // namespace uvinetd
