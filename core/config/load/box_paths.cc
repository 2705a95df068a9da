// SPDX-License-Identifier: ISC
// What a box has to do with paths: its root, and what can be had below it.
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "core/config/load/box_resolver.h"
#include "core/config/load/rooted_file.h"
#include "core/config/quote.h"
#include "spawn/path_rights.h"

namespace uvinetd {
namespace {

void sort_unique(std::vector<std::string>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

// Nobody but root may change what is there. What others may write is safe with the sticky bit, for
// it keeps them from replacing what they do not own.
bool is_of_root(const std::string& directory, bool is_last) {
  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0 || status.st_uid != 0) return false;
  const bool is_writable = (status.st_mode & 022U) != 0;
  return !is_writable || (!is_last && (status.st_mode & S_ISVTX) != 0);
}

}  // namespace

bool BoxResolver::is_safe_root(const std::string& root) {
  auto above = root;
  while (true) {
    if (!is_of_root(above.empty() ? "/" : above, above == root)) {
      return refuse("chroot", "chroot",
                    quoted(above.empty() ? "/" : above) +
                        " is not root's alone: what is in the root could be replaced",
                    "chown root, chmod go-w");
    }
    if (above.empty()) return true;
    above.resize(above.rfind('/'));
  }
}

bool BoxResolver::find_root() {
  const auto& program = service_.spec.program;
  if (!more_.chroot.empty()) {
    std::error_code error;
    const auto root = std::filesystem::canonical(more_.chroot, error);
    if (error || !std::filesystem::is_directory(root, error)) {
      return refuse("chroot", "chroot",
                    quoted(more_.chroot) + (error ? " is not there" : " is no directory"));
    }
    box_.root = root.string();
    if (!is_safe_root(box_.root)) return false;
  }
  const bool needs_programs = !more_.chroot.empty() || !more_.inaccessible_paths.empty() ||
                              !more_.landlock_execute.empty() || !more_.landlock_read.empty() ||
                              !more_.landlock_write.empty();
  if (!needs_programs) return true;
  auto found = executables_of(box_.root, program);
  if (!found.missing.empty()) {
    const auto where = box_.root.empty() ? std::string() : " in " + quoted(box_.root);
    const bool is_program = found.missing == program;
    return refuse("chroot", "chroot",
                  quoted(found.missing) +
                      (is_program ? "" : ", which runs " + quoted(program) + ",") +
                      " is no program" + where,
                  "paths are those inside the root");
  }
  executables_ = std::move(found.files);
  if (!more_.working_directory.empty() && !resolve_inside(box_.root, more_.working_directory)) {
    return refuse("chroot", "chroot",
                  "the working directory " + quoted(more_.working_directory) + " is not there");
  }
  return true;
}

// Each path must be there, inside the root; links in it are followed now.
bool BoxResolver::find_each(std::string_view key, const std::vector<std::string>& written,
                            std::vector<std::string>& out) {
  bool is_good = true;
  for (const auto& path : written) {
    if (auto inside = resolve_inside(box_.root, path)) {
      out.push_back(std::move(*inside));
    } else {
      is_good = refuse("path", key, quoted(path) + " is not there");
    }
  }
  sort_unique(out);
  return is_good;
}

bool BoxResolver::holds_programs(std::string_view key, const std::vector<std::string>& hidden) {
  for (const auto& path : hidden) {
    for (const auto& file : executables_) {
      if (!is_below(file, path)) continue;
      return refuse("path", key,
                    quoted(path) + " holds " + quoted(file) + ", which the server is started from");
    }
  }
  return true;
}

bool BoxResolver::find_paths() {
  box_.private_tmp = more_.private_tmp;
  box_.private_network = more_.private_network;
  bool is_good = find_each("read_only_paths", more_.read_only_paths, box_.read_only_paths);
  is_good &= find_each("inaccessible_paths", more_.inaccessible_paths, box_.inaccessible_paths);
  if (!is_good) return false;
  if (!holds_programs("inaccessible_paths", box_.inaccessible_paths)) return false;
  if (!more_.private_tmp) return true;
  if (!resolve_inside(box_.root, "/tmp")) {
    return refuse("path", "private_tmp", "there is no /tmp that could be private");
  }
  const auto& hidden = box_.inaccessible_paths;
  if (std::any_of(hidden.begin(), hidden.end(), [](const auto& path) { return path == "/tmp"; })) {
    return refuse("path", "inaccessible_paths", "/tmp cannot be private and inaccessible");
  }
  return holds_programs("private_tmp", {"/tmp", "/var/tmp"});
}

bool BoxResolver::find_path_rules() {
  struct Rules {
    std::string_view key;
    const std::vector<std::string>& written;
  };
  const Rules all[] = {{"landlock_execute", more_.landlock_execute},
                       {"landlock_read", more_.landlock_read},
                       {"landlock_write", more_.landlock_write}};
  const auto* first = std::find_if(std::begin(all), std::end(all),
                                   [](const Rules& rules) { return !rules.written.empty(); });
  if (first == std::end(all)) return true;
  const int version = path_rights_version();
  if (version == 0) {
    return refuse("unsupported", first->key, "this kernel has no Landlock");
  }
  bool is_good = true;
  std::vector<std::string> unused;
  for (const auto& rules : all) is_good &= find_each(rules.key, rules.written, unused);
  if (!is_good) return false;
  std::vector<std::string> executable;
  is_good = find_each("landlock_execute", more_.landlock_execute, executable);
  for (const auto& file : executables_) {
    const bool is_covered = std::any_of(executable.begin(), executable.end(),
                                        [&](const auto& path) { return is_below(file, path); });
    if (is_covered) continue;
    return refuse("path", first->key,
                  "the server could not be started: " + quoted(file) +
                      " is below no path of \"landlock_execute\"");
  }
  if (version < kTruncateVersion) {
    warning(
        "landlock", first->key,
        "the Landlock of this kernel does not see truncate(2): files that the user may write can "
        "be emptied wherever they are",
        "Linux 6.2 sees it");
  }
  return true;
}

}  // namespace uvinetd
