// SPDX-License-Identifier: ISC
#include "core/monitor/state_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "core/base/unique_fd.h"

namespace uvinetd {
namespace {

constexpr int kSchema = 1;  // grows only by addition

// "" where there is none that only we can write to.
std::string state_folder() {
  if (geteuid() == 0) return "/run/uvinetd";
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  return runtime != nullptr ? std::string(runtime) + "/uvinetd" : std::string();
}

std::string to_json(const StateSnapshot& state) {
  auto services = nlohmann::json::array();
  for (const auto& service : state.services) {
    services.push_back({{"id", service.id}, {"addresses", service.addresses}});
  }
  const nlohmann::json document = {
      {"schema", kSchema},
      {"pid", getpid()},
      {"summary", state.summary},
      {"table_generation", state.generation},
      {"reactor", {{"pid", state.reactor_pid}, {"incarnation", state.reactor_epoch}}},
      {"launchers", state.launchers},
      {"children", state.children},
      {"services", services}};
  return document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace

Status write_state_file(const StateSnapshot& state) {
  const auto folder = state_folder();
  if (folder.empty()) return fail("state file", "XDG_RUNTIME_DIR is not set", 0);
  if (mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST) return fail_errno("mkdir", folder);
  const auto path = folder + "/state.json";
  const auto draft = path + ".new";
  unlink(draft.c_str());
  const UniqueFd fd(
      open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!fd.is_open()) return fail_errno("open", draft);
  const auto text = to_json(state);
  if (write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return fail_errno("write", draft);
  }
  if (rename(draft.c_str(), path.c_str()) != 0) return fail_errno("rename", path);
  return {};
}

}  // namespace uvinetd
