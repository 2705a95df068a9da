// SPDX-License-Identifier: ISC
#include "core/config/loader.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "core/config/config_file.h"
#include "core/config/name_service.h"
#include "core/config/resolve.h"
#include "core/config/socket_index.h"

namespace uvinetd {
namespace {

// Answers whether the language is one that is read.
bool check_language(const ConfigFile& file, Diagnostics& diagnostics) {
  const char* name = "";
  switch (language_of(file.name, file.text)) {
    case Language::InetdConf:
      return true;
    case Language::Xinetd:
      name = "xinetd";
      break;
    case Language::Toml:
      name = "TOML";
      break;
  }
  const SourcePosition at{std::make_shared<const std::string>(file.name)};
  diagnostics.push_back(
      {Severity::Error, at,
       std::string("configuration in the language of ") + name + " is not yet supported", "",
       "language"});
  return false;
}

void append(Diagnostics& to, Diagnostics from) {
  std::move(from.begin(), from.end(), std::back_inserter(to));
}

// Gives up what is claimed twice. `spec_of` gets the ServiceSpec of an element.
template <typename T, typename SpecOf>
void drop_duplicates(std::vector<T>& list, Diagnostics& diagnostics, SpecOf spec_of) {
  std::vector<ServiceSpec*> specs;
  specs.reserve(list.size());
  for (auto& element : list) specs.push_back(&spec_of(element));
  const auto keeps = claim_sockets(specs, diagnostics);
  std::size_t index = 0;
  std::erase_if(list, [&](const T&) { return !keeps[index++]; });
}

// By file in the order of first mention, then by place.
void sort_diagnostics(Diagnostics& list) {
  std::unordered_map<std::string, std::size_t> order;
  const auto name_of = [](const Diagnostic& d) { return d.at.file ? *d.at.file : std::string(); };
  for (const auto& diagnostic : list) order.try_emplace(name_of(diagnostic), order.size());
  std::stable_sort(list.begin(), list.end(), [&](const Diagnostic& a, const Diagnostic& b) {
    const auto key = [&](const Diagnostic& d) {
      return std::tuple(order[name_of(d)], d.at.line, d.at.column);
    };
    return key(a) < key(b);
  });
}

}  // namespace

LoadedConfig load_config_with(const std::vector<std::string>& paths, const LoadOptions& options,
                              const ServiceNames& names, const NameService& service) {
  LoadedConfig out;
  auto read = read_config_files(paths, options.uid == 0, out.diagnostics);
  out.is_unreadable = read.is_unreadable;
  std::vector<ServiceSpec> specs;
  for (auto& file : read.files) {
    if (!check_language(file, out.diagnostics)) {
      out.is_unreadable = true;
      continue;
    }
    auto parsed = parse_inetd_conf(file.text, file.name, options.inetd, names);
    file.text = {};
    out.services_written += parsed.services_written;
    append(out.diagnostics, std::move(parsed.diagnostics));
    std::move(parsed.services.begin(), parsed.services.end(), std::back_inserter(specs));
  }
  if (!out.is_unreadable) {
    drop_duplicates(specs, out.diagnostics, [](ServiceSpec& spec) -> ServiceSpec& { return spec; });
    resolve_services(std::move(specs), options, service, out);
    // Two host names may turn out to be one address.
    drop_duplicates(out.services, out.diagnostics,
                    [](LoadedService& loaded) -> ServiceSpec& { return loaded.spec; });
  }
  sort_diagnostics(out.diagnostics);
  return out;
}

LoadedConfig load_config(const std::vector<std::string>& paths, const LoadOptions& options) {
  return load_config_with(paths, options, system_service_names(), system_name_service());
}

}  // namespace uvinetd
