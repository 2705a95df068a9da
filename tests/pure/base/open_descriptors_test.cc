// SPDX-License-Identifier: ISC
#include "core/base/open_descriptors.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <vector>

namespace uvinetd {
namespace {

TEST(OpenDescriptorsTest, CountsOurOwnAsTheyComeAndGo) {
  const auto own = OpenDescriptors::of_self();
  const auto before = own.count();
  if (!before) GTEST_SKIP() << "not known on this system";
  std::vector<UniqueFd> more;
  for (int i = 0; i < 3; ++i) more.emplace_back(open("/dev/null", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(own.count(), *before + 3);
  more.clear();
  EXPECT_EQ(own.count(), before);
}

TEST(OpenDescriptorsTest, CountsThoseOfAnother) {
  const auto own = OpenDescriptors::of_self();
  if (!own.count()) GTEST_SKIP() << "not known on this system";
  // Another look opens one more while it looks.
  const auto seen = OpenDescriptors::count_of(getpid());
  ASSERT_TRUE(seen);
  EXPECT_EQ(*seen, *own.count() + 1);
  EXPECT_FALSE(OpenDescriptors::count_of(0x7fffffff));
}

TEST(OpenDescriptorsTest, NothingIsKnownOfNobody) {
  EXPECT_FALSE(OpenDescriptors().count());
}

}  // namespace
}  // namespace uvinetd
