// SPDX-License-Identifier: ISC
#include "core/config/inetd/inetd_print.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/config/inetd/print_line.h"
#include "core/config/inetd/print_loss.h"
#include "core/config/quote.h"

namespace uvinetd {
namespace {

// The lines of all services as one text, read again.
class Draft {
 public:
  Draft(const std::vector<ServiceSpec>& services, Dialect dialect, const ServiceNames& names)
      : lines_(services.size()), read_(services.size()), refusals_(services.size()) {
    std::string text;
    for (std::size_t i = 0; i < services.size(); ++i) {
      lines_[i] = inetd_lines(services[i], dialect, names);
      for (const auto& line : lines_[i]) text += line + '\n';
      owners_.resize(owners_.size() + lines_[i].size(), i);
    }
    InetdConfOptions options;
    options.dialect = dialect;
    NoIncludes no_includes;
    parsed_ = parse_inetd_conf(text, "", options, names, no_includes);
    for (const auto& spec : parsed_.services) read_[owner_of(spec.at)].push_back(&spec);
    for (const auto& diagnostic : parsed_.diagnostics) {
      if (diagnostic.severity != Severity::Error || diagnostic.at.line < 1) continue;
      auto& refusal = refusals_[owner_of(diagnostic.at)];
      if (refusal.empty()) refusal = diagnostic.message;
    }
  }

  [[nodiscard]] const std::vector<std::string>& lines(std::size_t i) const { return lines_[i]; }
  [[nodiscard]] const std::vector<const ServiceSpec*>& read(std::size_t i) const {
    return read_[i];
  }
  [[nodiscard]] const std::string& refusal(std::size_t i) const { return refusals_[i]; }

 private:
  [[nodiscard]] std::size_t owner_of(const SourcePosition& at) const {
    return owners_[static_cast<std::size_t>(at.line) - 1];
  }

  std::vector<std::vector<std::string>> lines_;
  std::vector<std::size_t> owners_;  // which service a line of the text belongs to
  ParsedConfig parsed_;
  std::vector<std::vector<const ServiceSpec*>> read_;
  std::vector<std::string> refusals_;  // "": its lines can be read
};

Lost lost_of(std::size_t index, const ServiceSpec& spec, const Draft& draft) {
  Lost out;
  out.service = index;
  out.lines = draft.lines(index).size();
  const auto& read = draft.read(index);
  if (out.lines == 0) {
    out.refusal = spec.program.empty() && spec.internal.empty() ? "it starts no program"
                                                                : "no line can hold its words";
  } else if (read.size() != out.lines) {
    out.refusal = draft.refusal(index).empty() ? "it would not be read" : draft.refusal(index);
  } else {
    auto loss = loss_between(spec, read);
    out.keys = std::move(loss.keys);
    out.is_left_out = loss.is_grave;
    if (read.front()->id != spec.id) out.new_id = read.front()->id;
  }
  out.is_left_out |= !out.refusal.empty();
  return out;
}

bool is_something(const Lost& lost) {
  return !lost.keys.empty() || !lost.new_id.empty() || lost.lines != 1 || !lost.refusal.empty();
}

void add_comments(const std::vector<std::string>& comments, std::string& out) {
  for (const auto& comment : comments) {
    const auto line = comment_line(comment);
    out += line.empty() ? "#\n" : "# " + line + '\n';
  }
}

}  // namespace

Severity Lost::severity() const {
  if (is_left_out) return Severity::Error;
  return keys.empty() && lines == 1 ? Severity::Note : Severity::Warning;
}

std::string Lost::text() const {
  if (!refusal.empty()) return "cannot be written in inetd.conf: " + refusal;
  std::string out;
  const auto add = [&](std::string part) { out += (out.empty() ? "" : "; ") + std::move(part); };
  if (!keys.empty()) {
    const auto list = fmt::format("{}", fmt::join(keys, ", "));
    add(is_left_out ? "left out, since inetd.conf cannot say all of this: " + list
                    : "not said in inetd.conf: " + list);
  }
  if (is_left_out) return out;
  if (lines > 1) add(fmt::format("now {} services, each with its own limits", lines));
  if (!new_id.empty()) add("now called " + quoted(new_id));
  return out;
}

InetdText print_inetd_conf(const std::vector<ServiceSpec>& services,
                           const InetdPrintOptions& options, const ServiceNames& names) {
  const Draft draft(services, options.dialect, names);
  InetdText out;
  add_comments(options.comments.head, out.text);
  for (std::size_t i = 0; i < services.size(); ++i) {
    const auto found = options.comments.of_service.find(services[i].id);
    const bool has_comments = found != options.comments.of_service.end();
    auto lost = lost_of(i, services[i], draft);
    if ((has_comments || is_something(lost)) && !out.text.empty()) out.text += '\n';
    if (has_comments) add_comments(found->second, out.text);
    if (is_something(lost)) {
      const auto* severity = severity_name(lost.severity());
      add_comments({fmt::format("{}: {}: {} [lost]", severity, services[i].id, lost.text())},
                   out.text);
    }
    for (const auto& line : draft.lines(i))
      out.text += (lost.is_left_out ? "# " : "") + line + '\n';
    if (is_something(lost)) out.lost.push_back(std::move(lost));
  }
  if (!options.comments.tail.empty() && !out.text.empty()) out.text += '\n';
  add_comments(options.comments.tail, out.text);
  return out;
}

}  // namespace uvinetd
