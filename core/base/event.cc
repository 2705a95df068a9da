// SPDX-License-Identifier: ISC
#include "core/base/event.h"

#include <algorithm>
#include <iterator>

namespace uvinetd {

const Event::Value* Event::find(std::string_view key) const {
  const auto found = std::find_if(fields_.begin(), fields_.end(),
                                  [key](const Field& field) { return field.key == key; });
  return found == fields_.end() ? nullptr : &found->value;
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
  return out;
}

}  // namespace uvinetd
