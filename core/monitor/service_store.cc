// SPDX-License-Identifier: ISC
#include "core/monitor/service_store.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "core/base/codec.h"
#include "core/base/process.h"

namespace uvinetd {
namespace {

template <typename T>
void put_optional(Writer& out, const std::optional<T>& value) {
  out.put(value.has_value());
  if (value) out.put(*value);
}

template <typename T>
void get_optional(Reader& in, std::optional<T>& value) {
  value.reset();
  if (in.get<bool>()) value = in.get<T>();
}

void put_texts(Writer& out, std::initializer_list<const std::string*> texts) {
  for (const auto* text : texts) out.put(std::string_view(*text));
}

void get_texts(Reader& in, std::initializer_list<std::string*> texts) {
  for (auto* text : texts) *text = in.get_text();
}

// What few services have is kept as it is: a number stands for it, 0 for what has the default.
template <typename T>
void put_rare(Writer& out, const Rare<T>& value, std::vector<Rare<T>>& kept) {
  if (!value.is_default()) kept.push_back(value);
  out.put(value.is_default() ? std::uint32_t{0} : static_cast<std::uint32_t>(kept.size()));
}

template <typename T>
Rare<T> get_rare(Reader& in, const std::vector<Rare<T>>& kept) {
  const auto number = in.get<std::uint32_t>();
  return number == 0 ? Rare<T>() : kept[number - 1];
}

using Nodes = std::vector<Rare<SocketNode>>;

void put_listen(Writer& out, const ListenSpec& listen, Nodes& nodes) {
  out.put(listen.kind);
  out.put(listen.family);
  out.put(listen.port);
  out.put(listen.is_optional);
  put_texts(out, {&listen.host, &listen.path});
  put_rare(out, listen.node, nodes);
  put_texts(out, {&*listen.name});
}

ListenSpec get_listen(Reader& in, const Nodes& nodes) {
  ListenSpec out;
  out.kind = in.get<SocketKind>();
  out.family = in.get<IpFamily>();
  out.port = in.get<std::uint16_t>();
  out.is_optional = in.get<bool>();
  get_texts(in, {&out.host, &out.path});
  out.node = get_rare(in, nodes);
  if (const auto name = in.get_text(); !name.empty()) out.name.edit() = name;
  return out;
}

void put_spec(Writer& out, const ServiceSpec& spec, Nodes& nodes) {
  put_texts(out, {&spec.id, &spec.user, &spec.group, &spec.internal, &spec.program});
  out.put(spec.mode);
  out.put_strings(spec.argv);
  for (const auto* limit : {&spec.instances, &spec.starts_per_minute,
                            &spec.source_starts_per_minute, &spec.instances_per_source}) {
    put_optional(out, *limit);
  }
  put_optional(out, spec.backlog);
  out.put(static_cast<std::uint32_t>(spec.listen.size()));
  for (const auto& listen : spec.listen) put_listen(out, listen, nodes);
}

void get_spec(Reader& in, ServiceSpec& spec, const Nodes& nodes) {
  get_texts(in, {&spec.id, &spec.user, &spec.group, &spec.internal, &spec.program});
  spec.mode = in.get<Mode>();
  spec.argv = in.get_strings();
  for (auto* limit : {&spec.instances, &spec.starts_per_minute, &spec.source_starts_per_minute,
                      &spec.instances_per_source}) {
    get_optional(in, *limit);
  }
  get_optional(in, spec.backlog);
  const auto count = in.get<std::uint32_t>();
  for (std::uint32_t i = 0; i < count && in.is_good(); ++i)
    spec.listen.push_back(get_listen(in, nodes));
}

}  // namespace

void ServiceStore::set(std::vector<LoadedService> services) {
  services_ = std::move(services);
  size_ = services_.size();
  is_packed_ = false;
  packed_ = std::string();
  identities_.clear();
  options_.clear();
  nodes_.clear();
  ends_.clear();
  syslogs_.clear();
}

const std::vector<LoadedService>& ServiceStore::list() {
  if (!is_packed_) return services_;
  services_.resize(size_);
  Reader in(packed_);
  for (auto& service : services_) {
    service.identity = identities_[in.get<std::uint32_t>()];
    get_spec(in, service.spec, nodes_);
    service.spec.more = get_rare(in, options_);
    service.ends = get_rare(in, ends_);
    service.syslog = get_rare(in, syslogs_);
  }
  is_packed_ = false;
  return services_;
}

void ServiceStore::pack() {
  if (is_packed_) return;
  if (packed_.empty()) {
    Writer out;
    for (const auto& service : services_) {
      auto found = std::find(identities_.begin(), identities_.end(), service.identity);
      if (found == identities_.end()) found = identities_.insert(found, service.identity);
      out.put(static_cast<std::uint32_t>(found - identities_.begin()));
      put_spec(out, service.spec, nodes_);
      put_rare(out, service.spec.more, options_);
      put_rare(out, service.ends, ends_);
      put_rare(out, service.syslog, syslogs_);
    }
    packed_ = out.take();
    packed_.shrink_to_fit();
  }
  services_ = std::vector<LoadedService>();  // "{}" would keep the room
  is_packed_ = true;
  release_free_memory();
}

}  // namespace uvinetd
