// SPDX-License-Identifier: ISC
#include "spawn/table.h"

#include <algorithm>
#include <utility>

namespace uvinetd {
namespace {

constexpr std::uint32_t kMagic = 0x75766931;  // "uvi1"
constexpr std::size_t kHeaderBytes = 4 * sizeof(std::uint32_t);
constexpr std::size_t kPairBytes = 2 * sizeof(std::uint32_t);

void put(Writer& out, const ReactorSettings& more) {
  put(out, more.access);
  put(out, more.hours);
  put(out, more.limits);
  put(out, more.ends);
  put(out, more.relay);
}

void get(Reader& in, ReactorSettings& out) {
  get(in, out.access);
  get(in, out.hours);
  get(in, out.limits);
  get(in, out.ends);
  get(in, out.relay);
}

void put(Writer& out, const LauncherSettings& process) {
  put(out, process.stdio);
  put(out, process.box);
}

void get(Reader& in, LauncherSettings& out) {
  get(in, out.stdio);
  get(in, out.box);
}

template <typename T>
void put_rare(Writer& out, const Rare<T>& rare) {
  const bool is_there = !rare.is_default();
  out.put(is_there);
  if (is_there) put(out, *rare);
}

template <typename T>
void get_rare(Reader& in, Rare<T>& out) {
  if (in.get<bool>()) get(in, out.edit());
}

void put_identity(Writer& out, const TableIdentity& identity) {
  out.put(identity.key);
  out.put(identity.uid);
  out.put(identity.gid);
  out.put(static_cast<std::uint32_t>(identity.groups.size()));
  for (const auto group : identity.groups) out.put(group);
  out.put(std::string_view(identity.name));
  out.put_strings(identity.environment);
  out.put_strings(identity.passed_environment);
  put_rare(out, identity.box);
}

TableIdentity get_identity(Reader& in) {
  TableIdentity out;
  out.key = in.get<std::uint32_t>();
  out.uid = in.get<std::uint32_t>();
  out.gid = in.get<std::uint32_t>();
  const auto count = in.get<std::uint32_t>();
  for (std::uint32_t i = 0; i < count && in.is_good(); ++i) {
    out.groups.push_back(in.get<std::uint32_t>());
  }
  out.name = std::string(in.get_text());
  out.environment = in.get_strings();
  out.passed_environment = in.get_strings();
  get_rare(in, out.box);
  return out;
}

void put_settings(Writer& out, const TableSettings& settings) {
  out.put(settings.key);
  out.put(std::string_view(settings.id));
  out.put(settings.identity);
  out.put(settings.socket_type);
  out.put(settings.is_wait);
  out.put(settings.listen_fds);
  out.put(std::string_view(*settings.internal));
  out.put(std::string_view(*settings.mux_name));
  out.put(settings.mux_greets);
  out.put(settings.instances);
  out.put(settings.starts_per_minute);
  out.put(settings.source_starts_per_minute);
  out.put(settings.instances_per_source);
  put_rare(out, settings.more);
}

void get_settings(Reader& in, TableSettings& out) {
  out.key = in.get<std::uint32_t>();
  out.id = in.get_text();
  out.identity = in.get<std::uint32_t>();
  out.socket_type = in.get<std::int32_t>();
  out.is_wait = in.get<bool>();
  out.listen_fds = in.get<bool>();
  if (const auto name = in.get_text(); !name.empty()) out.internal.edit() = name;
  if (const auto name = in.get_text(); !name.empty()) out.mux_name.edit() = name;
  out.mux_greets = in.get<bool>();
  out.instances = in.get<std::uint32_t>();
  out.starts_per_minute = in.get<std::uint32_t>();
  out.source_starts_per_minute = in.get<std::uint32_t>();
  out.instances_per_source = in.get<std::uint32_t>();
  get_rare(in, out.more);
}

void put_warm_start(Writer& out, const WarmStart& warm) {
  out.put(warm.parks_at_io);
  out.put(warm.spares);
  out.put(warm.uses);
  out.put(warm.age_seconds);
}

WarmStart get_warm_start(Reader& in) {
  WarmStart out;
  out.is_wanted = true;
  out.parks_at_io = in.get<bool>();
  out.spares = in.get<std::uint32_t>();
  out.uses = in.get<std::uint32_t>();
  out.age_seconds = in.get<std::uint32_t>();
  return out;
}

// Sockets stand before the program: the reactor stops reading there.
void put_service(Writer& out, const TableService& service) {
  put_settings(out, service);
  out.put(static_cast<std::uint32_t>(service.listeners.size()));
  for (const auto& listener : service.listeners) {
    out.put(listener.key);
    out.put(listener.address.bytes());
    if (!service.listen_fds) continue;
    out.put(std::string_view(listener.name));
    out.put(listener.socket_type);
  }
  out.put(std::string_view(service.program));
  out.put_strings(service.argv);
  out.put(std::string_view(service.working_directory));
  out.put(service.umask);
  out.put(service.passes_environment);
  out.put_strings(service.environment);
  out.put(service.warm->is_wanted);
  if (service.warm->is_wanted) put_warm_start(out, *service.warm);
  put_rare(out, service.process);
}

// Calls `add` for every socket.
template <typename Add>
void get_sockets(Reader& in, bool are_named, Add add) {
  const auto count = in.get<std::uint32_t>();
  for (std::uint32_t i = 0; i < count && in.is_good(); ++i) {
    TableListener listener;
    listener.key = in.get<std::uint32_t>();
    listener.address = SocketAddress::from_bytes(in.get_text());
    if (are_named) {
      listener.name = in.get_text();
      listener.socket_type = in.get<std::int32_t>();
    }
    add(std::move(listener));
  }
}

TableService get_service(Reader& in) {
  TableService out;
  get_settings(in, out);
  get_sockets(in, out.listen_fds,
              [&](TableListener listener) { out.listeners.push_back(std::move(listener)); });
  out.program = in.get_text();
  out.argv = in.get_strings();
  out.working_directory = in.get_text();
  out.umask = in.get<std::uint32_t>();
  out.passes_environment = in.get<bool>();
  out.environment = in.get_strings();
  if (in.get<bool>()) out.warm.edit() = get_warm_start(in);
  get_rare(in, out.process);
  return out;
}

TableOutline get_outline(Reader& in) {
  TableOutline out;
  get_settings(in, out);
  get_sockets(in, out.listen_fds, [&](const TableListener& listener) {
    out.sockets.push_back({listener.key, listener.address.port()});
  });
  return out;
}

using Index = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

void patch_index(Writer& out, std::size_t at, Index& index) {
  std::sort(index.begin(), index.end());
  for (const auto& [key, offset] : index) {
    out.patch(at, key);
    out.patch(at + sizeof key, offset);
    at += kPairBytes;
  }
}

}  // namespace

std::string print_table(std::uint32_t generation, const std::vector<TableIdentity>& identities,
                        const std::vector<TableService>& services) {
  TablePrinter printer(generation, identities, services.size());
  for (const auto& service : services) printer.add(service);
  return printer.take();
}

TablePrinter::TablePrinter(std::uint32_t generation, const std::vector<TableIdentity>& identities,
                           std::size_t service_count)
    : service_index_(kHeaderBytes + identities.size() * kPairBytes) {
  constexpr std::size_t kUsualBytes = 160;  // of a service
  out_.reserve(service_index_ + service_count * (kPairBytes + kUsualBytes));
  services_.reserve(service_count);
  out_.put(kMagic);
  out_.put(generation);
  out_.put(static_cast<std::uint32_t>(identities.size()));
  out_.put(static_cast<std::uint32_t>(service_count));
  for (std::size_t i = 0; i < identities.size() + service_count; ++i) out_.put(std::uint64_t{0});
  Index index;
  for (const auto& identity : identities) {
    index.emplace_back(identity.key, static_cast<std::uint32_t>(out_.size()));
    put_identity(out_, identity);
  }
  patch_index(out_, kHeaderBytes, index);
}

void TablePrinter::add(const TableService& service) {
  services_.emplace_back(service.key, static_cast<std::uint32_t>(out_.size()));
  put_service(out_, service);
}

std::string TablePrinter::take() {
  patch_index(out_, service_index_, services_);
  return out_.take();
}

Result<Table> Table::map(int fd) {
  auto mapping = map_read_only(fd, kHeaderBytes);
  if (!mapping) return tl::unexpected(mapping.error());
  Table table;
  table.mapping_ = std::move(*mapping);
  if (auto status = table.open(table.mapping_.bytes()); !status) {
    return tl::unexpected(status.error());
  }
  return table;
}

Result<Table> Table::view(std::string_view bytes) {
  Table table;
  if (auto status = table.open(bytes); !status) return tl::unexpected(status.error());
  return table;
}

Status Table::open(std::string_view bytes) {
  Reader in(bytes);
  const auto magic = in.get<std::uint32_t>();
  generation_ = in.get<std::uint32_t>();
  identity_count_ = in.get<std::uint32_t>();
  service_count_ = in.get<std::uint32_t>();
  const std::size_t room = bytes.size() / kPairBytes;
  if (!in.is_good() || magic != kMagic || identity_count_ > room || service_count_ > room ||
      kHeaderBytes + (identity_count_ + service_count_) * kPairBytes > bytes.size()) {
    return fail("table", "malformed", EINVAL);
  }
  bytes_ = bytes;
  identity_index_ = kHeaderBytes;
  service_index_ = kHeaderBytes + identity_count_ * kPairBytes;
  return {};
}

std::uint32_t Table::word(std::size_t at) const {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes_.data() + at, sizeof value);
  return value;
}

std::uint32_t Table::find(std::size_t index, std::size_t count, std::uint32_t key) const {
  std::size_t low = 0;
  std::size_t high = count;
  while (low < high) {
    const auto middle = (low + high) / 2;
    const auto at = index + middle * kPairBytes;
    const auto here = word(at);
    if (here == key) return word(at + sizeof here);
    (here < key ? low : high) = here < key ? middle + 1 : middle;
  }
  return 0;
}

Reader Table::reader_at(std::size_t index) const {
  const std::size_t offset = word(service_index_ + index * kPairBytes + sizeof(std::uint32_t));
  return Reader(bytes_.substr(std::min(offset, bytes_.size())));
}

TableService Table::service_at(std::size_t index) const {
  auto in = reader_at(index);
  return get_service(in);
}

TableOutline Table::outline_at(std::size_t index) const {
  auto in = reader_at(index);
  return get_outline(in);
}

std::optional<TableService> Table::service(std::uint32_t key) const {
  const auto offset = find(service_index_, service_count_, key);
  if (offset == 0 || offset >= bytes_.size()) return std::nullopt;
  Reader in(bytes_.substr(offset));
  auto service = get_service(in);
  if (!in.is_good()) return std::nullopt;
  return service;
}

std::optional<TableIdentity> Table::identity(std::uint32_t key) const {
  const auto offset = find(identity_index_, identity_count_, key);
  if (offset == 0 || offset >= bytes_.size()) return std::nullopt;
  Reader in(bytes_.substr(offset));
  auto identity = get_identity(in);
  if (!in.is_good()) return std::nullopt;
  return identity;
}

}  // namespace uvinetd
