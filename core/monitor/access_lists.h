// SPDX-License-Identifier: ISC
// The lists of access rules that services are judged by (spawn/access/): made here, because only
// the monitor reads files, and given to each reactor.
//
// A list has a number for as long as some service uses it, and none is used twice. Rules that are
// written in the configuration make one list, however many services have the same; each file of
// rules is one of its own, which may change without a reload.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/log.h"
#include "core/base/unique_fd.h"
#include "core/config/access_rule.h"
#include "core/config/load/file_reader.h"
#include "spawn/access/access_list.h"
#include "spawn/file_stamp.h"

namespace uvinetd {

class ReactorRole;

class AccessLists {
 public:
  // As root, a file that others may write is not read.
  explicit AccessLists(bool is_root) : reader_(is_root) {}

  // A table is made from here on ...
  void begin_table();
  // ... and its services have these lists.
  std::vector<std::uint32_t> numbers_of(const std::vector<std::string>& rules);
  // The table before is not used any more.
  void forget_unused();

  // Looks at the files that have changed. One with an error keeps its last good rules; what is
  // wrong is told once. True: there is something to be sent.
  bool refresh();
  // What went wrong since this was last called, a line each.
  std::vector<std::string> take_problems();
  // The files that count just now.
  [[nodiscard]] std::vector<std::string> files() const;

  // What the reactor does not have yet; all, to a new one.
  void send_new(ReactorRole& reactor);
  void send_all(ReactorRole& reactor);

 private:
  struct List {
    std::uint32_t number = 0;
    std::uint32_t used_in = 0;  // the table that was made last with it
    std::string bytes;          // of a small one, or
    UniqueFd memory;
    bool is_sent = false;
    // Of a file.
    std::string path;
    std::optional<FileStamp> stamp;
    std::string problem;  // that was told
  };

  List& list_of(const std::string& key);
  void set_rules(List& list, AccessRules rules);
  void look_at(List& list);
  void tell(List& list, std::string problem);

  FileReader reader_;
  std::map<std::string, List> lists_;  // by what they are made of
  // By where the rules lie: services that share their options share the rules too.
  std::unordered_map<const std::vector<std::string>*, std::vector<std::uint32_t>> known_;
  std::vector<std::string> problems_;
  std::uint32_t last_number_ = 0;
  std::uint32_t table_ = 0;
};

// From rules as they are written, users and groups by number, to what a list is made of. An
// interface that is not there makes the list broken.
[[nodiscard]] AccessRules collect_rules(const std::vector<AccessRule>& rules);

}  // namespace uvinetd
