// SPDX-License-Identifier: ISC
// Any bytes as an xinetd.conf. A NUL byte ends it; what follows is a file that it may include as
// /a, /d/a and /d/b.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "core/config/load/services_file.h"
#include "core/config/xinetd/xinetd_conf.h"

namespace uvinetd {
namespace {

void require(bool claim) {
  if (!claim) std::abort();
}

class OneFile final : public IncludeSource {
 public:
  explicit OneFile(std::string_view text) : text_(text) {}

  std::optional<ConfigFile> read(const std::string& path, const SourcePosition& at,
                                 Diagnostics& diagnostics) override {
    if (path == "/a" || path == "/d/a" || path == "/d/b") return ConfigFile{path, text_};
    diagnostics.push_back({Severity::Error, at, "no such file", "", "file"});
    return std::nullopt;
  }
  std::optional<std::vector<std::string>> list(const std::string&, const SourcePosition&,
                                               Diagnostics&) override {
    return std::vector<std::string>{"a", "a.bak", "b", "b~"};
  }
  std::vector<std::string> glob(const std::string&) override { return {}; }

 private:
  std::string text_;
};

std::vector<std::size_t> line_sizes(std::string_view text) {
  std::vector<std::size_t> sizes{0};
  for (const char c : text) {
    if (c == '\n') {
      sizes.push_back(0);
    } else {
      ++sizes.back();
    }
  }
  return sizes;
}

void check_places(const Diagnostics& list, std::string_view text, std::string_view included) {
  const auto own = line_sizes(text);
  const auto other = line_sizes(included);
  for (const auto& diagnostic : list) {
    require(!diagnostic.text().empty() && !diagnostic.slug.empty());
    if (diagnostic.slug == "too-many") continue;
    require(diagnostic.at.file != nullptr);
    const auto& sizes = *diagnostic.at.file == "f" ? own : other;
    const auto line = static_cast<std::size_t>(diagnostic.at.line);
    require(line >= 1 && line <= sizes.size() && diagnostic.at.column >= 1);
    require(static_cast<std::size_t>(diagnostic.at.column) <= sizes[line - 1] + 1);
  }
}

void check(const ParsedConfig& parsed) {
  std::unordered_set<std::string> ids;
  for (const auto& spec : parsed.services) {
    require(ids.insert(spec.id).second);
    require(spec.listen.empty() == !spec.more->tcpmux.empty());
    require(spec.internal.empty() == !spec.program.empty());
    require(spec.internal.empty() == !spec.argv.empty());
    require(!spec.more->allow && spec.more->deny.empty() && spec.more->access_times.empty());
    require(!spec.more->is_sensor && !spec.more->redirect && spec.more->libwrap.empty());
    for (const auto& listen : spec.listen)
      require((listen.port == 0) == spec.more->rpc.has_value());
  }
  require(parsed.services.size() <= parsed.services_written);
  require(parsed.services.size() == parsed.services_written || has_errors(parsed.diagnostics));
}

}  // namespace
}  // namespace uvinetd

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace uvinetd;
  static const ServicesFile names("");
  std::string_view text(reinterpret_cast<const char*>(data), size);
  std::string_view included;
  if (const auto end = text.find('\0'); end != std::string_view::npos) {
    included = text.substr(end + 1);
    text = text.substr(0, end);
  }
  OneFile includes(included);
  const auto parsed = parse_xinetd_conf(text, "f", {}, names, includes);
  check_places(parsed.diagnostics, text, included);
  check(parsed);
  return 0;
}
