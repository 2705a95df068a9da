// SPDX-License-Identifier: ISC
#include "core/monitor/sockets.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "core/config/field_reader.h"
#include "core/config/socket_rules.h"

namespace uvinetd {
namespace {

// Nobody but us ever reads from it: no server can find it in the wrong mode.
bool is_ours_alone(const ServiceSpec& spec, SocketKind kind) {
  return spec.program.empty() || (spec.mode == Mode::Nowait && !is_datagram(kind));
}

bool has_same_rules(const ServiceOptions& a, const ServiceOptions& b) {
  return a.allow == b.allow && a.deny == b.deny;
}

// Null when there is none; const when the map is.
template <typename Map>
auto find_in(Map& sockets, std::uint32_t rpc, const ListenSpec& spec)
    -> decltype(&sockets.begin()->second) {
  const auto [begin, end] = sockets.equal_range(socket_hash(spec) + rpc);
  const auto found = std::find_if(begin, end, [&](const auto& each) {
    return each.second.rpc == rpc && is_same_socket(each.second.spec, spec);
  });
  return found == end ? nullptr : &found->second;
}

template <typename List>
void sort_by_key(List& list) {
  std::sort(list.begin(), list.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
}

}  // namespace

BindOptions Sockets::options_for(const ServiceSpec& spec) const {
  BindOptions out;
  out.backlog = spec.backlog.value_or(default_backlog_);
  out.more = spec.more;
  out.is_filtered = needs_address_filter(spec);
  out.tells_senders = is_syslog_service(spec);
  return out;
}

std::uint32_t Sockets::rpc_number(const ServiceSpec& service) const {
  if (!service.more->rpc) return 0;
  const auto known = rpc_numbers_.find(service.id);
  return known == rpc_numbers_.end() ? 0 : known->second;
}

const Sockets::Socket* Sockets::find(const ServiceSpec& service, const ListenSpec& spec) const {
  return find_in(sockets_, rpc_number(service), spec);
}

Sockets::Socket& Sockets::find_or_add(const ServiceSpec& service, const ListenSpec& spec) {
  const auto rpc = service.more->rpc ? number_rpc(service.id) : 0;
  if (auto* const known = find_in(sockets_, rpc, spec)) return *known;
  auto& socket = add(rpc, spec);
  socket.key = ++last_key_;
  return socket;
}

std::uint32_t Sockets::number_rpc(const std::string& service) {
  const auto next = static_cast<std::uint32_t>(rpc_numbers_.size() + 1);
  return rpc_numbers_.try_emplace(service, next).first->second;
}

Sockets::Socket& Sockets::add(std::uint32_t rpc, const ListenSpec& spec) {
  auto& socket = sockets_.emplace(socket_hash(spec) + rpc, Socket())->second;
  socket.rpc = rpc;
  socket.spec = spec;
  return socket;
}

void Sockets::want(const std::vector<LoadedService>& services) {
  plan(services);
  std::vector<std::pair<std::uint32_t, int>> unused;
  (void)bind_some(std::numeric_limits<std::size_t>::max(), unused);
}

void Sockets::plan(const std::vector<LoadedService>& services) {
  for (auto& [name, socket] : sockets_) socket.is_wanted = socket.is_due = false;
  due_.clear();
  if (sockets_.empty()) sockets_.reserve(services.size());
  for (const auto& service : services) {
    for (const auto& spec : service.spec.listen) {
      auto& socket = find_or_add(service.spec, spec);
      socket.is_wanted = true;
      if (socket.service != service.spec.id) socket.service = service.spec.id;
      auto options = options_for(service.spec);
      options.is_nonblocking = is_ours_alone(service.spec, spec.kind);
      if (socket.fd.is_open()) {
        update(socket, spec, options);
        continue;
      }
      if (socket.spec != spec) socket.spec = spec;
      socket.options = options;
      socket.is_due = true;
      due_.push_back(&socket);
    }
  }
  std::reverse(due_.begin(), due_.end());
  if (inherited_.is_empty()) return;
  const auto before = adopted_.size();
  for (auto* const socket : due_) adopt(*socket);
  if (adopted_.size() > before) {
    log_.notice("{} sockets were there already", adopted_.size() - before);
  }
}

bool Sockets::bind_some(std::size_t at_most, std::vector<std::pair<std::uint32_t, int>>& bound) {
  for (; at_most > 0 && !due_.empty(); --at_most) {
    auto& socket = *due_.back();
    due_.pop_back();
    if (!std::exchange(socket.is_due, false)) continue;
    if (!socket.fd.is_open()) open(socket);  // else it was adopted
    if (socket.fd.is_open()) bound.emplace_back(socket.key, socket.fd.get());
  }
  return !due_.empty();
}

void Sockets::inherit(InheritedSockets inherited) {
  inherited_ = std::move(inherited);
  for (const auto& problem : inherited_.problems()) log_.warning("{}", problem);
}

void Sockets::adopt(Socket& socket) {
  auto found = inherited_.adopt(socket.spec, socket.options, log_);
  if (!found) return;
  log_.debug("{}: goes on with the socket at {}", socket.service, found->address.text());
  socket.fd = std::move(found->fd);
  // The path of a socket unit is that unit's to remove.
  if (found->is_of_store()) socket.path = path_identity(socket.spec.path);
  socket.failure.reset();
  adopted_.emplace(socket.key, std::move(found->name));
}

// A kept socket is touched only where something about it is new.
void Sockets::update(Socket& socket, const ListenSpec& spec, const BindOptions& options) {
  const int fd = socket.fd.get();
  const bool is_new_backlog = options.backlog != socket.options.backlog;
  const bool was_filtered = socket.options.is_filtered;
  const bool is_new_filter = options.is_filtered != was_filtered ||
                             (was_filtered && !has_same_rules(*options.more, *socket.options.more));
  const bool is_changed = is_new_filter || socket.spec != spec ||
                          !has_same_settings(*options.more, *socket.options.more);
  socket.options = options;
  if (is_new_backlog && !is_datagram(spec.kind)) listen(fd, options.backlog);
  if (!is_changed) return;
  socket.spec = spec;
  if (auto status = update_socket(fd, spec, options, was_filtered); !status) {
    log_.error("{}: {}", socket.service, status.error().text());
  }
}

void Sockets::open(Socket& socket) {
  auto fd = bind_socket(socket.spec, socket.options);
  if (fd) {
    socket.fd = std::move(*fd);
    socket.path = path_identity(socket.spec.path);
    if (socket.failure) log_.notice("{}: bound at last", socket.service);
    socket.failure.reset();
    return;
  }
  const int code = fd.error().code;
  if (!socket.failure) socket.failure = std::make_unique<Failure>();
  auto& failure = *socket.failure;
  failure.is_silent = socket.spec.is_optional &&
                      (code == EAFNOSUPPORT || code == EADDRNOTAVAIL || code == EPROTONOSUPPORT);
  failure.text = socket.service + ": cannot " + fd.error().text() + "; retrying";
  if (!failure.is_silent && code != failure.code) log_.error("{}", failure.text);
  failure.code = code;
}

bool Sockets::is_failed(const Socket& socket) {
  return socket.is_wanted && !socket.fd.is_open() && socket.failure && !socket.failure->is_silent;
}

void Sockets::close_unwanted() {
  for (auto at = sockets_.begin(); at != sockets_.end();) {
    if (at->second.is_wanted) {
      ++at;
      continue;
    }
    if (at->second.fd.is_open()) remove_path_if(at->second.spec.path, at->second.path);
    adopted_.erase(at->second.key);
    at = sockets_.erase(at);
  }
}

bool Sockets::retry() {
  bool has_bound = false;
  for (auto& [name, socket] : sockets_) {
    if (!socket.is_wanted || socket.fd.is_open()) continue;
    open(socket);
    has_bound = has_bound || socket.fd.is_open();
  }
  return has_bound;
}

void Sockets::rebind(std::uint32_t key) {
  for (auto& [name, socket] : sockets_) {
    if (socket.key != key) continue;
    if (socket.fd.is_open()) remove_path_if(socket.spec.path, socket.path);
    socket.fd.reset();
    adopted_.erase(key);
    if (socket.is_wanted) open(socket);
    return;
  }
}

std::vector<TableListener> Sockets::listeners_of(const LoadedService& service) const {
  std::vector<TableListener> out;
  for (const auto& spec : service.spec.listen) {
    const auto* socket = find(service.spec, spec);
    if (socket == nullptr || (!socket->fd.is_open() && !socket->is_due)) continue;
    const auto bound = socket->rpc != 0 ? SocketAddress::local_of(socket->fd.get()) : std::nullopt;
    out.push_back({socket->key, bound.value_or(socket_address(spec))});
    if (!service.spec.more->listen_fds) continue;
    out.back().name = listen_name(service.spec, spec);
    out.back().socket_type = socket_type(spec.kind);
  }
  return out;
}

std::vector<RpcBinding> Sockets::rpc_bindings(const std::vector<LoadedService>& services) const {
  std::vector<RpcBinding> out;
  for (const auto& service : services) {
    const auto& program = service.spec.more->rpc;
    const auto number = program ? parse_number(program->name, UINT32_MAX) : std::nullopt;
    if (!number) continue;
    for (const auto& spec : service.spec.listen) {
      const auto* socket = find(service.spec, spec);
      if (socket == nullptr || !socket->fd.is_open() || !is_ip(spec.kind)) continue;
      const auto address = SocketAddress::local_of(socket->fd.get());
      if (!address) continue;
      const std::string netid = kind_name(spec.kind);
      RpcBinding binding{*number, program->low_version, program->high_version, netid, *address};
      // One that receives both is known by both.
      if (spec.family == IpFamily::Dual) {
        binding.address = SocketAddress::any(AF_INET, address->port());
        out.push_back(binding);
        binding.address = *address;
      }
      if (spec.family != IpFamily::V4) binding.netid += '6';
      out.push_back(std::move(binding));
    }
  }
  return out;
}

std::vector<std::pair<std::uint32_t, int>> Sockets::all() const {
  std::vector<std::pair<std::uint32_t, int>> out;
  for (const auto& [name, socket] : sockets_) {
    if (socket.is_wanted && socket.fd.is_open()) out.emplace_back(socket.key, socket.fd.get());
  }
  sort_by_key(out);
  return out;
}

std::size_t Sockets::count() const {
  return static_cast<std::size_t>(std::count_if(
      sockets_.begin(), sockets_.end(),
      [](const auto& each) { return each.second.is_wanted && each.second.fd.is_open(); }));
}

std::size_t Sockets::failed_count() const {
  return static_cast<std::size_t>(std::count_if(
      sockets_.begin(), sockets_.end(), [](const auto& each) { return is_failed(each.second); }));
}

std::vector<std::string> Sockets::failures() const {
  std::vector<std::pair<std::uint32_t, std::string>> found;
  for (const auto& [name, socket] : sockets_) {
    if (is_failed(socket)) found.emplace_back(socket.key, socket.failure->text);
  }
  sort_by_key(found);
  std::vector<std::string> out;
  for (auto& [key, text] : found) out.push_back(std::move(text));
  return out;
}

bool Sockets::is_wanted(std::uint32_t key) const {
  return std::any_of(sockets_.begin(), sockets_.end(), [key](const auto& each) {
    return each.second.key == key && each.second.is_wanted;
  });
}

void Sockets::save(UpgradeState& state) const {
  state.last_socket = last_key_;
  for (const auto& [name, socket] : sockets_) {
    if (!socket.fd.is_open()) continue;
    const auto& spec = socket.spec;
    SavedSocket saved;
    saved.key = socket.key;
    saved.fd = socket.fd.get();
    saved.kind = static_cast<int>(spec.kind);
    saved.family = static_cast<int>(spec.family);
    saved.host = spec.host;
    saved.port = spec.port;
    saved.path = spec.path;
    saved.service = socket.service;
    saved.is_rpc = socket.rpc != 0;
    saved.is_filtered = socket.options.is_filtered;
    saved.device = socket.path.device;
    saved.inode = socket.path.inode;
    if (const auto adopted = adopted_.find(socket.key); adopted != adopted_.end()) {
      saved.is_given = true;
      saved.stored_name = adopted->second;
    }
    state.sockets.push_back(std::move(saved));
  }
}

void Sockets::restore(const UpgradeState& state) {
  last_key_ = state.last_socket;
  sockets_.reserve(state.sockets.size());
  for (const auto& saved : state.sockets) {
    ListenSpec spec;
    spec.kind = static_cast<SocketKind>(saved.kind);
    spec.family = static_cast<IpFamily>(saved.family);
    spec.host = saved.host;
    spec.port = saved.port;
    spec.path = saved.path;
    auto& socket = add(saved.is_rpc ? number_rpc(saved.service) : 0, spec);
    socket.key = saved.key;
    socket.fd.reset(saved.fd);
    socket.service = saved.service;
    socket.options.is_filtered = saved.is_filtered;
    socket.path = {saved.device, saved.inode};
    if (saved.is_given || !saved.stored_name.empty()) {
      adopted_.emplace(saved.key, saved.stored_name);
    }
  }
}

std::vector<StorableSocket> Sockets::storable() const {
  std::vector<StorableSocket> out;
  for (const auto& [hash, socket] : sockets_) {
    if (!socket.is_wanted || !socket.fd.is_open()) continue;
    if (is_ip(socket.spec.kind) && socket.spec.port == 0)
      continue;  // nobody could tell whose it is
    const auto adopted = adopted_.find(socket.key);
    const std::string name = adopted == adopted_.end() ? "" : adopted->second;
    if (adopted != adopted_.end() && !parse_stored_name(name)) continue;
    out.push_back({socket.key, socket.fd.get(), socket.path, name});
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
  return out;
}

void Sockets::remove_paths(const std::function<bool(std::uint32_t key)>& is_kept) {
  for (auto& [name, socket] : sockets_) {
    if (socket.fd.is_open() && !is_kept(socket.key)) remove_path_if(socket.spec.path, socket.path);
  }
}

}  // namespace uvinetd
