// SPDX-License-Identifier: ISC
#include "core/config/config_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "core/base/unique_fd.h"
#include "core/config/quote.h"

namespace uvinetd {
namespace {

constexpr std::size_t kLargestFile = std::size_t{64} << 20U;  // bytes

class FileReader {
 public:
  FileReader(bool is_root, Diagnostics& diagnostics)
      : is_root_(is_root), diagnostics_(diagnostics) {}

  void read_path(const std::string& path) {
    struct stat status {};
    if (path.find('\0') != std::string::npos || path.empty()) {
      return refuse(path, "file", "bad file name " + quoted(path));
    }
    if (stat(path.c_str(), &status) != 0) return refuse_errno(path, "cannot open");
    if (S_ISDIR(status.st_mode)) return read_directory(path);
    read_file(path);
  }

  ConfigFiles take() { return std::move(out_); }

 private:
  void say(Severity severity, const std::string& path, const char* slug, std::string message,
           std::string hint = {}) {
    const SourcePosition at{std::make_shared<const std::string>(path)};
    diagnostics_.push_back({severity, at, std::move(message), std::move(hint), slug});
  }
  void refuse(const std::string& path, const char* slug, std::string message,
              std::string hint = {}) {
    out_.is_unreadable = true;
    say(Severity::Error, path, slug, std::move(message), std::move(hint));
  }
  void refuse_errno(const std::string& path, const char* what) {
    refuse(path, "file", std::string(what) + ": " + std::strerror(errno));
  }

  // Root's own group may write: its members are as good as root.
  bool is_safe(const std::string& path, const struct stat& status) {
    const auto others = status.st_mode & (status.st_gid == 0 ? S_IWOTH : S_IWOTH | S_IWGRP);
    if (!is_root_ || others == 0) return true;
    refuse(path, "unsafe-file", "others than its owner can write this configuration",
           "chmod go-w " + path);
    return false;
  }

  // The file is looked at before it is opened: opening a device can have effects of its own.
  void read_file(const std::string& path) {
    struct stat status {};
    if (stat(path.c_str(), &status) != 0) return refuse_errno(path, "cannot open");
    if (!S_ISREG(status.st_mode)) return refuse(path, "file", "not a regular file");
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!fd.is_open()) return refuse_errno(path, "cannot open");
    if (fstat(fd.get(), &status) != 0) return refuse_errno(path, "cannot read");
    if (!S_ISREG(status.st_mode)) return refuse(path, "file", "not a regular file");
    if (!is_safe(path, status)) return;
    ConfigFile file{path, {}};
    file.text.reserve(std::min(static_cast<std::size_t>(status.st_size), kLargestFile) + 1);
    if (read_all(fd.get(), path, file.text)) out_.files.push_back(std::move(file));
  }

  bool read_all(int fd, const std::string& path, std::string& text) {
    char buffer[65536];
    for (;;) {
      const auto count = ::read(fd, buffer, sizeof buffer);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) {
        refuse_errno(path, "cannot read");
        return false;
      }
      if (count == 0) return true;
      text.append(buffer, static_cast<std::size_t>(count));
      if (text.size() > kLargestFile) {
        refuse(path, "too-large", "the file is larger than 64 MiB");
        return false;
      }
    }
  }

  void read_directory(const std::string& path) {
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(path.c_str()), closedir);
    if (!directory) return refuse_errno(path, "cannot open");
    struct stat status {};
    if (fstat(dirfd(directory.get()), &status) != 0) return refuse_errno(path, "cannot read");
    if (!is_safe(path, status)) return;
    std::vector<std::string> names;
    errno = 0;
    while (const auto* entry = readdir(directory.get())) names.emplace_back(entry->d_name);
    if (errno != 0) return refuse_errno(path, "cannot read");
    std::sort(names.begin(), names.end());
    for (const auto& name : names) {
      if (name != "." && name != "..") read_member(path, name);
    }
  }

  void read_member(const std::string& directory, const std::string& name) {
    const auto path = directory + (directory.ends_with('/') ? "" : "/") + name;
    if (is_leftover_name(name)) {
      return say(Severity::Note, path, "skipped", "skipped: its name is that of a backup");
    }
    struct stat status {};
    if (stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
      return say(Severity::Note, path, "skipped", "skipped: not a regular file");
    }
    read_file(path);
  }

  bool is_root_;
  Diagnostics& diagnostics_;
  ConfigFiles out_;
};

// The first lines that are neither empty nor comments.
std::vector<std::string_view> first_lines(std::string_view text, std::size_t most) {
  std::vector<std::string_view> lines;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  while (!text.empty() && lines.size() < most) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const auto begin = line.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos || line[begin] == '#') continue;
    line.remove_prefix(begin);
    lines.push_back(line.substr(0, line.find_last_not_of(" \t\r") + 1));
  }
  return lines;
}

std::vector<std::string_view> words_of(std::string_view line, std::size_t most) {
  std::vector<std::string_view> words;
  while (words.size() < most) {
    const auto begin = line.find_first_not_of(" \t");
    if (begin == std::string_view::npos) break;
    line.remove_prefix(begin);
    const auto size = std::min(line.find_first_of(" \t"), line.size());
    words.push_back(line.substr(0, size));
    line.remove_prefix(size);
  }
  return words;
}

}  // namespace

ConfigFiles read_config_files(const std::vector<std::string>& paths, bool is_root,
                              Diagnostics& diagnostics) {
  FileReader reader(is_root, diagnostics);
  for (const auto& path : paths) reader.read_path(path);
  return reader.take();
}

bool is_leftover_name(std::string_view name) {
  static constexpr std::array<std::string_view, 6> kEnds{"~",       ".bak",     ".rpmsave",
                                                         ".rpmnew", ".rpmorig", ".swp"};
  const bool has_end = std::any_of(kEnds.begin(), kEnds.end(),
                                   [&](std::string_view end) { return name.ends_with(end); });
  return has_end || name.starts_with('.') || name.find(".dpkg-") != std::string_view::npos ||
         (name.starts_with('#') && name.ends_with('#'));
}

Language language_of(std::string_view name, std::string_view text) {
  if (name.ends_with(".toml")) return Language::Toml;
  const auto lines = first_lines(text, 2);
  if (lines.empty()) return Language::InetdConf;
  const auto words = words_of(lines[0], 4);
  const bool opens_here = words.back() == "{";
  const bool opens = opens_here || (lines.size() > 1 && lines[1].starts_with('{'));
  const auto count = words.size() - (opens_here ? 1 : 0);
  if (opens && count == 1 && words[0] == "defaults") return Language::Xinetd;
  if (opens && count == 2 && words[0] == "service") return Language::Xinetd;
  if (count == 2 && (words[0] == "includedir" || words[0] == "include")) return Language::Xinetd;
  const bool is_table = lines[0].starts_with('[') && lines[0].ends_with(']') && words.size() == 1;
  return is_table ? Language::Toml : Language::InetdConf;
}

}  // namespace uvinetd
