// SPDX-License-Identifier: ISC
#include "spawn/table.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace uvinetd {
namespace {

TableIdentity an_identity(std::uint32_t key) {
  TableIdentity out;
  out.key = key;
  out.uid = 1000 + key;
  out.gid = 2000 + key;
  out.groups = {1, 2, key};
  out.name = "user" + std::to_string(key);
  out.environment = {"HOME=/home", "USER=x"};
  return out;
}

LimitSettings some_limits() {
  LimitSettings out;
  out.rate = {1, 2, 3};
  out.rate_per_source = {kMostInRate, kMostInRate, kLongestPeriod};
  out.rate_pause_seconds = 4;
  out.prefix_v6 = 48;
  out.refuses_at_limit = true;
  out.is_sensor = true;
  out.ban_seconds = kForEver;
  out.start_seconds = 5;
  out.idle_seconds = 6;
  out.run_seconds = 7;
  return out;
}

TableService a_service(std::uint32_t key) {
  TableService out;
  out.key = key;
  out.id = "service" + std::to_string(key) + "/tcp";
  out.identity = key % 7 + 1;
  out.socket_type = SOCK_STREAM;
  out.is_wait = key % 2 == 0;
  out.program = "/usr/sbin/server";
  out.argv = {"server", "-l", ""};
  out.working_directory = "/srv";
  out.umask = 027;
  if (key % 3 == 0) out.mux_name.edit() = "name" + std::to_string(key);
  out.mux_greets = key % 6 == 0;
  out.instances = 1;
  out.starts_per_minute = 2;
  out.source_starts_per_minute = 3;
  out.instances_per_source = 4;
  if (key % 2 == 1) out.more.edit().limits = some_limits();
  out.listeners = {{key * 2, *SocketAddress::parse_ip("127.0.0.1", 79)},
                   {key * 2 + 1, *SocketAddress::unix_path("/run/x")}};
  out.listen_fds = key % 4 == 0;
  if (out.listen_fds) {
    out.listeners[0].name = "web";
    out.listeners[0].socket_type = SOCK_STREAM;
    out.listeners[1].socket_type = SOCK_DGRAM;
  }
  return out;
}

void expect_same(const TableService& a, const TableService& b) {
  EXPECT_EQ(a.key, b.key);
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.identity, b.identity);
  EXPECT_EQ(a.socket_type, b.socket_type);
  EXPECT_EQ(a.is_wait, b.is_wait);
  EXPECT_EQ(a.listen_fds, b.listen_fds);
  for (std::size_t i = 0; i < a.listeners.size() && i < b.listeners.size(); ++i) {
    EXPECT_EQ(a.listeners[i].name, b.listeners[i].name);
    EXPECT_EQ(a.listeners[i].socket_type, b.listeners[i].socket_type);
  }
  EXPECT_EQ(*a.internal, *b.internal);
  EXPECT_EQ(*a.mux_name, *b.mux_name);
  EXPECT_EQ(a.mux_greets, b.mux_greets);
  EXPECT_EQ(a.program, b.program);
  EXPECT_EQ(a.argv, b.argv);
  EXPECT_EQ(a.working_directory, b.working_directory);
  EXPECT_EQ(a.umask, b.umask);
  EXPECT_EQ(a.instances, b.instances);
  EXPECT_EQ(a.starts_per_minute, b.starts_per_minute);
  EXPECT_EQ(a.source_starts_per_minute, b.source_starts_per_minute);
  EXPECT_EQ(a.instances_per_source, b.instances_per_source);
  EXPECT_EQ(a.more, b.more);
  ASSERT_EQ(a.listeners.size(), b.listeners.size());
  for (std::size_t i = 0; i < a.listeners.size(); ++i) {
    EXPECT_EQ(a.listeners[i].key, b.listeners[i].key);
    EXPECT_EQ(a.listeners[i].address, b.listeners[i].address);
  }
}

// Reads all there is to read, and what is not there.
void read_everything(const Table& table) {
  for (std::size_t i = 0; i < table.service_count(); ++i) {
    const auto service = table.service_at(i);
    (void)service.is_datagram();
    for (const auto& listener : service.listeners) {
      (void)listener.address.text();
      (void)listener.address.port();
    }
    (void)table.service(service.key);
    (void)table.identity(service.identity);
  }
  for (std::uint32_t key = 0; key < 12; ++key) {
    (void)table.service(key);
    (void)table.identity(key);
  }
}

std::string a_small_table() {
  return print_table(3, {an_identity(1), an_identity(2)}, {a_service(1), a_service(2)});
}

TEST(Table, AServiceComesBackAsItWas) {
  const auto bytes = print_table(9, {an_identity(5)}, {a_service(1), a_service(2)});
  const auto table = Table::view(bytes);
  ASSERT_TRUE(table);
  EXPECT_TRUE(table->is_open());
  EXPECT_EQ(table->generation(), 9U);
  expect_same(*table->service(1), a_service(1));
  expect_same(*table->service(2), a_service(2));
}

TEST(Table, AServiceWithARateThatNobodyCouldCountIsNone) {
  for (const StartRate& rate : {StartRate{1, 0, 1}, StartRate{1, 1, 0}, StartRate{1, 1, ~0U},
                                StartRate{~0U, 1, 1}, StartRate{1, ~0U, 1}}) {
    auto service = a_service(1);
    service.more.edit().limits.rate = rate;
    const auto bytes = print_table(9, {}, {service});
    EXPECT_FALSE(Table::view(bytes)->service(1));
  }
}

TEST(Table, AnIdentityComesBackAsItWas) {
  const auto bytes = print_table(9, {an_identity(5)}, {});
  const auto found = Table::view(bytes)->identity(5);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->key, 5U);
  EXPECT_EQ(found->uid, 1005U);
  EXPECT_EQ(found->gid, 2005U);
  EXPECT_EQ(found->groups, an_identity(5).groups);
  EXPECT_EQ(found->name, "user5");
  EXPECT_EQ(found->environment, an_identity(5).environment);
}

TEST(Table, AnEmptyOneHoldsNothing) {
  const auto bytes = print_table(1, {}, {});
  const auto table = Table::view(bytes);
  ASSERT_TRUE(table);
  EXPECT_EQ(table->service_count(), 0U);
  EXPECT_FALSE(table->service(0));
  EXPECT_FALSE(table->service(1));
  EXPECT_FALSE(table->identity(1));
}

TEST(Table, OneServiceIsFoundAndItsNeighboursAreNot) {
  const auto bytes = print_table(1, {}, {a_service(7)});
  const auto table = Table::view(bytes);
  EXPECT_FALSE(table->service(6));
  expect_same(*table->service(7), a_service(7));
  EXPECT_FALSE(table->service(8));
  EXPECT_FALSE(table->service(0xffffffff));
}

TEST(Table, AThousandInAnyOrderAreFoundByKeyAndListedInOrder) {
  std::vector<TableService> services;
  for (std::uint32_t i = 0; i < 1'000; ++i)
    services.push_back(a_service((i * 617) % 1'000 * 3 + 1));
  const auto bytes = print_table(1, {}, services);
  const auto table = Table::view(bytes);
  ASSERT_EQ(table->service_count(), 1'000U);
  for (std::uint32_t i = 0; i < 1'000; ++i) {
    ASSERT_TRUE(table->service(i * 3 + 1));
    expect_same(*table->service(i * 3 + 1), a_service(i * 3 + 1));
    EXPECT_EQ(table->service_at(i).key, i * 3 + 1);
    EXPECT_FALSE(table->service(i * 3 + 2));
  }
}

TEST(Table, IsReadWhereItLies) {
  const auto memory = make_read_only_memory("table-test", a_small_table());
  ASSERT_TRUE(memory);
  auto mapped = Table::map(memory->get());
  ASSERT_TRUE(mapped);
  const Table moved = std::move(*mapped);
  expect_same(*moved.service(2), a_service(2));
}

TEST(Table, WhatIsNoTableIsNotMapped) {
  EXPECT_FALSE(Table::map(-1));
  EXPECT_FALSE(Table::map(make_read_only_memory("table-test", "short")->get()));
  const std::string text = "this is the text of quite another file, not of a table";
  EXPECT_FALSE(Table::map(make_read_only_memory("table-test", text)->get()));
  EXPECT_FALSE(Table::view(""));
}

TEST(Table, ACutOneIsReadWithoutHarm) {
  const auto bytes = a_small_table();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    // A copy of exactly this size, so that a sanitizer sees a read past its end.
    const std::vector<char> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    const auto table = Table::view({cut.data(), cut.size()});
    if (table) read_everything(*table);
  }
}

TEST(Table, OneWithAnyByteChangedIsReadWithoutHarm) {
  const auto bytes = a_small_table();
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const unsigned flip : {0x01U, 0x7fU, 0x80U, 0xffU}) {
      std::vector<char> changed(bytes.begin(), bytes.end());
      changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ flip);
      const auto table = Table::view({changed.data(), changed.size()});
      if (table) read_everything(*table);
    }
  }
}

TEST(Table, CountsBeyondItsSizeAreRefused) {
  auto bytes = a_small_table();
  for (const std::size_t at : {8U, 12U}) {  // after magic and generation: identities, services
    auto changed = bytes;
    changed.replace(at, 4, "\xff\xff\xff\xff");
    EXPECT_FALSE(Table::view(changed));
  }
}

}  // namespace
}  // namespace uvinetd
