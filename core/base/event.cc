// SPDX-License-Identifier: ISC
#include "core/base/event.h"

#include <algorithm>
#include <iterator>

#include "core/base/escape.h"

namespace uvinetd {

const Event::Value* Event::find(std::string_view key) const {
  const auto found = std::find_if(fields_.begin(), fields_.end(),
                                  [key](const Field& field) { return field.key == key; });
  return found == fields_.end() ? nullptr : &found->value;
}

std::string Event::text_of(std::string_view key) const {
  const auto* value = find(key);
  if (value == nullptr) return {};
  return std::visit([](const auto& each) { return fmt::format("{}", each); }, *value);
}

void Event::replace(std::string_view key, std::string value) {
  const auto found = std::find_if(fields_.begin(), fields_.end(),
                                  [key](const Field& field) { return field.key == key; });
  if (found != fields_.end()) found->value = std::move(value);
}

void Event::make_harmless(std::size_t most) {
  for (auto& field : fields_) {
    if (auto* text = std::get_if<std::string>(&field.value)) *text = one_line(*text, most);
  }
  message_ = one_line(message_, most);
}

std::string Event::text() const {
  std::string out(name_);
  for (const auto& field : fields_) {
    std::visit(
        [&](const auto& value) {
          fmt::format_to(std::back_inserter(out), " {}={}", field.key, value);
        },
        field.value);
  }
  if (!out.empty() && !message_.empty()) out += ' ';
  return out + message_;
}

}  // namespace uvinetd
