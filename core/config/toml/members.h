// SPDX-License-Identifier: ISC
// Readers and printers of keys that are one member of a spec or of its options.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>

#include "core/config/quote.h"
#include "core/config/suggest.h"
#include "core/config/toml/keys.h"
#include "core/config/toml/text.h"

namespace uvinetd::toml_member {

template <typename T>
T& edit(ServiceSpec& spec, T ServiceSpec::*member) {
  return spec.*member;
}
template <typename T>
T& edit(ServiceSpec& spec, T ServiceOptions::*member) {
  return spec.more.edit().*member;
}
template <typename T>
const T& get(const ServiceSpec& spec, T ServiceSpec::*member) {
  return spec.*member;
}
template <typename T>
const T& get(const ServiceSpec& spec, T ServiceOptions::*member) {
  return (*spec.more).*member;
}

// The type within std::optional, or the type itself.
template <typename T>
struct Inner {
  using Type = T;
};
template <typename T>
struct Inner<std::optional<T>> {
  using Type = T;
};

// ---- bool, false by default ---------------------------------------------------------------------
template <auto kMember>
bool read_flag(const TomlValue& value, TomlContext&, ServiceSpec& spec) {
  if (value.node.boolean) edit(spec, kMember) = true;
  return true;
}
template <auto kMember>
std::string print_flag(const ServiceSpec& spec) {
  return get(spec, kMember) ? "true" : "";
}

// ---- std::string, "" by default -----------------------------------------------------------------
template <auto kMember, auto kRead = read_text>
bool read_string(const TomlValue& value, TomlContext&, ServiceSpec& spec) {
  auto text = kRead(value);
  if (text) edit(spec, kMember) = std::move(*text);
  return text.has_value();
}
template <auto kMember>
std::string print_string(const ServiceSpec& spec) {
  const std::string& text = get(spec, kMember);
  return text.empty() ? "" : toml_string(text);
}

// ---- lists of strings; an optional one is printed when it is empty, too -------------------------
template <auto kMember>
bool read_list(const TomlValue& value, TomlContext&, ServiceSpec& spec) {
  auto texts = read_texts(value);
  if (!texts) return false;
  using List = std::remove_cvref_t<decltype(get(spec, kMember))>;
  constexpr bool kMayBeEmpty = !std::is_same_v<List, std::vector<std::string>>;
  if (kMayBeEmpty || !texts->empty()) edit(spec, kMember) = std::move(*texts);
  return true;
}
template <auto kMember>
bool read_sorted_list(const TomlValue& value, TomlContext& context, ServiceSpec& spec) {
  if (!read_list<kMember>(value, context, spec)) return false;
  if (get(spec, kMember).empty()) return true;
  auto& list = edit(spec, kMember);
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
  return true;
}
template <auto kMember>
std::string print_list(const ServiceSpec& spec) {
  const auto& list = get(spec, kMember);
  if constexpr (std::is_same_v<std::remove_cvref_t<decltype(list)>, std::vector<std::string>>) {
    return list.empty() ? "" : toml_strings(list);
  } else {
    return list ? toml_strings(*list) : "";
  }
}

// ---- numbers, optional or 0 by default ----------------------------------------------------------
template <auto kMember, std::int64_t kLeast, std::int64_t kMost>
bool read_number(const TomlValue& value, TomlContext&, ServiceSpec& spec) {
  const auto number = read_integer(value, kLeast, kMost);
  if (!number) return false;
  using Type = std::remove_cvref_t<decltype(get(spec, kMember))>;
  const auto as_held = static_cast<typename Inner<Type>::Type>(*number);
  if (get(spec, kMember) != Type(as_held)) edit(spec, kMember) = as_held;
  return true;
}
template <auto kMember>
std::string print_number(const ServiceSpec& spec) {
  const auto& number = get(spec, kMember);
  using Type = std::remove_cvref_t<decltype(number)>;
  if (number == Type()) return "";
  if constexpr (std::is_arithmetic_v<Type>) {
    return fmt::format("{}", number);
  } else {
    return fmt::format("{}", *number);
  }
}

// ---- optional durations in seconds --------------------------------------------------------------
template <auto kMember>
bool read_seconds(const TomlValue& value, TomlContext&, ServiceSpec& spec) {
  const auto duration = read_duration(value);
  if (duration) edit(spec, kMember) = *duration;
  return duration.has_value();
}
template <auto kMember>
std::string print_seconds(const ServiceSpec& spec) {
  const auto& duration = get(spec, kMember);
  return duration ? toml_string(print_duration(*duration)) : "";
}

// ---- words; `kWords` is an array of {word, enumerator} ------------------------------------------
template <auto kMember, const auto& kWords>
bool read_word(const TomlValue& value, TomlContext&, ServiceSpec& spec) {
  std::array<std::string_view, kWords.size()> words;
  for (std::size_t i = 0; i < words.size(); ++i) {
    words[i] = kWords[i].first;
    if (words[i] != value.node.text) continue;
    if (get(spec, kMember) != kWords[i].second) edit(spec, kMember) = kWords[i].second;
    return true;
  }
  const auto hint = did_you_mean(value.node.text, words);
  return value.refuse(fmt::format("{}, not {}", fmt::join(words, " or "), quoted(value.node.text)),
                      hint);
}
template <auto kMember, const auto& kWords>
std::string print_word(const ServiceSpec& spec) {
  const auto& chosen = get(spec, kMember);
  if (chosen == std::remove_cvref_t<decltype(chosen)>()) return "";
  for (const auto& [word, enumerator] : kWords) {
    if (enumerator == chosen) return toml_string(word);
  }
  return "";
}

}  // namespace uvinetd::toml_member
