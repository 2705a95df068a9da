// SPDX-License-Identifier: ISC
#include "core/config/load/config_file.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "core/config/load/file_reader.h"

namespace uvinetd {
namespace {

class ConfigPaths {
 public:
  ConfigPaths(bool is_root, Diagnostics& diagnostics)
      : reader_(is_root), diagnostics_(diagnostics) {}

  void read_path(const std::string& path) {
    const auto kind = reader_.look_at(path);
    if (!kind) return refuse(path, kind.error());
    if (*kind == PathKind::Directory) return read_directory(path);
    read_file(path);
  }

  ConfigFiles take() { return std::move(out_); }

 private:
  void say(Severity severity, const std::string& path, const FileProblem& problem) {
    const SourcePosition at{std::make_shared<const std::string>(path)};
    diagnostics_.push_back({severity, at, problem.message, problem.hint, problem.slug});
  }
  void refuse(const std::string& path, const FileProblem& problem) {
    out_.is_unreadable = true;
    say(Severity::Error, path, problem);
  }
  void skip(const std::string& path, std::string reason) {
    say(Severity::Note, path, {std::move(reason), "", "skipped"});
  }

  void read_file(const std::string& path) {
    auto text = reader_.read(path);
    if (!text) return refuse(path, text.error());
    out_.files.push_back({path, std::move(*text)});
  }

  void read_directory(const std::string& path) {
    const auto names = reader_.names_in(path);
    if (!names) return refuse(path, names.error());
    for (const auto& name : *names) read_member(path, name);
  }

  void read_member(const std::string& directory, const std::string& name) {
    const auto path = directory + (directory.ends_with('/') ? "" : "/") + name;
    if (is_leftover_name(name)) return skip(path, "skipped: its name is that of a backup");
    // One that is gone again is reported as such.
    const auto kind = reader_.look_at(path);
    if (kind && !is_regular_file(path)) return skip(path, "skipped: not a regular file");
    read_file(path);
  }

  FileReader reader_;
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
  ConfigPaths reader(is_root, diagnostics);
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
