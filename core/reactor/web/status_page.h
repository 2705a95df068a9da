// SPDX-License-Identifier: ISC
// The status as a page: page/status.html with its slots filled in, complete without its script.
#pragma once

#include <memory>

#include "core/reactor/web/web_content.h"

namespace uvinetd {

// Services that the page shows, but for `is_long`, where it shows all.
inline constexpr std::size_t kMostRows = 200;

// `content` must outlive it.
[[nodiscard]] std::unique_ptr<TextSource> status_page(const WebContent& content, bool is_long);
// What the page may load and run: itself, and its own status.json.
[[nodiscard]] const std::string& status_page_policy();

}  // namespace uvinetd
