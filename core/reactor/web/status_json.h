// SPDX-License-Identifier: ISC
// The status as one JSON object: what the page shows, for its script and for others. It grows by
// addition only; what is zero of a service is left out.
#pragma once

#include <memory>

#include "core/reactor/web/web_content.h"

namespace uvinetd {

inline constexpr std::size_t kMostServersTold = 200;

// `content` must outlive it.
[[nodiscard]] std::unique_ptr<TextSource> status_json(const WebContent& content);

}  // namespace uvinetd
