// SPDX-License-Identifier: ISC
// Any bytes as an xinetd.conf. A NUL byte ends it; what follows is a file that it may include as
// /a, /d/a and /d/b.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/load/services_file.h"
#include "core/config/xinetd/xinetd_conf.h"
#include "tests/fuzz/require.h"

namespace uvinetd {
namespace {

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

void check_places(const Diagnostics& list, std::string_view text, std::string_view included) {
  const testing::TextLines own(text);
  const testing::TextLines other(included);
  for (const auto& diagnostic : list) {
    require(diagnostic.at.file != nullptr);
    require(testing::is_well_told(diagnostic, *diagnostic.at.file == "f" ? own : other));
  }
}

void check(const ParsedConfig& parsed) {
  require_sound(parsed);
  for (const auto& spec : parsed.services) {
    require(spec.listen.empty() == !spec.more->tcpmux.empty());
    require(!is_health_check(spec));
    require(!spec.more->deny_time || spec.more->is_sensor);
    for (const auto& listen : spec.listen)
      require((listen.port == 0) == spec.more->rpc.has_value());
  }
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
