// SPDX-License-Identifier: ISC
#include "core/config/front_end.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>

#include "core/config/socket_index.h"

namespace uvinetd {

void sort_by_place(Diagnostics& diagnostics, const std::vector<std::string>& files) {
  if (diagnostics.empty()) return;
  std::unordered_map<std::string, std::size_t> ranks;
  for (const auto& file : files) ranks.try_emplace(file, ranks.size() + 1);
  const auto key = [&](const Diagnostic& diagnostic) {
    const auto found = diagnostic.at.file ? ranks.find(*diagnostic.at.file) : ranks.end();
    const auto rank = found == ranks.end() ? 0 : found->second;
    return std::tuple(rank, diagnostic.at.line, diagnostic.at.column);
  };
  std::stable_sort(diagnostics.begin(), diagnostics.end(),
                   [&](const Diagnostic& a, const Diagnostic& b) { return key(a) < key(b); });
}

void drop_duplicates(std::vector<ServiceSpec>& services, Diagnostics& diagnostics) {
  drop_what_is_claimed(services, diagnostics,
                       [](ServiceSpec& spec) -> ServiceSpec& { return spec; });
}

}  // namespace uvinetd
