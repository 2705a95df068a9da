// SPDX-License-Identifier: ISC
#include "core/config/toml/toml_print.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/config/quote.h"
#include "core/config/toml/keys.h"
#include "core/config/toml/listen.h"
#include "core/config/toml/text.h"

namespace uvinetd {
namespace {

// What keeps a service from being written; "": nothing.
std::string obstacle_of(const ServiceSpec& spec) {
  if (spec.id.empty() || !is_toml_text(spec.id)) return "its name is no text for TOML";
  if (!print_listen(spec.listen)) return "an optional IPv6 socket stands alone";
  for (const auto& listen : spec.listen) {
    if (is_ip(listen.kind)) continue;
    const auto& first = *first_node(spec.listen);
    const auto& node = *listen.node;
    if (node.user != first.user || node.group != first.group ||
        (node.mode != first.mode && !have_default_modes(spec.listen))) {
      return "its unix sockets have different owners or modes";
    }
  }
  return "";
}

class Printer {
 public:
  Printer(const std::vector<ServiceSpec>& services, const TomlComments& comments,
          std::vector<std::string>* problems)
      : services_(services), comments_(comments), problems_(problems) {
    // What comes from the other languages has its errors on the socket throughout.
    has_socket_default_ = std::all_of(services.begin(), services.end(), [](const auto& spec) {
      return !runs_program(spec) || spec.more->stderr_to == StderrTo::Socket;
    });
    has_socket_default_ &= std::any_of(services.begin(), services.end(),
                                       [](const auto& spec) { return runs_program(spec); });
  }

  std::string run() {
    add_comments(comments_.head);
    if (has_socket_default_) out_ += gap() + "[defaults]\nstderr = \"socket\"\n";
    for (const auto& spec : services_) add(spec);
    if (!comments_.tail.empty()) out_ += gap();
    add_comments(comments_.tail);
    return std::move(out_);
  }

 private:
  std::string gap() const { return out_.empty() ? "" : "\n"; }

  void add_comments(const std::vector<std::string>& lines) {
    for (const auto& line : lines) out_ += toml_comment(line);
  }

  void add(const ServiceSpec& spec) {
    out_ += gap();
    if (const auto found = comments_.of_service.find(spec.id); found != comments_.of_service.end())
      add_comments(found->second);
    auto problem = obstacle_of(spec);
    std::string text;
    if (problem.empty()) text = table_of(spec, problem);
    if (problem.empty()) {
      out_ += text;
      return;
    }
    problem = fmt::format("{} cannot be written as TOML: {}", quoted(spec.id), problem);
    out_ += toml_comment(problem);
    if (problems_ != nullptr) problems_->push_back(std::move(problem));
  }

  std::string table_of(const ServiceSpec& spec, std::string& problem) const {
    std::string out = fmt::format("[services.{}]\n", toml_key(spec.id));
    for (const auto& key : toml_keys()) {
      if (!applies(key.applies_to, spec)) continue;
      if (has_socket_default_ && key.name == "stderr") continue;
      const auto value = key.print(spec);
      if (value.empty()) continue;
      if (!is_toml_text(value)) problem = fmt::format("{} is no text for TOML", key.name);
      out += fmt::format("{} = {}\n", key.name, value);
    }
    return out;
  }

  const std::vector<ServiceSpec>& services_;
  const TomlComments& comments_;
  std::vector<std::string>* problems_;
  bool has_socket_default_ = false;
  std::string out_;
};

}  // namespace

std::string print_toml(const std::vector<ServiceSpec>& services, const TomlComments& comments,
                       std::vector<std::string>* problems) {
  return Printer(services, comments, problems).run();
}

}  // namespace uvinetd
