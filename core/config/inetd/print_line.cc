// SPDX-License-Identifier: ISC
#include "core/config/inetd/print_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "core/config/field_reader.h"
#include "core/config/inetd/print_sockets.h"
#include "core/config/inetd/print_words.h"
#include "core/config/syslog/syslog_settings.h"
#include "internal/builtin.h"

namespace uvinetd {
namespace {

class Line {
 public:
  Line(const ServiceSpec& spec, SocketFields fields, Dialect dialect, const ServiceNames& names)
      : spec_(spec), fields_(std::move(fields)), dialect_(dialect), names_(names) {}

  // The form that every inetd has, or NetBSD's where that one cannot say it.
  std::optional<std::string> text() {
    if (can_be_positional()) {
      if (auto line = positional()) return line;
    }
    return definition();
  }

 private:
  [[nodiscard]] bool is_internal() const { return !spec_.internal.empty(); }

  // A built-in needs no user, nor does a log, whose root is none; other systems' inetds want to see
  // one.
  [[nodiscard]] bool has_user_word() const {
    return !spec_.user.empty() || is_syslog_service(spec_) ||
           (is_internal() && dialect_ != Dialect::NetBsd);
  }
  // A built-in over datagrams is `wait` whatever is written, but only `nowait` takes all limits.
  // It costs a warning where it is read, so it is for what keys cannot say.
  [[nodiscard]] std::string mode_word() const {
    const bool has_limits = spec_.instances || spec_.source_starts_per_minute;
    const bool is_free =
        is_internal() && !is_syslog_service(spec_) &&
        (spec_.instances_per_source || (has_limits && dialect_ == Dialect::NetBsd));
    return spec_.mode == Mode::Wait && !is_free ? "wait" : "nowait";
  }
  [[nodiscard]] bool can_be_positional() const {
    const bool has_source_limits = spec_.source_starts_per_minute || spec_.instances_per_source;
    if (!has_user_word() || spec_.group.find_first_of(":/") != spec_.group.npos) return false;
    if (spec_.more->accept_filter.find(',') != std::string::npos) return false;
    if (mode_word() == "wait") return !spec_.instances && !has_source_limits;
    if (!has_source_limits) return true;
    // By three numbers after slashes, none of which can be left out.
    const bool is_first_missing = !spec_.instances && !spec_.instances_per_source;
    return !spec_.starts_per_minute && !is_first_missing;
  }

  std::optional<std::string> positional() const {
    const auto user = spec_.user.empty() ? "root" : spec_.user;
    std::vector<std::string> words{fields_.service_word(), type_word(), protocol_word(),
                                   wait_word(),
                                   spec_.group.empty() ? user : user + ':' + spec_.group};
    if (is_internal()) {
      words.emplace_back("internal");
      const auto arguments = internal_words();
      words.insert(words.end(), arguments.begin(), arguments.end());
    } else {
      words.push_back(spec_.program);
      const auto arguments = program_words();
      words.insert(words.end(), arguments.begin(), arguments.end());
    }
    std::string out;
    for (std::size_t i = 0; i < words.size(); ++i) {
      const auto word = line_word(words[i], dialect_);
      if (!word) return std::nullopt;
      out += (i == 0 ? "" : i <= 5 ? "\t" : " ") + *word;
    }
    return out;
  }

  [[nodiscard]] bool is_count_in_type() const {
    return spec_.instances && (spec_.starts_per_minute || dialect_ == Dialect::NetBsd) &&
           !spec_.source_starts_per_minute && !spec_.instances_per_source;
  }
  std::string type_word() const {
    auto out = fields_.type;
    if (is_count_in_type()) out += fmt::format(",{}", *spec_.instances);
    if (!spec_.more->accept_filter.empty()) out += ':' + spec_.more->accept_filter;
    return out;
  }
  std::string protocol_word() const {
    auto out = fields_.protocol;
    if (spec_.more->send_buffer) out += fmt::format(",sndbuf={}", *spec_.more->send_buffer);
    if (spec_.more->receive_buffer) out += fmt::format(",rcvbuf={}", *spec_.more->receive_buffer);
    return out;
  }
  std::string wait_word() const {
    auto out = mode_word();
    if (spec_.starts_per_minute) return fmt::format("{}.{}", out, *spec_.starts_per_minute);
    if (is_count_in_type()) return out;
    if (spec_.source_starts_per_minute || spec_.instances_per_source) {
      out += fmt::format("/{}/{}", spec_.instances.value_or(0),
                         spec_.source_starts_per_minute.value_or(0));
      if (spec_.instances_per_source) out += fmt::format("/{}", *spec_.instances_per_source);
    } else if (spec_.instances) {
      out += fmt::format("/{}", *spec_.instances);
    }
    return out;
  }

  [[nodiscard]] std::vector<std::string> program_words() const {
    auto out = spec_.argv;
    if (is_syslog_service(spec_)) add_syslog_words(out);
    return out;
  }
  // What stands behind the word internal.
  [[nodiscard]] std::vector<std::string> internal_words() const {
    std::vector<std::string> out{spec_.internal};
    if (is_syslog_service(spec_)) {
      add_syslog_words(out);
      return out;
    }
    if (is_implied_internal()) out.clear();
    return out;
  }
  void add_syslog_words(std::vector<std::string>& out) const {
    const auto arguments = print_syslog_arguments(*spec_.more->syslog);
    out.insert(out.end(), arguments.begin(), arguments.end());
  }

  // Whether the service's own name says which built-in it is.
  [[nodiscard]] bool is_implied_internal() const {
    const bool is_unix = fields_.protocol == "unix";
    const auto name = is_unix ? basename_of(fields_.service) : fields_.service;
    if (find_builtin(name) != nullptr || is_unix) return name == spec_.internal;
    if (spec_.listen.empty()) return false;
    const auto& socket = spec_.listen.front();
    return names_.port_of(spec_.internal, kind_name(socket.kind)) == socket.port;
  }

  // In NetBSD's form a plain `tcp` has to have an address that tells its family.
  void say_family() {
    static constexpr std::array<std::string_view, 4> kPlain{"tcp", "udp", "rpc/tcp", "rpc/udp"};
    const bool is_plain = std::find(kPlain.begin(), kPlain.end(), fields_.protocol) != kPlain.end();
    if (!is_plain || spec_.listen.empty()) return;
    auto& addresses = fields_.addresses;
    if (addresses.empty()) addresses.emplace_back("0.0.0.0");
    std::replace(addresses.begin(), addresses.end(), std::string("*"), std::string("0.0.0.0"));
  }

  std::optional<std::string> definition() {
    if (dialect_ == Dialect::NetBsd) say_family();
    const auto service = line_word(fields_.service_word(), dialect_);
    if (!service) return std::nullopt;
    out_ = *service + "\ton protocol = " + definition_word(fields_.protocol);
    if (fields_.protocol == "unix") add("socktype", fields_.type);
    add("wait", spec_.mode == Mode::Wait ? "yes" : "no");
    add_text("user", spec_.user);
    add_text("group", spec_.group);
    add_number("accept_max", spec_.instances);
    add_number("service_max", spec_.starts_per_minute);
    add_number("ip_max", spec_.source_starts_per_minute);
    add_number("sndbuf", spec_.more->send_buffer);
    add_number("recvbuf", spec_.more->receive_buffer);
    add_text("acceptfilter", spec_.more->accept_filter);
    if (!is_internal()) {
      add("exec", spec_.program);
      add_args(program_words());
    } else if (const auto words = internal_words(); !words.empty()) {
      add_args(words);
    }
    return out_ + ';';
  }

  void add(const char* key, std::string_view value) {
    out_ += fmt::format(", {} = {}", key, definition_word(value));
  }
  void add_text(const char* key, const std::string& value) {
    if (!value.empty()) add(key, value);
  }
  template <typename T>
  void add_number(const char* key, const std::optional<T>& value) {
    if (value) add(key, std::to_string(*value));
  }
  void add_args(const std::vector<std::string>& args) {
    out_ += ", args =";
    for (const auto& arg : args) out_ += ' ' + definition_word(arg);
  }

  const ServiceSpec& spec_;
  SocketFields fields_;
  Dialect dialect_;
  const ServiceNames& names_;
  std::string out_;
};

}  // namespace

std::vector<std::string> inetd_lines(const ServiceSpec& spec, Dialect dialect,
                                     const ServiceNames& names) {
  std::vector<std::string> out;
  if (spec.internal.empty() && spec.program.empty()) return out;
  for (auto& fields : socket_fields(spec, dialect, names)) {
    auto line = Line(spec, std::move(fields), dialect, names).text();
    if (!line) return {};
    out.push_back(std::move(*line));
  }
  return out;
}

}  // namespace uvinetd
