// SPDX-License-Identifier: ISC
#include "core/base/installed.h"

#include <unistd.h>

#include <array>
#include <climits>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace uvinetd {

std::string own_program() {
  constexpr std::string_view kDeleted = " (deleted)";  // proc(5): replaced meanwhile
  std::array<char, PATH_MAX> path{};
  const auto size = readlink("/proc/self/exe", path.data(), path.size() - 1);
  if (size <= 0) return UVINETD_SBINDIR "/uvinetd";
  std::string_view text(path.data(), static_cast<std::size_t>(size));
  if (text.ends_with(kDeleted)) text.remove_suffix(kDeleted.size());
  return std::string(text);
}

std::vector<std::string> program_folders(const std::string& own) {
  const auto folder = own.substr(0, own.rfind('/'));
  return {folder, folder + "/../libexec/uvinetd", UVINETD_LIBEXECDIR};
}

std::string find_program(const std::string& name) {
  for (const auto& folder : program_folders(own_program())) {
    const auto path = folder + '/' + name;
    if (access(path.c_str(), X_OK) != 0) continue;
    std::error_code error;
    const auto whole = std::filesystem::canonical(path, error);
    return error ? path : whole.string();
  }
  return "";
}

}  // namespace uvinetd
