// SPDX-License-Identifier: ISC
#include "core/config/load/control_groups.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

namespace uvinetd {
namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

// Fields: ... mount point (the fifth) ... " - " type source options.
std::string control_group_mount_in(std::string_view mountinfo) {
  std::istringstream lines{std::string(mountinfo)};
  for (std::string line; std::getline(lines, line);) {
    const auto dash = line.find(" - cgroup2 ");
    if (dash == std::string::npos) continue;
    std::istringstream words(line.substr(0, dash));
    std::string word;
    for (int i = 0; i < 5; ++i) words >> word;
    if (words) return word;
  }
  return "";
}

std::string control_group_mount() {
  return control_group_mount_in(text_of("/proc/self/mountinfo"));
}

bool has_controller(const std::string& mount, std::string_view controller) {
  std::istringstream words(text_of(mount + "/cgroup.controllers"));
  return std::find(std::istream_iterator<std::string>(words), {}, controller) !=
         std::istream_iterator<std::string>();
}

std::optional<std::string> control_group_path(std::string_view written, std::string_view id) {
  std::string out;
  if (written == "auto") {
    out = "uvinetd/";
    for (const char c : id) out += c == '/' || static_cast<unsigned char>(c) <= ' ' ? '_' : c;
  } else {
    out = written.substr(written.starts_with('/') ? 1 : 0);
  }
  const std::string parts = out + '/';
  for (std::size_t at = 0; at < parts.size();) {
    const auto end = parts.find('/', at);
    const auto part = parts.substr(at, end - at);
    if (part.empty() || part == "." || part == "..") return std::nullopt;
    at = end + 1;
  }
  return out;
}

bool may_make_group(const std::string& mount, const std::string& path) {
  auto folder = mount + "/" + path;
  while (::access(folder.c_str(), F_OK) != 0 && folder.size() > mount.size()) {
    folder.resize(folder.rfind('/'));
  }
  return ::access(folder.c_str(), W_OK) == 0 &&
         ::access((folder + "/cgroup.procs").c_str(), W_OK) == 0;
}

}  // namespace uvinetd
