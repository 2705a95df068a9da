// SPDX-License-Identifier: ISC
// Values written as TOML.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace uvinetd {

// Whether a TOML string can hold the text, and our reader takes it: UTF-8 without NUL.
[[nodiscard]] bool is_toml_text(std::string_view text);

// What is_toml_text() refuses stays as it is, to be found in the result.
[[nodiscard]] std::string toml_string(std::string_view text);  // with quotation marks
[[nodiscard]] std::string toml_key(std::string_view name);     // bare where it may be
[[nodiscard]] std::string toml_array(const std::vector<std::string>& values);  // of written values
[[nodiscard]] std::string toml_strings(const std::vector<std::string>& texts);

// Comment lines of any bytes: "# a\n# b\n".
[[nodiscard]] std::string toml_comment(std::string_view text);

}  // namespace uvinetd
