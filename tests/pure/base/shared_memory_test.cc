// SPDX-License-Identifier: ISC
#include "core/base/shared_memory.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <string>

namespace uvinetd {
namespace {

TEST(ReadOnlyMemory, HoldsTheBytesAndNobodyCanChangeThem) {
  const std::string bytes(100'000, 't');
  const auto memory = make_read_only_memory("table", bytes);
  ASSERT_TRUE(memory) << memory.error().text();
  const int fd = memory->get();
  const auto mapping = map_read_only(fd, bytes.size());
  ASSERT_TRUE(mapping);
  EXPECT_EQ(mapping->bytes().substr(0, bytes.size()), bytes);
  EXPECT_FALSE(map_writable(fd, 1));
  EXPECT_LT(::write(fd, "x", 1), 0);
  EXPECT_NE(::ftruncate(fd, 1), 0);
  EXPECT_NE(::ftruncate(fd, 200'000), 0);
  EXPECT_NE(::fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
}

TEST(ReadOnlyMemory, AnEmptyOneCanBeMadeButNotMapped) {
  const auto memory = make_read_only_memory("empty", "");
  ASSERT_TRUE(memory);
  const auto mapping = map_read_only(memory->get(), 0);
  ASSERT_FALSE(mapping);
  EXPECT_EQ(mapping.error().code, EINVAL);
}

TEST(SharedPage, IsZeroedAndShowsTheReaderWhatTheWriterWrites) {
  const auto page = make_shared_page("ledger", 8192);
  ASSERT_TRUE(page) << page.error().text();
  const auto writer = map_writable(page->writer.get(), 8192);
  const auto reader = map_read_only(page->reader.get(), 8192);
  ASSERT_TRUE(writer && reader);
  EXPECT_EQ(reader->bytes(), std::string(8192, '\0'));
  std::strcpy(static_cast<char*>(writer->data()), "pid 7");
  EXPECT_STREQ(static_cast<const char*>(reader->data()), "pid 7");
}

TEST(SharedPage, TheReaderCannotBeMappedForWriting) {
  const auto page = make_shared_page("ledger", 4096);
  ASSERT_TRUE(page);
  const auto mapping = map_writable(page->reader.get(), 4096);
  ASSERT_FALSE(mapping);
  EXPECT_EQ(mapping.error().code, EACCES);
  EXPECT_EQ(::fcntl(page->reader.get(), F_GETFL) & O_ACCMODE, O_RDONLY);
  EXPECT_NE(::fcntl(page->reader.get(), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_NE(::fcntl(page->writer.get(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST(SharedPage, ItsModeKeepsOtherUsersFromOpeningTheReaderForWriting) {
  const auto page = make_shared_page("ledger", 4096);
  ASSERT_TRUE(page);
  struct stat status {};
  ASSERT_EQ(::fstat(page->reader.get(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0400U);
}

TEST(Mapping, RefusesAnObjectThatIsTooSmall) {
  const auto page = make_shared_page("ledger", 4096);
  ASSERT_TRUE(page);
  const auto mapping = map_read_only(page->reader.get(), 4097);
  ASSERT_FALSE(mapping);
  EXPECT_EQ(mapping.error().code, EINVAL);
}

TEST(Mapping, MovesItsOwnership) {
  const auto page = make_shared_page("ledger", 4096);
  ASSERT_TRUE(page);
  auto first = map_read_only(page->reader.get(), 1);
  ASSERT_TRUE(first);
  Mapping second = std::move(*first);
  EXPECT_TRUE(second.is_mapped());
  EXPECT_FALSE(first->is_mapped());  // NOLINT(bugprone-use-after-move): that is the claim
  { const Mapping ended = std::move(second); }
  EXPECT_FALSE(second.is_mapped());  // NOLINT(bugprone-use-after-move)
}

#ifndef UVINETD_PORTABLE_BUILD
TEST(Mapping, RefusesWhatAHolderCouldCutOff) {
  const UniqueFd memory(::memfd_create("loose", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  ASSERT_EQ(::ftruncate(memory.get(), 4096), 0);
  const auto mapping = map_read_only(memory.get(), 1);
  ASSERT_FALSE(mapping);
  EXPECT_EQ(mapping.error().code, EINVAL);
}

TEST(SharedPage, NobodyCanShrinkOrGrowIt) {
  const auto page = make_shared_page("ledger", 4096);
  ASSERT_TRUE(page);
  EXPECT_NE(::ftruncate(page->writer.get(), 0), 0);
  EXPECT_NE(::ftruncate(page->writer.get(), 8192), 0);
}
#endif

}  // namespace
}  // namespace uvinetd
