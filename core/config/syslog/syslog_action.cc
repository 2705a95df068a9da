// SPDX-License-Identifier: ISC
#include "core/config/syslog/syslog_action.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/words.h"
#include "core/config/field_reader.h"
#include "core/config/quote.h"
#include "core/config/suggest.h"
#include "core/config/syslog/syslog_settings.h"

namespace uvinetd {
namespace {

constexpr std::size_t kLongestPath = 4095;
constexpr std::size_t kLongestHost = 253;
constexpr std::size_t kLongestUser = 32;
constexpr std::size_t kMostUsers = 64;
constexpr std::uint32_t kLeastDatagram = 480;  // every receiver takes it (RFC 5424, 6.1)
constexpr std::uint32_t kMostDatagram = 65'507;

constexpr std::string_view kUsersModule = ":omusrmsg:";  // rsyslog's words for a list of users

bool is_user_name(std::string_view name) {
  const auto is_fit = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.' ||
           c == '$' || c == '@' || c == '+';
  };
  return !name.empty() && name.size() <= kLongestUser && name.front() != '-' &&
         name.front() != '@' && std::all_of(name.begin(), name.end(), is_fit);
}

bool is_host_name(std::string_view name) {
  const auto is_fit = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.' || c == '_';
  };
  return !name.empty() && name.size() <= kLongestHost && name.front() != '-' &&
         std::all_of(name.begin(), name.end(), is_fit);
}

// With or without "%zone".
bool is_v6_address(const std::string& text) {
  const auto percent = text.find('%');
  in6_addr address{};
  const bool has_zone = percent != std::string::npos;
  return inet_pton(AF_INET6, text.substr(0, percent).c_str(), &address) == 1 &&
         (!has_zone || is_host_name(std::string_view(text).substr(percent + 1)));
}

bool is_terminal(std::string_view path) {
  constexpr std::array<std::string_view, 2> kBeginnings{"/dev/tty", "/dev/pts/"};
  return path == "/dev/console" ||
         std::any_of(kBeginnings.begin(), kBeginnings.end(),
                     [path](std::string_view each) { return path.starts_with(each); });
}

class ActionReader {
 public:
  ActionReader(SyslogDialect dialect, Reporter& report) : dialect_(dialect), report_(report) {}

  std::optional<ReadAction> run(const Field& field) {
    const auto semicolon = field.text.find(';');
    auto target = field.part(0, semicolon);
    while (!target.text.empty() && is_blank(target.text.back())) {
      target.text.pop_back();
      --target.end_column;
    }
    if (!read_target(target)) return std::nullopt;
    if (semicolon != std::string::npos && !read_options(field.part(semicolon + 1))) {
      return std::nullopt;
    }
    return std::move(out_);
  }

 private:
  bool refuse(const Field& at, const char* slug, std::string message, std::string hint = {}) {
    return report_.error(at.at, slug, std::move(message), std::move(hint));
  }

  bool read_target(const Field& field) {
    const std::string_view text = field.text;
    if (text.empty()) {
      return refuse(field, "action", "the action is missing", "as /var/log/messages");
    }
    if (text == "~" || text == "stop") {
      out_.is_final = true;
      return true;
    }
    switch (text.front()) {
      case '/':
        return read_path(field, true);
      case '-':
        return read_path(field.part(1), false);
      case '|':
        return read_fifo(field);
      case '@':
        return read_host(field);
      case '^':
        return refuse(field, "action-program", "programs are not run", "|FIFO");
      default:
        return read_users(field);
    }
  }

  bool check_path(const Field& field) {
    const std::string_view path = field.text;
    if (path.empty() || path.front() != '/' || path.back() == '/' || path.size() > kLongestPath) {
      return refuse(field, "action", "the path of a file is absolute, not " + quoted(path));
    }
    if (std::none_of(path.begin(), path.end(), is_blank)) return true;
    return refuse(field, "action", "a path has no blanks: " + quoted(path));
  }

  bool read_path(const Field& field, bool is_synced) {
    if (!check_path(field)) return false;
    if (field.text == "/dev/null") return true;
    auto& action = out_.action;
    action.kind = is_terminal(field.text) ? SyslogActionKind::Terminal : SyslogActionKind::File;
    action.is_synced = is_synced && action.kind == SyslogActionKind::File;
    action.path = field.text;
    return true;
  }

  bool read_fifo(const Field& field) {
    const auto begin = std::min(field.text.find_first_not_of(" \t", 1), field.text.size());
    const auto path = field.part(begin);
    const bool is_command =
        path.text.empty() || path.text.front() != '/' || path.text.find(' ') != std::string::npos;
    if (is_command) {
      return refuse(field, "action-program", "programs are not run: only a FIFO may follow \"|\"",
                    "as |/run/log.fifo, and a service that reads it");
    }
    if (!check_path(path)) return false;
    if (dialect_ == SyslogDialect::Bsd) {
      report_.warning(field.at, "action-program",
                      "FreeBSD runs what follows \"|\" as a program: here it has to be a FIFO");
    }
    out_.action.kind = SyslogActionKind::Fifo;
    out_.action.path = path.text;
    return true;
  }

  // `host`, `host:port`, `[v6]:port`, `v6`.
  bool read_host(const Field& field) {
    if (field.text.starts_with("@@")) {
      return refuse(field, "action-tcp", "messages are forwarded by UDP only",
                    "as @" + field.text.substr(2));
    }
    const auto rest = field.part(1);
    if (rest.text.starts_with('[')) return read_bracketed_host(rest);
    const auto colon = rest.text.find(':');
    if (colon != rest.text.rfind(':')) return set_host(rest, is_v6_address(rest.text));
    if (!set_host(rest.part(0, colon), is_host_name(rest.text.substr(0, colon)))) return false;
    return colon == std::string::npos || read_port(rest.part(colon + 1));
  }

  bool read_bracketed_host(const Field& field) {
    const auto end = field.text.find(']');
    const bool has_port = end != std::string::npos && end + 1 < field.text.size();
    if (end == std::string::npos || (has_port && field.text[end + 1] != ':')) {
      return set_host(field, false);
    }
    const auto host = field.part(1, end - 1);
    if (!set_host(host, is_v6_address(host.text))) return false;
    return !has_port || read_port(field.part(end + 2));
  }

  bool set_host(const Field& field, bool is_good) {
    if (!is_good) {
      return refuse(field, "action", "bad host " + quoted(field.text),
                    "as @loghost, @192.0.2.1:514, @[2001:db8::1]:514");
    }
    out_.action.kind = SyslogActionKind::Forward;
    out_.action.host = field.text;
    return true;
  }

  bool read_port(const Field& field) {
    const auto port = parse_number(field.text, std::numeric_limits<std::uint16_t>::max());
    if (!port || *port == 0) {
      return refuse(field, "port", "bad port " + quoted(field.text), "1 to 65535");
    }
    out_.action.port = static_cast<std::uint16_t>(*port);
    return true;
  }

  bool read_users(const Field& field) {
    auto& action = out_.action;
    const std::size_t begin = field.text.starts_with(kUsersModule) ? kUsersModule.size() : 0;
    action.kind = SyslogActionKind::Users;
    for (std::size_t at = begin; at <= field.text.size();) {
      const auto comma = std::min(field.text.find(',', at), field.text.size());
      auto name = field.part(at, comma - at);
      while (!name.text.empty() && is_blank(name.text.front())) name = name.part(1);
      while (!name.text.empty() && is_blank(name.text.back())) name.text.pop_back();
      if (name.text != "*" && !is_user_name(name.text)) {
        return refuse(name, "action", "unknown action " + quoted(field.text),
                      "a path, @host, |FIFO, users or *");
      }
      if (std::find(action.users.begin(), action.users.end(), name.text) == action.users.end()) {
        action.users.push_back(name.text);
      }
      if (action.users.size() > kMostUsers) {
        return refuse(name, "action", fmt::format("{} users at most", kMostUsers),
                      "\"*\" is everybody");
      }
      at = comma + 1;
    }
    const bool is_everybody =
        std::find(action.users.begin(), action.users.end(), "*") != action.users.end();
    if (is_everybody) action.users = {"*"};
    return true;
  }

  // `RFC5424,rotate=10M:5`
  bool read_options(const Field& list) {
    bool is_good = true;
    for (std::size_t at = 0; at <= list.text.size();) {
      const auto comma = std::min(list.text.find_first_of(",;", at), list.text.size());
      auto word = list.part(at, comma - at);
      while (!word.text.empty() && is_blank(word.text.front())) word = word.part(1);
      while (!word.text.empty() && is_blank(word.text.back())) word.text.pop_back();
      if (!word.text.empty()) is_good &= read_option(word);
      at = comma + 1;
    }
    return is_good;
  }

  bool read_option(const Field& word) {
    const auto equals = word.text.find('=');
    const auto name = word.text.substr(0, equals);
    const auto value = equals == std::string::npos ? Field() : word.part(equals + 1);
    auto& action = out_.action;
    if (name == "RFC3164" || name == "RSYSLOG_TraditionalFileFormat" ||
        name == "RSYSLOG_TraditionalForwardFormat") {
      action.form = SyslogForm::Rfc3164;
      return true;
    }
    if (name == "RFC5424" || name == "RSYSLOG_SyslogProtocol23Format") {
      action.form = SyslogForm::Rfc5424;
      return true;
    }
    if (name == "rotate") return read_rotation(word, value);
    if (name == "size") return read_size(word, value);
    static constexpr std::array<std::string_view, 4> kKnown{"RFC3164", "RFC5424", "rotate", "size"};
    report_.warning(word.at, "action-option", "the option " + quoted(word.text) + " is ignored",
                    did_you_mean(name, kKnown));
    return true;
  }

  bool read_rotation(const Field& word, const Field& value) {
    auto& action = out_.action;
    const bool is_file = action.kind == SyslogActionKind::File;
    if (!is_file) {
      report_.warning(word.at, "action-option", "only files are rotated");
      return true;
    }
    if (parse_rotation(value.text, action.rotate_size, action.rotate_count)) return true;
    return refuse(word, "action-option", "bad rotation " + quoted(word.text),
                  "as rotate=10M:5: 4k or more, and 1 to 999 old files");
  }

  bool read_size(const Field& word, const Field& value) {
    if (out_.action.kind != SyslogActionKind::Forward) {
      report_.warning(word.at, "action-option", "only datagrams to another host have a size");
      return true;
    }
    const auto size = parse_number(value.text, kMostDatagram);
    if (!size || *size < kLeastDatagram) {
      return refuse(word, "action-option", "bad size " + quoted(word.text),
                    fmt::format("{} to {}", kLeastDatagram, kMostDatagram));
    }
    out_.action.most_bytes = *size;
    return true;
  }

  SyslogDialect dialect_;
  Reporter& report_;
  ReadAction out_;
};

}  // namespace

std::optional<ReadAction> read_syslog_action(const Field& field, SyslogDialect dialect,
                                             Reporter& report) {
  return ActionReader(dialect, report).run(field);
}

}  // namespace uvinetd
