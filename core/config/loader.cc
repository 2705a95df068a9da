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

// The order in which files were met: those that could not be read, then those that could.
using FileOrder = std::unordered_map<std::string, std::size_t>;

std::string file_of(const Diagnostic& diagnostic) {
  return diagnostic.at.file ? *diagnostic.at.file : std::string();
}

FileOrder order_of(const std::vector<ConfigFile>& files, const Diagnostics& of_reading) {
  FileOrder order;
  order.try_emplace("", 0);  // the command line
  for (const auto& diagnostic : of_reading) order.try_emplace(file_of(diagnostic), order.size());
  for (const auto& file : files) order.try_emplace(file.name, order.size());
  return order;
}

void sort_diagnostics(Diagnostics& list, const FileOrder& order) {
  const auto key = [&](const Diagnostic& diagnostic) {
    const auto found = order.find(file_of(diagnostic));
    const auto rank = found == order.end() ? order.size() : found->second;
    return std::tuple(rank, diagnostic.at.line, diagnostic.at.column);
  };
  std::stable_sort(list.begin(), list.end(),
                   [&](const Diagnostic& a, const Diagnostic& b) { return key(a) < key(b); });
}

}  // namespace

LoadedConfig load_config_with(const std::vector<std::string>& paths, const LoadOptions& options,
                              const ServiceNames& names, const NameService& service) {
  LoadedConfig out;
  LookupHelper helper(service);
  auto read = read_config_files(paths, options.uid == 0, out.diagnostics);
  out.is_unreadable = read.is_unreadable;
  const auto order = order_of(read.files, out.diagnostics);
  std::vector<ServiceSpec> specs;
  std::size_t files_parsed = 0;
  for (auto& file : read.files) {
    if (!check_language(file, out.diagnostics)) {
      out.is_unreadable = true;
      continue;
    }
    auto parsed = parse_inetd_conf(file.text, file.name, options.inetd, names);
    file.text = std::string();
    out.services_written += parsed.services_written;
    append(out.diagnostics, std::move(parsed.diagnostics));
    if (files_parsed++ == 0) {
      specs = std::move(parsed.services);
    } else {
      std::move(parsed.services.begin(), parsed.services.end(), std::back_inserter(specs));
    }
  }
  if (!out.is_unreadable) {
    if (files_parsed > 1) {  // within one file its front end has looked already
      drop_duplicates(specs, out.diagnostics,
                      [](ServiceSpec& spec) -> ServiceSpec& { return spec; });
    }
    if (resolve_services(std::move(specs), options, helper, out) == HostNames::Some) {
      // Two host names may turn out to be one address.
      drop_duplicates(out.services, out.diagnostics,
                      [](LoadedService& loaded) -> ServiceSpec& { return loaded.spec; });
    }
  }
  sort_diagnostics(out.diagnostics, order);
  return out;
}

LoadedConfig load_config(const std::vector<std::string>& paths, const LoadOptions& options) {
  return load_config_with(paths, options, system_service_names(), system_name_service());
}

}  // namespace uvinetd
