// SPDX-License-Identifier: ISC
#include "core/monitor/error_file_store.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "core/monitor/append_file.h"

namespace uvinetd {
namespace {

bool is_still(const std::string& path, int fd) {
  struct stat named {};
  struct stat open {};
  return ::lstat(path.c_str(), &named) == 0 && ::fstat(fd, &open) == 0 &&
         named.st_dev == open.st_dev && named.st_ino == open.st_ino;
}

}  // namespace

void ErrorFileStore::want(const Wanted& wanted) {
  wanted_ = wanted;
  auto before = std::exchange(files_, {});
  for (auto& [path, fd] : before) {
    if (is_wanted(path) && is_still(path, fd.get())) files_.emplace(path, std::move(fd));
  }
  std::erase_if(told_, [this](const std::string& path) { return !is_wanted(path); });
  (void)open_missing();
}

bool ErrorFileStore::is_wanted(const std::string& path) const {
  return std::any_of(wanted_.begin(), wanted_.end(),
                     [&](const auto& each) { return each.second.contains(path); });
}

bool ErrorFileStore::open_missing() {
  bool has_new = false;
  has_failed_ = false;
  for (const auto& [identity, paths] : wanted_) {
    for (const auto& path : paths) {
      if (files_.contains(path)) continue;
      if (auto opened = open_only_name(path)) {
        files_.emplace(path, std::move(*opened));
        told_.erase(path);
        has_new = true;
        continue;
      } else if (told_.insert(path).second) {
        log_.error("stderr = \"file:{}\": {}; its services start no server", path,
                   opened.error().text());
      }
      has_failed_ = true;
    }
  }
  return has_new;
}

ErrorFileStore::Files ErrorFileStore::of(std::uint32_t identity) const {
  Files out;
  const auto wanted = wanted_.find(identity);
  if (wanted == wanted_.end()) return out;
  for (const auto& path : wanted->second) {
    if (const auto found = files_.find(path); found != files_.end()) {
      out.emplace_back(path, found->second.get());
    }
  }
  return out;
}

}  // namespace uvinetd
