// SPDX-License-Identifier: ISC
#include "core/config/load/rpc_file.h"

#include "core/config/field_reader.h"
#include "core/config/load/database_text.h"

namespace uvinetd {
namespace {

struct KnownProgram {
  std::string_view name;
  std::uint32_t number;
};

// Programs that an inetd has ever started, by IANA's numbers.
constexpr KnownProgram kKnown[] = {
    {"rstatd", 100001},     {"rstat", 100001},     {"rusersd", 100002},    {"rusers", 100002},
    {"nfs", 100003},        {"ypserv", 100004},    {"mountd", 100005},     {"mount", 100005},
    {"ypbind", 100007},     {"walld", 100008},     {"rwall", 100008},      {"yppasswdd", 100009},
    {"etherstatd", 100010}, {"rquotad", 100011},   {"rquota", 100011},     {"sprayd", 100012},
    {"spray", 100012},      {"rexd", 100017},      {"rex", 100017},        {"nlockmgr", 100021},
    {"status", 100024},     {"bootparam", 100026}, {"bootparamd", 100026}, {"sgi_fam", 391002},
};

}  // namespace

RpcFile::RpcFile(std::string_view text) {
  while (!text.empty()) add_line(take_line(text));
  for (const auto& known : kKnown) numbers_.try_emplace(std::string(known.name), known.number);
}

// `name number alias...`
void RpcFile::add_line(std::string_view line) {
  const auto name = take_word(line);
  const auto number = parse_number(take_word(line), UINT32_MAX);
  if (name.empty() || !number) return;
  numbers_.try_emplace(std::string(name), *number);
  for (auto alias = take_word(line); !alias.empty(); alias = take_word(line)) {
    numbers_.try_emplace(std::string(alias), *number);
  }
}

std::optional<std::uint32_t> RpcFile::number_of(std::string_view name) const {
  if (const auto number = parse_number(name, UINT32_MAX)) return *number;
  const auto found = numbers_.find(name);
  if (found == numbers_.end()) return std::nullopt;
  return found->second;
}

std::vector<std::string> RpcFile::all() const {
  std::vector<std::string> names;
  names.reserve(numbers_.size());
  for (const auto& [name, number] : numbers_) names.push_back(name);
  return names;
}

const RpcFile& system_rpc_names() {
  static const RpcFile names(read_database("/etc/rpc"));
  return names;
}

}  // namespace uvinetd
