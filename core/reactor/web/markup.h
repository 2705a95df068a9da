// SPDX-License-Identifier: ISC
// Text of any origin, in a page and in JSON: it is shown, and never read as markup. Pure.
#pragma once

#include <string>
#include <string_view>

namespace uvinetd {

// Both make one line of valid UTF-8 of it first (escape.h), cut at about 1 KiB.
void append_html(std::string& out, std::string_view text);  // between tags, and in "values"
void append_json(std::string& out, std::string_view text);  // with its quotes

}  // namespace uvinetd
