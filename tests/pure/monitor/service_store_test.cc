// SPDX-License-Identifier: ISC
#include "core/monitor/service_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace uvinetd {
namespace {

using testing::IsEmpty;

ListenSpec a_listen(SocketKind kind) {
  ListenSpec out;
  out.kind = kind;
  out.family = IpFamily::Dual;
  out.host = "::1";
  out.port = 65535;
  out.path = "/run/a";
  out.node.edit() = {"1", "2", 0600};
  out.is_optional = true;
  return out;
}

// Every member differs from its default.
LoadedService a_full_service(const std::string& id) {
  LoadedService out;
  out.spec.id = id;
  out.spec.listen = {a_listen(SocketKind::UnixSeqpacket), a_listen(SocketKind::Udp)};
  out.spec.mode = Mode::Wait;
  out.spec.user = "joe";
  out.spec.group = "users";
  out.spec.internal = "echo";
  out.spec.program = "/usr/sbin/a";
  out.spec.argv = {"a", "", "-l"};
  out.spec.instances = 0;
  out.spec.starts_per_minute = 1;
  out.spec.source_starts_per_minute = 2;
  out.spec.instances_per_source = 3;
  out.spec.backlog = -1;
  out.spec.more.edit().send_buffer = 5;
  out.spec.more.edit().env = {"A=" + id};
  out.identity = {7, 8, {8, 9}, "joe", "/home/joe", "/bin/ksh"};
  return out;
}

TEST(ServiceStore, WhatIsPackedComesBackAsItWas) {
  const std::vector<LoadedService> services{a_full_service("a"), LoadedService(),
                                            a_full_service("b")};
  ServiceStore store;
  store.set(services);
  EXPECT_EQ(store.list(), services);
  for (int times = 0; times < 3; ++times) {
    store.pack();
    store.pack();
    EXPECT_EQ(store.size(), 3U);
    EXPECT_EQ(store.list(), services);
    EXPECT_EQ(store.list(), services);
  }
}

TEST(ServiceStore, NewServicesTakeTheOldOnesPlace) {
  ServiceStore store;
  store.set({a_full_service("a"), a_full_service("b")});
  store.pack();
  const std::vector<LoadedService> fewer{a_full_service("c")};
  store.set(fewer);
  EXPECT_EQ(store.size(), 1U);
  store.pack();
  EXPECT_EQ(store.list(), fewer);
}

TEST(ServiceStore, MayBeEmpty) {
  ServiceStore store;
  EXPECT_THAT(store.list(), IsEmpty());
  store.pack();
  EXPECT_THAT(store.list(), IsEmpty());
  store.pack();
  EXPECT_EQ(store.size(), 0U);
}

}  // namespace
}  // namespace uvinetd
