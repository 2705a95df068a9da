// SPDX-License-Identifier: ISC
#include "core/config/inetd_conf.h"

#include <algorithm>
#include <array>
#include <memory>
#include <tuple>
#include <utility>

#include "core/config/entry_reader.h"
#include "core/config/inetd_entry.h"
#include "core/config/quote.h"
#include "core/config/socket_index.h"
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
  Parser(std::string_view text, const std::string& file_name, const InetdConfOptions& options,
         const ServiceNames& names)
      : report_(std::make_shared<const std::string>(file_name), out_.diagnostics),
        context_{options, names, report_, {}},
        reader_(text, options.dialect, report_) {
    out_.services.reserve(most_services(text));
    read_default_host(options.default_host);
  }

  ParsedConfig run() {
    while (const auto entry = reader_.next()) take(*entry);
    drop_duplicates();
    report_.finish();
    std::stable_sort(out_.diagnostics.begin(), out_.diagnostics.end(),
                     [](const Diagnostic& a, const Diagnostic& b) {
                       return std::tie(a.at.line, a.at.column) < std::tie(b.at.line, b.at.column);
                     });
    return std::move(out_);
  }

 private:
  void read_default_host(const std::string& host) {
    Report report(nullptr, out_.diagnostics);
    Field field;
    field.text = host;
    field.is_quoted = true;  // it has no columns
    auto addresses = read_addresses(field, report);
    default_addresses_ = addresses ? std::move(*addresses) : std::vector<BindAddress>();
  }

  void take(const Entry& entry) {
    if (entry.form == Entry::Form::Unreadable) {
      ++out_.services_written;
      return;
    }
    if (entry.form == Entry::Form::Definition) {
      auto spec = read_definition(entry, default_addresses_, context_);
      if (!entry.is_on) return;
      return add(std::move(spec));
    }
    if (is_default_address_line(entry.words)) return take_default_address(entry.words[0]);
    if (entry.words[0].text.starts_with('.')) return refuse_directive(entry.words[0]);
    add(read_positional(entry, default_addresses_, context_));
  }

  void add(std::optional<ServiceSpec> spec) {
    ++out_.services_written;
    if (spec) out_.services.push_back(std::move(*spec));
  }

  void take_default_address(const Field& field) {
    auto addresses = read_addresses(field.part(0, field.text.size() - 1), report_);
    default_addresses_ = addresses ? std::move(*addresses) : std::vector<BindAddress>();
  }

  void refuse_directive(const Field& field) {
    ++out_.services_written;
    if (field.text == ".include") {
      report_.error(field.at, "include", "\".include\" is not yet supported");
      return;
    }
    static constexpr std::array<std::string_view, 1> kDirectives{".include"};
    report_.error(field.at, "directive", "unknown directive " + quoted(field.text),
                  did_you_mean(field.text, kDirectives));
  }

  void drop_duplicates() {
    std::vector<ServiceSpec*> specs;
    specs.reserve(out_.services.size());
    for (auto& spec : out_.services) specs.push_back(&spec);
    const auto keeps = claim_sockets(specs, out_.diagnostics);
    std::size_t index = 0;
    std::erase_if(out_.services, [&](const ServiceSpec&) { return !keeps[index++]; });
  }

  ParsedConfig out_;
  Report report_;
  FieldContext context_;
  EntryReader reader_;
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
                              const InetdConfOptions& options, const ServiceNames& names) {
  return Parser(text, file_name, options, names).run();
}

}  // namespace uvinetd
