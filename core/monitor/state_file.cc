// SPDX-License-Identifier: ISC
#include "core/monitor/state_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "core/base/run_folder.h"
#include "core/base/unique_fd.h"

namespace uvinetd {
namespace {

constexpr int kSchema = 1;  // grows only by addition

std::string to_json(const StateSnapshot& state) {
  auto services = nlohmann::json::array();
  for (const auto& service : state.services) {
    services.push_back({{"id", service.id}, {"addresses", service.addresses}});
  }
  const nlohmann::json document = {
      {"schema", kSchema},
      {"pid", getpid()},
      {"summary", state.summary},
      {"degraded", state.degraded},
      {"table_generation", state.generation},
      {"reactor", {{"pid", state.reactor_pid}, {"incarnation", state.reactor_epoch}}},
      {"launchers", state.launchers},
      {"children", state.children},
      {"services", services}};
  return document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace

Status write_state_file(const StateSnapshot& state) {
  const auto folder = run_folder();
  if (folder.empty()) return fail("state file", "XDG_RUNTIME_DIR is not set", 0);
  if (auto status = make_run_folder(folder); !status) return status;
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
