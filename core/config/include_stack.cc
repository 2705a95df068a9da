// SPDX-License-Identifier: ISC
#include "core/config/include_stack.h"

#include <algorithm>
#include <filesystem>

#include "core/config/front_end.h"

namespace uvinetd {

void IncludeStack::push(const std::string& file) {
  open_.push_back(std::filesystem::path(file).lexically_normal().string());
}

std::string IncludeStack::resolve(const std::string& path) const {
  return (std::filesystem::path(open_.back()).parent_path() / path).string();
}

std::string IncludeStack::objection(const std::string& path) const {
  const auto normal = std::filesystem::path(path).lexically_normal().string();
  if (std::find(open_.begin(), open_.end(), normal) != open_.end()) {
    return path + " includes itself";
  }
  if (open_.size() <= kDeepestInclude) return "";
  return "files include one another too deeply: " + path + " is not read";
}

}  // namespace uvinetd
