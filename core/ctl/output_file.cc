// SPDX-License-Identifier: ISC
#include "core/ctl/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "core/base/unique_fd.h"

namespace uvinetd {
namespace {

Status write_all(int fd, std::string_view text, const std::string& subject) {
  while (!text.empty()) {
    const auto count = ::write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail_errno("write", subject);
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

// "" for a name without a folder: the working directory.
std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash + 1);
}

// Removes the temporary file unless it has got its name.
class Draft {
 public:
  explicit Draft(const std::string& path) : path_(folder_of(path) + ".uvinetctl.XXXXXX") {
    fd_ = UniqueFd(mkostemp(path_.data(), O_CLOEXEC));
    if (!fd_.is_open()) error_ = errno;
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  ~Draft() {
    if (fd_.is_open() && !is_placed_) unlink(path_.c_str());
  }

  Status fill(std::string_view text) {
    if (!fd_.is_open()) return fail("create", path_, error_);
    if (auto written = write_all(fd_.get(), text, path_); !written) return written;
    if (fchmod(fd_.get(), 0644) != 0) return fail_errno("chmod", path_);
    if (fsync(fd_.get()) != 0) return fail_errno("fsync", path_);
    return {};
  }

  Status place(const std::string& path, IfThere if_there) {
    if (if_there == IfThere::Refuse) {
      if (link(path_.c_str(), path.c_str()) == 0) return {};  // the draft's own name goes below
      // A file system without hard links: what is there now has been looked at before.
      if (errno == EEXIST || !is_without_links(errno)) return fail_errno("write", path);
    }
    if (rename(path_.c_str(), path.c_str()) != 0) return fail_errno("rename", path);
    is_placed_ = true;
    return {};
  }

 private:
  static bool is_without_links(int code) {
    return code == EPERM || code == EOPNOTSUPP || code == ENOSYS || code == EMLINK;
  }

  std::string path_;
  UniqueFd fd_;
  int error_ = 0;
  bool is_placed_ = false;
};

// So that the name itself survives a crash; a file system that cannot is no failure.
void sync_folder(const std::string& path) {
  const auto folder = folder_of(path);
  const UniqueFd fd(
      open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.is_open()) (void)fsync(fd.get());
}

}  // namespace

Status write_whole_file(const std::string& path, std::string_view text, IfThere if_there) {
  struct stat status {};
  const bool is_there = lstat(path.c_str(), &status) == 0;
  if (is_there && S_ISDIR(status.st_mode)) return fail("write", path, EISDIR);
  if (is_there && if_there == IfThere::Refuse) return fail("write", path, EEXIST);
  Draft draft(path);
  if (auto filled = draft.fill(text); !filled) return filled;
  if (auto placed = draft.place(path, if_there); !placed) return placed;
  sync_folder(path);
  return {};
}

Status write_standard_output(std::string_view text) {
  return write_all(STDOUT_FILENO, text, "standard output");
}

}  // namespace uvinetd
