// SPDX-License-Identifier: ISC
// Something that has happened, in the vocabulary of the log: a name, and named values in the order
// in which they are told. The log and whoever listens to it (uvinetctl tail) get the same.
//
//     Event(LogLevel::Info, "start").add("id", "finger/tcp").add("pid", 12)
//
// As text: `start id=finger/tcp pid=12`. A value is told as it is: whoever takes one from outside
// escapes it (escape.h) where it may have blanks. What is said in words comes last; an event
// without a name is nothing but that.
#pragma once

#include <fmt/format.h>

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/log_level.h"

namespace uvinetd {

class Event {
 public:
  using Value = std::variant<std::int64_t, std::string>;
  struct Field {
    std::string_view key;
    Value value;
  };

  // `name` and the keys are literals: they are not copied.
  Event(LogLevel level, std::string_view name) : level_(level), name_(name) {}

  Event& add(std::string_view key, std::string_view value) {
    fields_.push_back({key, std::string(value)});
    return *this;
  }
  Event& add(std::string_view key, std::integral auto value) {
    fields_.push_back({key, static_cast<std::int64_t>(value)});
    return *this;
  }

  Event& say(std::string_view message) {
    message_ = message;
    return *this;
  }
  void set_level(LogLevel level) { level_ = level; }
  // In the place of the first value of that key, if there is one.
  void replace(std::string_view key, std::string value);
  // Every text in it becomes one line of valid UTF-8, of so many bytes at most (escape.h).
  void make_harmless(std::size_t most);

  [[nodiscard]] LogLevel level() const { return level_; }
  [[nodiscard]] std::string_view name() const { return name_; }
  [[nodiscard]] const std::vector<Field>& fields() const { return fields_; }
  [[nodiscard]] const std::string& message() const { return message_; }
  // nullptr: it has none of that key.
  [[nodiscard]] const Value* find(std::string_view key) const;
  // The same as text; "" without one.
  [[nodiscard]] std::string text_of(std::string_view key) const;

  [[nodiscard]] std::string text() const;

 private:
  LogLevel level_;
  std::string_view name_;
  std::vector<Field> fields_;
  std::string message_;
};

}  // namespace uvinetd
