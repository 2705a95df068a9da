// SPDX-License-Identifier: ISC
#include "core/config/enforcement.h"

#include <algorithm>
#include <array>
#include <string>

#include "core/config/quote.h"

namespace uvinetd {
namespace {

// Sorted. Nothing is lost by leaving these out but comfort.
constexpr std::array<std::string_view, 0> kLater{};

// Sorted. Who asks for these counts on them.
constexpr std::array<std::string_view, 0> kLeftOut{};

static_assert(std::is_sorted(kLater.begin(), kLater.end()));
static_assert(std::is_sorted(kLeftOut.begin(), kLeftOut.end()));

}  // namespace

Enforcement enforcement_of(std::string_view key) {
  if (std::binary_search(kLater.begin(), kLater.end(), key)) return Enforcement::Later;
  if (std::binary_search(kLeftOut.begin(), kLeftOut.end(), key)) return Enforcement::LeftOut;
  return Enforcement::Now;
}

bool check_enforced(std::string_view key, std::string_view written, Place at, Report& report) {
  auto enforcement = enforcement_of(key);
  if (enforcement == Enforcement::LeftOut && report.keeps_unenforced()) {
    enforcement = Enforcement::Later;
  }
  switch (enforcement) {
    case Enforcement::Now:
      return true;
    case Enforcement::Later:
      report.warning(at, "not-enforced", quoted(written) + " is accepted, not yet enforced");
      return true;
    case Enforcement::LeftOut:
      return report.error(at, "not-enforceable",
                          quoted(written) + " cannot be enforced yet: the service is left out");
  }
  return true;
}

}  // namespace uvinetd
