// SPDX-License-Identifier: ISC
#include "spawn/program_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <utility>
#ifdef __linux__
#include <sys/xattr.h>
#endif

#include "core/base/escape.h"
#include "core/base/unique_fd.h"
#include "spawn/elf_file.h"
#include "spawn/script_line.h"

namespace uvinetd {
namespace {

class OpenFile final : public FileBytes {
 public:
  // A file that can be read, or what keeps it from being one, as the end of a sentence.
  std::string_view open(const std::string& path) {
    // A FIFO would wait for its writer.
    fd_.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!fd_.is_open()) return errno == ENOENT ? "does not exist" : "cannot be read";
    struct stat status {};
    if (fstat(fd_.get(), &status) != 0 || !S_ISREG(status.st_mode)) return "is no regular file";
    mode_ = status.st_mode;
    return {};
  }

  std::size_t read(std::uint64_t offset, std::span<char> out) const override {
    std::size_t done = 0;
    while (done < out.size()) {
      const auto at = static_cast<off_t>(offset + done);
      const auto count = at < 0 ? 0 : pread(fd_.get(), out.data() + done, out.size() - done, at);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) break;
      done += static_cast<std::size_t>(count);
    }
    return done;
  }

  // What makes the dynamic linker deaf to the environment. Kernels heed none of it on a script.
  [[nodiscard]] std::string_view privilege() const {
    if ((mode_ & S_ISUID) != 0) return "is set-user-id";
    if ((mode_ & S_ISGID) != 0 && (mode_ & S_IXGRP) != 0) return "is set-group-id";
#ifdef __linux__
    if (fgetxattr(fd_.get(), "security.capability", nullptr, 0) > 0) {
      return "has file capabilities";
    }
#endif
    return {};
  }

 private:
  UniqueFd fd_;
  mode_t mode_ = 0;
};

bool is_program(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
         faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) == 0;
}

// As execvp(3) finds it. "": it does not.
std::string find_in(std::string_view search_path, const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  if (search_path.empty()) search_path = "/bin:/usr/bin";
  while (true) {
    const auto colon = search_path.find(':');
    const auto folder = search_path.substr(0, colon);
    auto path = std::string(folder) + '/' + name;
    if (folder.starts_with('/') && is_program(path)) return path;
    if (colon == std::string_view::npos) return {};
    search_path.remove_prefix(colon + 1);
  }
}

// A script may name anything as its interpreter.
std::string shown(const std::string& path) {
  constexpr std::size_t kLongest = 80;
  return one_line(path, kLongest);
}

// Follows one file after the other; each either ends the search or names the next one.
class Inspection {
 public:
  explicit Inspection(std::string_view search_path) : search_path_(search_path) {}

  ProgramFile run(const std::string& path) {
    auto next = look_at(path);
    while (next) next = look_at(std::string(*next));
    return std::move(found_);
  }

 private:
  using Next = std::optional<std::string>;

  // The file last looked at is the subject.
  Next refuse(std::string_view hindrance) {
    found_.reason =
        found_.files.size() == 1 ? "it" : "its interpreter " + shown(found_.files.back());
    found_.reason.append(" ").append(hindrance);
    return std::nullopt;
  }

  Next look_at(const std::string& path) {
    found_.files.push_back(path);
    if (found_.files.size() > kMostInterpreters + 1) return refuse("is one too many");
    if (!path.starts_with('/')) return refuse("has no absolute path");
    OpenFile file;
    if (const auto why = file.open(path); !why.empty()) return refuse(why);
    std::array<char, kScriptHead> bytes;
    const std::string_view head(bytes.data(), file.read(0, bytes));
    if (const auto line = read_script_line(head)) return follow(*line);
    if (!is_elf(head)) return refuse("is no ELF file or script");
    return finish(file);
  }

  // An interpreter that is env(1) must itself hear the library, which counts the hops.
  Next follow(const ScriptLine& line) {
    if (line.interpreter.empty()) return refuse("names no interpreter");
    if (!line.is_env()) return line.interpreter;
    const auto name = line.env_program();
    if (!name) return refuse("is run by env with more than the name of a program");
    sought_ = *name;
    return line.interpreter;
  }

  Next finish(const OpenFile& file) {
    if (const auto why = file.privilege(); !why.empty()) return refuse(why);
    if (const auto why = elf_hindrance(file); !why.empty()) return refuse(why);
    if (sought_.empty()) return std::nullopt;
    ++found_.hops;
    const auto name = std::exchange(sought_, {});
    auto path = find_in(search_path_, name);
    if (!path.empty()) return path;
    found_.reason = "its interpreter " + shown(name) + " is not in its PATH";
    return std::nullopt;
  }

  std::string_view search_path_;
  ProgramFile found_;
  std::string sought_;  // by env(1), once that itself has been looked at
};

std::string_view base_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

ProgramFile inspect_program(const std::string& path, std::string_view search_path) {
  return Inspection(search_path).run(path);
}

std::string_view little_gain(std::string_view program, const std::vector<std::string>& argv) {
  const auto name = base_name(program);
  if (name == "tcpd") return "tcpd executes the server for each client";
  if (name == "fingerd" || name == "in.fingerd") return "it executes finger for each client";
  const bool is_git_daemon =
      name == "git-daemon" || (name == "git" && argv.size() > 1 && argv[1] == "daemon");
  return is_git_daemon ? "it executes another git for each client" : "";
}

}  // namespace uvinetd
