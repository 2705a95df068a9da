// SPDX-License-Identifier: ISC
// The files in page/, as they are (embed_page.cmake makes the source of this).
#pragma once

#include <string_view>

namespace uvinetd {

[[nodiscard]] std::string_view page_template();  // with {{slots}}, status_page.cc
[[nodiscard]] std::string_view page_style();
[[nodiscard]] std::string_view page_script();
// "sha256-…", as a Content-Security-Policy has it.
[[nodiscard]] std::string_view page_style_hash();
[[nodiscard]] std::string_view page_script_hash();

}  // namespace uvinetd
