// SPDX-License-Identifier: ISC
#include "core/config/inetd/inetd_conf.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "core/config/include_stack.h"
#include "core/config/inetd/entry_reader.h"
#include "core/config/inetd/inetd_entry.h"
#include "core/config/quote.h"
#include "core/config/suggest.h"

namespace uvinetd {
namespace {

constexpr std::array<std::pair<std::string_view, Dialect>, 6> kDialects{{
    {"debian", Dialect::Debian},
    {"freebsd", Dialect::FreeBsd},
    {"netbsd", Dialect::NetBsd},
    {"openbsd", Dialect::OpenBsd},
    {"gnu", Dialect::Gnu},
    {"busybox", Dialect::Busybox},
}};

// So that a long list need not move while it grows. No service is shorter than its six fields.
std::size_t most_services(std::string_view text) {
  constexpr std::size_t kShortest = 24;
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  return std::min(lines, text.size() / kShortest + 1);
}

class Parser {
 public:
  Parser(const InetdConfOptions& options, const ServiceNames& names, IncludeSource& includes)
      : options_(options), names_(names), includes_(includes) {}

  ParsedConfig run(std::string_view text, const std::string& file_name) {
    out_.services.reserve(most_services(text));
    read_default_host();
    read_file(text, file_name);
    drop_duplicates(out_.services, out_.diagnostics);
    sort_by_place(out_.diagnostics, out_.files);
    return std::move(out_);
  }

 private:
  // One of the files that are being read: the outermost, or one that another includes.
  struct File {
    File(const std::string& name, const InetdConfOptions& options, const ServiceNames& names,
         Diagnostics& diagnostics)
        : report(std::make_shared<const std::string>(name), diagnostics),
          context{options, names, report, {}} {}
    Reporter report;
    FieldContext context;
  };

  void read_default_host() {
    Reporter report(nullptr, out_.diagnostics);
    Field field;
    field.text = options_.default_host;
    field.is_quoted = true;  // it has no columns
    set_default_addresses(read_addresses(field, report));
  }

  void set_default_addresses(std::optional<std::vector<BindAddress>> addresses) {
    default_addresses_ = addresses ? std::move(*addresses) : std::vector<BindAddress>();
  }

  void read_file(std::string_view text, const std::string& name) {
    out_.files.push_back(name);
    open_.push(name);
    File file(name, options_, names_, out_.diagnostics);
    EntryReader reader(text, options_.dialect, file.report);
    while (const auto entry = reader.next()) take(*entry, file);
    file.report.finish();
    open_.pop();
  }

  void take(const Entry& entry, File& file) {
    if (entry.form == Entry::Form::Unreadable) {
      ++out_.services_written;
      return;
    }
    if (entry.form == Entry::Form::Definition) {
      auto spec = read_definition(entry, default_addresses_, file.context);
      if (!entry.is_on) return;
      return add(std::move(spec));
    }
    const auto& first = entry.words[0];
    if (is_default_address_line(entry.words)) {
      const auto address = first.part(0, first.text.size() - 1);
      return set_default_addresses(read_addresses(address, file.report));
    }
    if (first.text.starts_with('.')) return take_directive(entry.words, file);
    add(read_positional(entry, default_addresses_, file.context));
  }

  void add(std::optional<ServiceSpec> spec) {
    ++out_.services_written;
    if (spec) out_.services.push_back(std::move(*spec));
  }

  void take_directive(const std::vector<Field>& words, File& file) {
    static constexpr std::array<std::string_view, 1> kDirectives{".include"};
    if (words[0].text != kDirectives[0]) {
      ++out_.services_written;
      file.report.error(words[0].at, "directive", "unknown directive " + quoted(words[0].text),
                        did_you_mean(words[0].text, kDirectives));
    } else if (words.size() != 2) {
      ++out_.services_written;
      file.report.error(words[0].at, "include", "\".include\" takes one file name",
                        "it may be a pattern, as /etc/inetd.d/*");
    } else {
      include(words[1], file);
    }
  }

  // What an included file says of default addresses holds there only.
  void include(const Field& pattern, File& file) {
    const auto at = file.report.position(pattern.at);
    const auto full = open_.resolve(pattern.text);
    auto paths = includes_.glob(full);
    const bool is_pattern = pattern.text.find_first_of("*?[") != std::string::npos;
    if (paths.empty() && is_pattern) {
      return file.report.warning(pattern.at, "include", "no file matches " + quoted(pattern.text));
    }
    if (paths.empty()) paths.push_back(full);  // so that it is told why it cannot be read
    for (const auto& path : paths) {
      if (is_pattern && is_leftover_name(basename_of(path))) {
        file.report.note(pattern.at, "skipped", path + " is skipped: its name is that of a backup");
      } else {
        include_file(path, pattern, at, file.report);
      }
    }
  }

  void include_file(const std::string& path, const Field& pattern, const SourcePosition& at,
                    Reporter& report) {
    if (auto objection = open_.objection(path); !objection.empty()) {
      ++out_.services_written;
      report.error(pattern.at, "include", std::move(objection));
      return;
    }
    const auto included = includes_.read(path, at, out_.diagnostics);
    if (!included) {
      ++out_.services_written;
      return;
    }
    const auto before = default_addresses_;
    read_file(included->text, included->name);
    default_addresses_ = before;
  }

  const InetdConfOptions& options_;
  const ServiceNames& names_;
  IncludeSource& includes_;
  ParsedConfig out_;
  IncludeStack open_;
  std::vector<BindAddress> default_addresses_;  // empty: bad, and nothing may be bound by it
};

}  // namespace

Dialect host_dialect() {
#if defined(__FreeBSD__) || defined(__DragonFly__) || defined(__APPLE__)
  return Dialect::FreeBsd;
#elif defined(__NetBSD__)
  return Dialect::NetBsd;
#elif defined(__OpenBSD__)
  return Dialect::OpenBsd;
#else
  return Dialect::Debian;
#endif
}

std::optional<Dialect> dialect_from_name(std::string_view name) {
  for (const auto& [known, dialect] : kDialects) {
    if (known == name) return dialect;
  }
  return std::nullopt;
}

ParsedConfig parse_inetd_conf(std::string_view text, const std::string& file_name,
                              const InetdConfOptions& options, const ServiceNames& names,
                              IncludeSource& includes) {
  return Parser(options, names, includes).run(text, file_name);
}

}  // namespace uvinetd
