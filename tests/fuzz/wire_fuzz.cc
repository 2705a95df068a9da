// SPDX-License-Identifier: ISC
// Any bytes as the body of each message between the roles; the first byte says of which.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "spawn/wire.h"
#include "tests/fuzz/require.h"

namespace uvinetd {
namespace {

// What is understood is said again in the same words.
template <typename T>
void check(std::string_view body) {
  const auto parsed = parse_as<T>(body);
  if (!parsed) return;
  const auto printed = print(*parsed);
  require(printed.size() <= body.size());
  const auto again = parse_as<T>(printed);
  require(again.has_value());
  require(print(*again) == printed);
}

using Check = void (*)(std::string_view);
constexpr Check kChecks[] = {check<Hello>,          check<LauncherStart>,  check<LauncherStarted>,
                             check<Generation>,     check<Epoch>,          check<StopLauncher>,
                             check<ReactorStart>,   check<ListenerKeys>,   check<LauncherJoined>,
                             check<LauncherNumber>, check<LauncherFailed>, check<NeedLauncher>,
                             check<ListenerNumber>, check<EndServer>,      check<Bans>,
                             check<ControlSocket>,  check<ControlText>,    check<Happened>,
                             check<Hold>,           check<Pong>,           check<LogTrouble>,
                             check<RoleFacts>,      check<LogTargetForm>,  check<Launch>,
                             check<ErrorFiles>,     check<Reports>,        check<RunningChild>,
                             check<AccessListForm>, check<ResolverStart>,  check<FindName>,
                             check<NameFound>};

}  // namespace
}  // namespace uvinetd

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace uvinetd;
  if (size == 0) return 0;
  kChecks[data[0] % std::size(kChecks)]({reinterpret_cast<const char*>(data + 1), size - 1});
  return 0;
}
