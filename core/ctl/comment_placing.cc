// SPDX-License-Identifier: ISC
#include "core/ctl/comment_placing.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace uvinetd {
namespace {

// One file with the services that stand in it, in the order of their lines.
class PlacedFile {
 public:
  explicit PlacedFile(const ConfigFile& file)
      : outline_(outline_of(file.text, language_of(file.name, file.text))) {}

  void add(const ServiceSpec& spec) { services_.push_back(&spec); }
  void sort() {
    std::stable_sort(
        services_.begin(), services_.end(),
        [](const ServiceSpec* a, const ServiceSpec* b) { return a->at.line < b->at.line; });
  }

  [[nodiscard]] const std::vector<Comment>& comments() const { return outline_.comments; }

  // The service whose entry has this line; null: its entry is no service, or was left out.
  [[nodiscard]] const ServiceSpec* service_at(int line) const {
    const auto next = std::upper_bound(outline_.entries.begin(), outline_.entries.end(), line);
    if (next == outline_.entries.begin()) return nullptr;
    const auto above = std::upper_bound(services_.begin(), services_.end(), line, is_before);
    // Several may share an entry: the last of them that begins above.
    if (above == services_.begin()) return nullptr;
    const auto* spec = *(above - 1);
    return spec->at.line >= *(next - 1) ? spec : nullptr;
  }
  [[nodiscard]] const ServiceSpec* service_below(int line) const {
    const auto found = std::upper_bound(services_.begin(), services_.end(), line, is_before);
    return found == services_.end() ? nullptr : *found;
  }

  // How many comments come before the first entry and do not touch it.
  [[nodiscard]] std::size_t head_size() const {
    const auto& list = outline_.comments;
    if (services_.empty()) return list.size();  // they are about what it includes
    int touching = outline_.entries.front();
    const auto end = std::find_if(list.begin(), list.end(),
                                  [&](const Comment& each) { return each.line > touching; });
    auto at = end;
    while (at != list.begin() && (at - 1)->line == touching - 1) {
      --at;
      --touching;
    }
    return static_cast<std::size_t>(at - list.begin());
  }

 private:
  static bool is_before(int line, const ServiceSpec* spec) { return line < spec->at.line; }

  SourceOutline outline_;
  std::vector<const ServiceSpec*> services_;
};

class Placing {
 public:
  explicit Placing(const WrittenConfig& config) : config_(config) {
    files_.reserve(config.files.size());
    for (const auto& file : config.files) {
      // A file that is read twice has its comments once.
      if (by_name_.try_emplace(file.name, files_.size()).second) files_.emplace_back(file);
    }
    for (const auto& spec : config.services) {
      if (auto* file = file_of(spec.at)) file->add(spec);
    }
    for (auto& file : files_) file.sort();
  }

  PlacedComments run() {
    for (auto& file : files_) place(file);
    for (const auto& diagnostic : config_.diagnostics) place(diagnostic);
    return std::move(out_);
  }

 private:
  PlacedFile* file_of(const SourcePosition& at) {
    if (!at.file) return nullptr;
    const auto found = by_name_.find(*at.file);
    return found == by_name_.end() ? nullptr : &files_[found->second];
  }

  void place(const PlacedFile& file) {
    const auto head = &file == files_.data() ? file.head_size() : 0;
    for (std::size_t i = 0; i < file.comments().size(); ++i) {
      const auto& comment = file.comments()[i];
      if (i < head) {
        out_.head.push_back(comment.text);
        continue;
      }
      const auto* spec = comment.is_inside ? file.service_at(comment.line) : nullptr;
      if (spec == nullptr) spec = file.service_below(comment.line);
      auto& list = spec == nullptr ? out_.tail : out_.of_service[spec->id];
      list.push_back(comment.text);
    }
  }

  void place(const Diagnostic& diagnostic) {
    auto* file = file_of(diagnostic.at);
    const auto* spec = file == nullptr || diagnostic.severity == Severity::Error
                           ? nullptr
                           : file->service_at(diagnostic.at.line);
    if (spec == nullptr) {
      out_.head.push_back(diagnostic.text());
      return;
    }
    auto text = diagnostic;
    text.at = {};
    const auto whole = text.text();
    out_.of_service[spec->id].push_back(whole.substr(whole.find(": ") + 2));
  }

  const WrittenConfig& config_;
  std::vector<PlacedFile> files_;
  std::unordered_map<std::string, std::size_t> by_name_;
  PlacedComments out_;
};

}  // namespace

PlacedComments place_comments(const WrittenConfig& config) {
  return Placing(config).run();
}

}  // namespace uvinetd
