// SPDX-License-Identifier: ISC
#include "core/config/load/rooted_file.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <string_view>

#include "core/base/unique_fd.h"
#include "spawn/script_line.h"

namespace uvinetd {
namespace {

constexpr int kMostLinks = 40;        // as the kernel
constexpr int kMostInterpreters = 5;  // the same, and the linker
constexpr std::size_t kMostPath = PATH_MAX;

std::optional<std::string> link_at(const std::string& path) {
  std::array<char, PATH_MAX> target{};
  const auto size = ::readlink(path.c_str(), target.data(), target.size());
  if (size <= 0) return std::nullopt;
  return std::string(target.data(), static_cast<std::size_t>(size));
}

std::string parent_of(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

template <typename Header, typename Segment>
std::string linker_of(int fd) {
  Header header{};
  if (::pread(fd, &header, sizeof header, 0) != sizeof header) return "";
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    Segment segment{};
    const auto at = static_cast<off_t>(header.e_phoff + i * sizeof segment);
    if (::pread(fd, &segment, sizeof segment, at) != sizeof segment) return "";
    if (segment.p_type != PT_INTERP || segment.p_filesz >= PATH_MAX) continue;
    std::string path(segment.p_filesz, '\0');
    const auto size = ::pread(fd, path.data(), path.size(), static_cast<off_t>(segment.p_offset));
    if (size != static_cast<ssize_t>(path.size())) return "";
    return path.substr(0, path.find('\0'));
  }
  return "";
}

// What executes this file; "": nothing else.
std::string interpreter_of(const std::string& host_path) {
  const UniqueFd fd(::open(host_path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.is_open()) return "";  // it can be executed all the same
  std::array<char, kScriptHead> head{};
  const auto size = ::pread(fd.get(), head.data(), head.size(), 0);
  if (size <= 0) return "";
  const std::string_view text(head.data(), static_cast<std::size_t>(size));
  if (const auto line = read_script_line(text)) return line->interpreter;
  if (!text.starts_with(ELFMAG) || size < EI_NIDENT) return "";
  return head[EI_CLASS] == ELFCLASS64 ? linker_of<Elf64_Ehdr, Elf64_Phdr>(fd.get())
                                      : linker_of<Elf32_Ehdr, Elf32_Phdr>(fd.get());
}

bool is_executable_file(const std::string& host_path) {
  struct stat status {};
  return ::stat(host_path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
         (status.st_mode & 0111U) != 0;
}

}  // namespace

std::optional<std::string> resolve_inside(const std::string& root, const std::string& path) {
  std::string inside;  // "" is the root
  std::string rest = path;
  int links = 0;
  while (!rest.empty()) {
    const auto begin = rest.find_first_not_of('/');
    if (begin == std::string::npos) break;
    const auto end = std::min(rest.find('/', begin), rest.size());
    const auto name = rest.substr(begin, end - begin);
    rest.erase(0, end);
    if (name == ".") continue;
    if (name == "..") {
      inside = parent_of(inside);
      continue;
    }
    auto next = inside;
    next += '/';
    next += name;
    const auto host = root + next;
    if (const auto link = link_at(host)) {
      if (++links > kMostLinks || link->size() + rest.size() > kMostPath) return std::nullopt;
      if (link->front() == '/') inside.clear();
      rest.insert(0, *link);
      continue;
    }
    if (::access(host.c_str(), F_OK) != 0) return std::nullopt;
    inside = std::move(next);
  }
  return inside.empty() ? "/" : inside;
}

Executables executables_of(const std::string& root, const std::string& program) {
  Executables out;
  std::string next = program;
  for (int i = 0; i < kMostInterpreters && !next.empty(); ++i) {
    const auto inside = resolve_inside(root, next);
    if (!inside || !is_executable_file(root + *inside)) {
      out.missing = next;
      return out;
    }
    out.files.push_back(*inside);
    next = interpreter_of(root + *inside);
  }
  return out;
}

bool is_below(const std::string& path, const std::string& directory) {
  if (directory == "/" || path == directory) return true;
  return path.starts_with(directory) && path[directory.size()] == '/';
}

}  // namespace uvinetd
