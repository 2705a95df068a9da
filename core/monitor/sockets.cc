// SPDX-License-Identifier: ISC
#include "core/monitor/sockets.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace uvinetd {

BindOptions Sockets::options_for(const ServiceSpec& spec) const {
  BindOptions out;
  out.backlog = spec.backlog.value_or(default_backlog_);
  out.send_buffer = spec.send_buffer.value_or(0);
  out.receive_buffer = spec.receive_buffer.value_or(0);
  out.defers_accept = spec.accept_filter == "dataready" || spec.accept_filter == "httpready";
  return out;
}

void Sockets::want(const std::vector<LoadedService>& services) {
  for (auto& [name, socket] : by_name_) socket.is_wanted = false;
  for (const auto& service : services) {
    for (const auto& spec : service.spec.listen) {
      auto& socket = by_name_[socket_name(spec)];
      socket.is_wanted = true;
      socket.service = service.spec.id;
      const bool is_changed = socket.spec != spec;
      socket.spec = spec;
      socket.options = options_for(service.spec);
      if (socket.key == 0) socket.key = ++last_key_;
      if (!socket.fd.is_open()) {
        open(socket);
      } else {
        update(socket, is_changed);
      }
    }
  }
}

void Sockets::update(Socket& socket, bool is_changed) {
  const int fd = socket.fd.get();
  if (!is_datagram(socket.spec.kind)) listen(fd, socket.options.backlog);
  const bool has_buffers = socket.options.send_buffer > 0 || socket.options.receive_buffer > 0;
  if (!is_changed && !has_buffers) return;
  if (auto status = update_socket(fd, socket.spec, socket.options); !status) {
    log_.error("{}: {}", socket.service, status.error().text());
  }
}

void Sockets::open(Socket& socket) {
  auto fd = bind_socket(socket.spec, socket.options);
  if (fd) {
    socket.fd = std::move(*fd);
    socket.path = path_identity(socket.spec.path);
    if (socket.last_error != 0) log_.notice("{}: bound at last", socket.service);
    socket.last_error = 0;
    return;
  }
  const int code = fd.error().code;
  socket.is_silent = socket.spec.is_optional &&
                     (code == EAFNOSUPPORT || code == EADDRNOTAVAIL || code == EPROTONOSUPPORT);
  socket.failure = socket.service + ": cannot " + fd.error().text() + "; retrying";
  if (!socket.is_silent && code != socket.last_error) log_.error("{}", socket.failure);
  socket.last_error = code;
}

void Sockets::close_unwanted() {
  for (auto at = by_name_.begin(); at != by_name_.end();) {
    if (at->second.is_wanted) {
      ++at;
      continue;
    }
    if (at->second.fd.is_open()) remove_path_if(at->second.spec.path, at->second.path);
    at = by_name_.erase(at);
  }
}

bool Sockets::retry() {
  bool has_bound = false;
  for (auto& [name, socket] : by_name_) {
    if (!socket.is_wanted || socket.fd.is_open()) continue;
    open(socket);
    has_bound = has_bound || socket.fd.is_open();
  }
  return has_bound;
}

void Sockets::rebind(std::uint32_t key) {
  for (auto& [name, socket] : by_name_) {
    if (socket.key != key) continue;
    if (socket.fd.is_open()) remove_path_if(socket.spec.path, socket.path);
    socket.fd.reset();
    if (socket.is_wanted) open(socket);
    return;
  }
}

std::vector<TableListener> Sockets::listeners_of(const LoadedService& service) const {
  std::vector<TableListener> out;
  for (const auto& spec : service.spec.listen) {
    const auto found = by_name_.find(socket_name(spec));
    if (found == by_name_.end() || !found->second.fd.is_open()) continue;
    out.push_back({found->second.key, socket_address(spec)});
  }
  return out;
}

std::vector<std::pair<std::uint32_t, int>> Sockets::all() const {
  std::vector<std::pair<std::uint32_t, int>> out;
  for (const auto& [name, socket] : by_name_) {
    if (socket.is_wanted && socket.fd.is_open()) out.emplace_back(socket.key, socket.fd.get());
  }
  return out;
}

std::size_t Sockets::count() const {
  return all().size();
}

std::size_t Sockets::failed_count() const {
  return static_cast<std::size_t>(
      std::count_if(by_name_.begin(), by_name_.end(), [](const auto& each) {
        const auto& socket = each.second;
        return socket.is_wanted && !socket.fd.is_open() && !socket.is_silent;
      }));
}

std::vector<std::string> Sockets::failures() const {
  std::vector<std::string> out;
  for (const auto& [name, socket] : by_name_) {
    if (socket.is_wanted && !socket.fd.is_open() && !socket.is_silent)
      out.push_back(socket.failure);
  }
  return out;
}

bool Sockets::is_wanted(std::uint32_t key) const {
  return std::any_of(by_name_.begin(), by_name_.end(), [key](const auto& each) {
    return each.second.key == key && each.second.is_wanted;
  });
}

void Sockets::remove_paths() {
  for (auto& [name, socket] : by_name_) {
    if (socket.fd.is_open()) remove_path_if(socket.spec.path, socket.path);
  }
}

}  // namespace uvinetd
