// SPDX-License-Identifier: ISC
#include "core/ctl/live/live_verbs.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>

#include "core/config/quote.h"
#include "core/config/spec_json.h"
#include "core/config/suggest.h"
#include "core/ctl/live/answer.h"
#include "core/ctl/live/control_client.h"
#include "core/ctl/live/control_socket.h"
#include "core/ctl/live/print.h"
#include "core/ctl/live/process_cpu.h"
#include "core/ctl/live/terminal.h"
#include "core/ctl/live/values.h"
#include "core/ctl/output_file.h"
#include "core/ctl/usage_error.h"

namespace uvinetd {
namespace {

using nlohmann::json;

int report(const Printed& printed) {
  std::fputs(printed.err.c_str(), stderr);
  if (const auto written = write_standard_output(printed.out); !written) {
    std::fprintf(stderr, "uvinetctl: %s\n", written.error().text().c_str());
    return kAnswerFailed;
  }
  return printed.status;
}

// A stream has a document in each line, its last one too.
Printed in_one_line(Printed printed) {
  const auto document = nlohmann::ordered_json::parse(printed.out, nullptr, false);
  if (!document.is_discarded()) printed.out = json_text(document, -1);
  return printed;
}

int fail_with(const Command& command, const ClientError& error, const std::string& path) {
  const auto text = trouble_text(error, path);
  Printed printed{command.json ? error_document(trouble_code(error.trouble), text) : "",
                  "uvinetctl: " + text + "\n", trouble_status(error.trouble)};
  return report(command.verb == Verb::Tail ? in_one_line(std::move(printed)) : printed);
}

PrintForm form_of(const Command& command) {
  const auto color = command.live.color;
  return {has_colors(color, STDOUT_FILENO), has_colors(color, STDERR_FILENO)};
}

// What the daemon cannot know as cheaply as we.
void add_cpu(Answer& answer) {
  for (auto& reply : answer.replies) {
    const auto server = reply.find("server");
    if (server == reply.end() || !server->is_object() || server->contains("cpu_usec")) continue;
    const auto pid = number_of(*server, "pid");
    const auto usec = pid ? process_cpu_usec(static_cast<pid_t>(*pid)) : std::nullopt;
    (*server)["cpu_usec"] = usec ? json(*usec) : json();
  }
}

// `did you mean` for a service that there is none of; "" too when the daemon cannot be asked.
std::string hint_for_id(const std::string& id, const std::string& path,
                        std::chrono::milliseconds patience) {
  auto client = ControlClient::connect(path, patience);
  if (id.empty() || !client) return "";
  ControlRequest request;
  request.verb = ControlVerb::List;
  const auto answer = ask(*client, request);
  if (!answer) return "";
  std::vector<std::string> known;
  for (const auto* service : values_of(*answer, "service"))
    known.push_back(text_of(*service, "id"));
  return did_you_mean(id, std::span<const std::string>(known));
}

// Blocks until the daemon says more; false: nobody reads what we print any more. A write would tell
// that too, but the next event may come tomorrow (`uvinetctl tail | head -1`).
bool wait_for_more(const ControlClient& client) {
  for (;;) {
    // What poll(2) tells unasked: POLLERR for a pipe, POLLHUP for a socket and a terminal.
    std::array<pollfd, 2> entries{pollfd{client.fd(), POLLIN, 0}, pollfd{STDOUT_FILENO, 0, 0}};
    if (poll(entries.data(), entries.size(), -1) < 0 && errno == EINTR) continue;
    return (entries[1].revents & (POLLERR | POLLHUP)) == 0;
  }
}

int tail(const Command& command, ControlClient& client, const std::string& path) {
  if (auto sent = client.send(command.live.request); !sent) {
    return fail_with(command, sent.error(), path);
  }
  const auto form = form_of(command);
  for (;;) {
    const auto line = client.next_line();
    if (!line) return fail_with(command, line.error(), path);
    if (!*line) {
      if (!wait_for_more(client)) return kAnswerFailed;
      const auto is_open = client.take_input();
      if (!is_open) return fail_with(command, is_open.error(), path);
      if (!*is_open) return fail_with(command, {ClientTrouble::Lost, "closed by the daemon"}, path);
      continue;
    }
    const auto reply = read_reply(**line);
    if (!reply) {
      return fail_with(command, {ClientTrouble::Nonsense, quoted(std::string_view(**line))}, path);
    }
    if (reply->error) {
      const Answer answer{{}, reply->error};
      return report(command.json ? in_one_line(print_document(command, answer))
                                 : print_answer(command, answer, form));
    }
    if (reply->is_last) return 0;
    const auto text =
        command.json ? print_event_document(reply->object) : print_event(reply->object, form);
    if (auto written = write_standard_output(text); !written) return kAnswerFailed;
  }
}

}  // namespace

std::chrono::milliseconds patience_of(const Command& command) {
  // The daemon itself waits a minute for its monitor.
  constexpr std::chrono::seconds kOfReactor{10};
  constexpr std::chrono::seconds kOfMonitor{70};
  if (command.live.wait.count() > 0) return command.live.wait;
  return only_reads(command.live.request.verb) ? kOfReactor : kOfMonitor;
}

int run_live(const Command& command) {
  const auto path = control_socket(command.live.socket);
  const auto patience = patience_of(command);
  auto client = ControlClient::connect(path, patience);
  if (!client) return fail_with(command, client.error(), path);
  if (command.verb == Verb::Tail) return tail(command, *client, path);
  auto answer = ask(*client, command.live.request);
  if (!answer) return fail_with(command, answer.error(), path);
  if (command.verb == Verb::Ps) add_cpu(*answer);
  if (answer->error && answer->error->code == "not-found") {
    const auto hint = hint_for_id(command.live.request.id, path, patience);
    if (answer->error->message.find("did you mean") == std::string::npos) {
      answer->error->message = with_hint(answer->error->message, hint);
    }
  }
  const auto printed = command.json ? print_document(command, *answer)
                                    : print_answer(command, *answer, form_of(command));
  return report(printed);
}

}  // namespace uvinetd
