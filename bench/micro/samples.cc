// SPDX-License-Identifier: ISC
#include "bench/micro/samples.h"

#include <sys/socket.h>

#include <utility>

namespace uvinetd::bench {
namespace {

constexpr std::size_t kFirstPort = 1024;

std::string port(std::size_t index) {
  return std::to_string(kFirstPort + index);
}

}  // namespace

std::string sample_conf(std::size_t lines) {
  std::string out;
  for (std::size_t i = 0; i < lines; ++i) {
    out += port(i) + "\tstream\ttcp4\tnowait\tnobody\t/usr/sbin/serverd\tserverd -l -p " + port(i) +
           '\n';
  }
  return out;
}

std::vector<LoadedService> sample_services(std::size_t count) {
  const InetdConfOptions options;
  NoIncludes no_includes;
  auto parsed = parse_inetd_conf(sample_conf(count), "inetd.conf", options, system_service_names(),
                                 no_includes);
  std::vector<LoadedService> out;
  for (auto& spec : parsed.services) {
    LoadedService one;
    one.spec = std::move(spec);
    one.identity.uid = one.identity.gid = 65'534;
    one.identity.groups = {65'534};
    out.push_back(std::move(one));
  }
  return out;
}

std::vector<TableService> sample_table_services(std::size_t count) {
  std::vector<TableService> out;
  for (std::size_t i = 0; i < count; ++i) {
    TableService one;
    one.key = static_cast<std::uint32_t>(i + 1);
    one.id = port(i) + "/tcp4";
    one.identity = 1;
    one.socket_type = SOCK_STREAM;
    one.program = "/usr/sbin/serverd";
    one.argv = {"serverd", "-l", "-p", port(i)};
    one.listeners = {
        {one.key, SocketAddress::any(AF_INET, static_cast<std::uint16_t>(kFirstPort + i))}};
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace uvinetd::bench
