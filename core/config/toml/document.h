// SPDX-License-Identifier: ISC
// TOML text as a tree of plain values with their places: all that the rest sees of the library that
// reads it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/field.h"
#include "core/config/reporter.h"

namespace uvinetd {

struct TomlItem;

struct TomlNode {
  enum class Kind : std::uint8_t { String, Integer, Float, Boolean, Date, Array, Table };

  Kind kind = Kind::Table;
  bool is_octal = false;  // of an integer: written as 0o22
  bool boolean = false;
  Place at;
  std::int64_t integer = 0;
  double real = 0;
  std::string text;
  std::vector<TomlItem> items;  // of a table, in the order of the file; of an array, without keys

  // The text as a word for the readers that the languages share.
  [[nodiscard]] Field field() const;
};

struct TomlItem {
  std::string key;
  Place at;
  TomlNode value;
};

// The kinds a message speaks of: "a string", "an integer", ...
[[nodiscard]] const char* kind_text(TomlNode::Kind kind);

// The file's table; nullopt: it is no TOML, and the one reason is reported as [toml].
//
// What no configuration needs and what would make reading slow or deep is refused too: names of
// more than 16 parts, values more than 16 deep, more than 50,000 tables that are made by dotted
// names.
[[nodiscard]] std::optional<TomlNode> read_toml(std::string_view text, Reporter& report);

}  // namespace uvinetd
