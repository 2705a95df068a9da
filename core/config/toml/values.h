// SPDX-License-Identifier: ISC
// TOML values to what they mean, and back. Each reader reports what is wrong with a value at its
// place and answers nullopt; none repeats a text that may be a secret.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/reporter.h"
#include "core/config/service_options.h"
#include "core/config/toml/document.h"

namespace uvinetd {

// A value, the key it stands at, and where to complain.
struct TomlValue {
  std::string_view key;
  const TomlNode& node;
  Reporter& report;

  // The same for an element of an array, which must be of `kind`; nullopt: reported.
  [[nodiscard]] std::optional<TomlValue> element(std::size_t index, TomlNode::Kind kind) const;
  // Always false. `what` completes `"key" must be ...`.
  bool refuse(const std::string& what, std::string hint = {}) const;
};

// Strings: neither empty nor with a NUL byte.
[[nodiscard]] std::optional<std::string> read_text(const TomlValue& value);
[[nodiscard]] std::optional<std::string> read_absolute_path(const TomlValue& value);
// An array of them.
[[nodiscard]] std::optional<std::vector<std::string>> read_texts(const TomlValue& value);

[[nodiscard]] std::optional<std::int64_t> read_integer(const TomlValue& value, std::int64_t least,
                                                       std::int64_t most);
// Permission bits: "027" or 0o027, at most 0777.
[[nodiscard]] std::optional<unsigned> read_octal(const TomlValue& value);
// "64k", "1m", or a number of bytes.
[[nodiscard]] std::optional<int> read_buffer(const TomlValue& value);

// "30s", "5min", "1h", "2d", or a number of seconds.
[[nodiscard]] std::optional<std::chrono::seconds> parse_duration(std::string_view text);
[[nodiscard]] std::optional<std::chrono::seconds> read_duration(const TomlValue& value);
[[nodiscard]] std::string print_duration(std::chrono::seconds duration);

// "10/min burst 20", "5/s", "3/10s"; "none" has a count of 0. has_burst: the word was written.
struct WrittenRate {
  Rate rate;
  bool has_burst = false;
};
[[nodiscard]] std::optional<WrittenRate> read_rate(const TomlValue& value);
[[nodiscard]] std::string print_rate(const Rate& rate);

// Of a table: files = 1024, as = "512m", cpu = { soft = "30s", hard = "unlimited" }.
[[nodiscard]] std::optional<ResourceLimit> read_limit(const TomlValue& value, Place key_at);
// "64k", "512m", "2g", or a number of bytes.
[[nodiscard]] std::optional<std::uint64_t> read_bytes(const TomlValue& value, std::uint64_t least);
[[nodiscard]] std::string print_limit(const ResourceLimit& limit);

}  // namespace uvinetd
