// SPDX-License-Identifier: ISC
#include "core/ctl/live/control_socket.h"

#include <unistd.h>

#include <cstdlib>

#include "core/base/run_folder.h"
#include "core/config/quote.h"
#include "core/control/control_socket_path.h"
#include "core/ctl/live/print.h"

namespace uvinetd {
namespace {

bool is_set(const char* variable) {
  return variable != nullptr && *variable != '\0';
}

}  // namespace

std::string control_socket(const SocketChoice& choice) {
  if (!choice.option.empty()) return choice.option;
  if (is_set(choice.control)) return choice.control;
  return control_socket_in(run_folder(choice.uid, choice.runtime_dir));
}

std::string control_socket(const std::string& option) {
  return control_socket(
      {option, std::getenv("UVINETD_CONTROL"), std::getenv("XDG_RUNTIME_DIR"), geteuid()});
}

std::string trouble_text(const ClientError& error, const std::string& path) {
  const auto where = quoted(std::string_view(path));
  switch (error.trouble) {
    case ClientTrouble::NotRunning:
      return "no daemon at " + where + " (" + error.reason +
             "): start uvinetd, or name its socket with --socket";
    case ClientTrouble::NotAllowed:
      return "not allowed to ask the daemon at " + where + " (" + error.reason +
             "): try as root, or as a member of its control_group";
    case ClientTrouble::NoSocket:
      return "cannot ask at " + where + ": " + error.reason;
    case ClientTrouble::Silent:
      return "the daemon at " + where + " does not answer: " + error.reason +
             " (--wait TIME waits longer)";
    case ClientTrouble::Lost:
      return "connection to the daemon at " + where + " lost: " + error.reason;
    case ClientTrouble::Nonsense:
      return "what answers at " + where +
             " is no uvinetd that this uvinetctl understands: " + error.reason;
  }
  return error.reason;
}

const char* trouble_code(ClientTrouble trouble) {
  switch (trouble) {
    case ClientTrouble::NotRunning:
      return "not-running";
    case ClientTrouble::NotAllowed:
      return "denied";
    case ClientTrouble::NoSocket:
      return "no-socket";
    case ClientTrouble::Silent:
      return "silent";
    case ClientTrouble::Lost:
      return "lost";
    case ClientTrouble::Nonsense:
      return "nonsense";
  }
  return "lost";
}

int trouble_status(ClientTrouble trouble) {
  switch (trouble) {
    case ClientTrouble::NotRunning:
      return kNoDaemon;
    case ClientTrouble::NotAllowed:
      return kNotAllowed;
    case ClientTrouble::NoSocket:
    case ClientTrouble::Silent:
    case ClientTrouble::Lost:
    case ClientTrouble::Nonsense:
      return kAnswerFailed;
  }
  return kAnswerFailed;
}

}  // namespace uvinetd
