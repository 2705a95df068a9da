// SPDX-License-Identifier: ISC
// The table as JSON: golden/table.json is what UVINETD_UPDATE_GOLDEN=1 writes anew. A key that is
// in it is never taken out again.
#include "core/config/spec_json.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "spawn/io_priority.h"
#include "tests/pure/config/conf.h"

namespace uvinetd::testing {
namespace {

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// No member has the value that it has when nothing is written.
ServiceOptions everything() {
  ServiceOptions out;
  out.send_buffer = 1;
  out.receive_buffer = 2;
  out.accept_filter = "dataready";
  out.nodelay = out.keepalive = out.freebind = out.reuseport = true;
  out.bind_to_device = "eth0";
  out.mark = 3;
  out.tcpmux = "mux";
  out.tcpmux_greets = true;
  out.rpc = RpcProgram{"rusersd", 1, 3};
  out.redirect = Redirect{"::1", 80, {}};
  out.groups_from = GroupsFrom::List;
  out.groups = {"adm", "5"};
  out.env = {"A=b"};
  out.pass_env = {"TZ"};
  out.umask = 027;
  out.working_directory = "/srv";
  out.nice = -5;
  out.limits = {{"files", 1, std::nullopt}};
  out.chroot = "/srv";
  out.no_new_privs = true;
  out.capability_bounding.emplace();
  out.capability_ambient = {"net_raw"};
  out.ionice = parse_io_priority("realtime:1");
  out.private_tmp = out.private_network = true;
  out.read_only_paths = {"/usr"};
  out.inaccessible_paths = {"/home"};
  out.landlock_read = {"/r"};
  out.landlock_write = {"/w"};
  out.landlock_execute = {"/x"};
  out.system_calls = {"read"};
  out.system_calls_denied = {"write"};
  out.on_forbidden_call = OnForbiddenCall::Kill;
  out.cgroup = "x";
  out.memory_max = 65536;
  out.cpu_max = 50;
  out.pids_max = 9;
  out.stderr_to = StderrTo::File;
  out.stderr_file = "/dev/null";
  out.redirect_from = "::2";
  out.redirect_proxy = ProxyForm::V2;
  out.health_format = HealthForm::Agent;
  out.health_cache = std::chrono::seconds(5);
  out.health_timeout = std::chrono::seconds(6);
  out.listen_fds = out.proxy_protocol = true;
  out.proxy_from = {"10.0.0.5", "unix"};
  out.start = StartBy::Zygote;
  out.park = ParkAt::Io;
  out.spares = 4;
  out.park_uses = 1000;
  out.park_age = std::chrono::seconds(3600);
  out.rate = Rate{10, std::chrono::seconds(60), 20};
  out.rate_per_source = Rate{1, std::chrono::seconds(1), 1};
  out.rate_pause = std::chrono::seconds(30);
  out.source_prefix_v6 = 64;
  out.at_limit = AtLimit::Refuse;
  out.allow.emplace();
  out.deny = {"10.0.0.0/8"};
  out.access_times = {"8:00-17:00"};
  out.max_load = 2.5;
  out.is_sensor = true;
  out.deny_time = std::chrono::minutes::max();
  out.libwrap = "x";
  out.start_timeout = std::chrono::seconds(1);
  out.max_runtime = std::chrono::seconds(2);
  out.idle_timeout = std::chrono::seconds(3);
  out.banner = "/a";
  out.banner_success = "/b";
  out.banner_fail = "/c";
  out.lingering_close = true;
  out.log_type = "SYSLOG daemon";
  out.log_on_success = {"PID"};
  out.log_on_failure = {"HOST"};
  out.log_connections = true;
  return out;
}

LoadedConfig table() {
  LoadedConfig config;
  const auto parsed = parse(
      "finger stream tcp nowait/5/6/7 nobody /usr/sbin/in.fingerd in.fingerd -w\n"
      "echo dgram udp wait root internal\n"
      ":root::0660:/run/x stream unix nowait nobody:sys /bin/x\n"
      "localhost:ftp stream tcp46 nowait.9 nobody /bin/x \xff\n");
  for (const auto& spec : parsed.services) config.services.push_back({spec, {}});
  auto& first = config.services[0];
  first.identity = {65534, 65534, {4, 65534}, "nobody", "/nonexistent", "/bin/sh"};
  first.spec.backlog = 16;
  config.services[2].spec.more.edit() = everything();
  config.unresolved.push_back(config.services[3].spec);
  config.services.pop_back();
  return config;
}

TEST(SpecJson, IsTheGoldenOne) {
  const auto path =
      std::filesystem::path(UVINETD_SOURCE_DIR) / "tests/pure/config/golden/table.json";
  const auto actual = json_text(table_json(table()));
  if (std::getenv("UVINETD_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << actual;
  EXPECT_EQ(actual, read(path));
}

TEST(SpecJson, SaysForeverAndSwitchesByWords) {
  ServiceSpec spec;
  auto& more = spec.more.edit();
  more.groups_from = GroupsFrom::None;
  more.pass_all_env = true;
  more.stderr_to = StderrTo::Null;
  more.deny_time = std::chrono::minutes(5);
  const auto json = spec_json(spec, nullptr, true);
  EXPECT_EQ(json["groups"], false);
  EXPECT_EQ(json["pass_env"], true);
  EXPECT_EQ(json["stderr"], "null");
  EXPECT_EQ(json["deny_time_minutes"], 5);
  more.stderr_to = StderrTo::Log;
  EXPECT_EQ(spec_json(spec, nullptr, true)["stderr"], "log");
}

TEST(SpecJson, HasOfTheOptionsOnlyWhatDiffers) {
  const auto plain = spec_json(ServiceSpec(), nullptr, true);
  ServiceSpec full;
  full.more.edit() = everything();
  const auto whole = spec_json(full, nullptr, true);
  for (const auto& [key, value] : whole.items()) {
    EXPECT_TRUE(plain.contains(key) || !value.is_null()) << key;
  }
  EXPECT_GT(whole.size(), plain.size() + 50);
}

}  // namespace
}  // namespace uvinetd::testing
