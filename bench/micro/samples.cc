// SPDX-License-Identifier: ISC
#include "bench/micro/samples.h"

#include <sys/socket.h>

#include <utility>

namespace uvinetd::bench {
namespace {

constexpr std::size_t kFirstPort = 1024;
constexpr std::size_t kPorts = 50'000;  // of one address

std::string port(std::size_t index) {
  return std::to_string(kFirstPort + index % kPorts);
}

std::string host(std::size_t index) {
  return "127.0.0." + std::to_string(1 + index / kPorts);
}

}  // namespace

std::string sample_conf(std::size_t lines) {
  std::string out;
  for (std::size_t i = 0; i < lines; ++i) {
    out += host(i) + ':' + port(i) +
           "\tstream\ttcp\tnowait\tnobody\t/usr/sbin/serverd\tserverd -l -p " + port(i) + '\n';
  }
  return out;
}

std::string sample_xinetd(std::size_t services) {
  std::string out = "defaults\n{\n\tgroups = yes\n\tpassenv =\n}\n";
  for (std::size_t i = 0; i < services; ++i) {
    out += "service " + port(i) + "\n{\n\ttype = UNLISTED\n\tid = " + port(i) + "/tcp@" + host(i) +
           "\n\tbind = " + host(i) + "\n\tport = " + port(i) +
           "\n\tsocket_type = stream\n\tprotocol = tcp\n\twait = no\n\tuser = nobody\n"
           "\tserver = /usr/sbin/serverd\n\tserver_args = -l -p " +
           port(i) + "\n}\n";
  }
  return out;
}

std::string sample_toml(std::size_t services) {
  std::string out = "[defaults]\nuser = \"nobody\"\nstderr = \"socket\"\n";
  for (std::size_t i = 0; i < services; ++i) {
    out += "[services.\"" + port(i) + "/tcp@" + host(i) + "\"]\nlisten = \"tcp://" + host(i) + ':' +
           port(i) + "\"\nexec = [\"/usr/sbin/serverd\", \"-l\", \"-p\", \"" + port(i) + "\"]\n";
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
