// SPDX-License-Identifier: ISC
// Answers as people and programs read them. Pure: what is printed where, and the exit status.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "core/ctl/command.h"
#include "core/ctl/live/answer.h"

namespace uvinetd {

// Exit statuses of the verbs that ask a daemon, beside 0, 2 (usage) and kBadConfiguration.
inline constexpr int kAnswerFailed = 1;  // refused, not found, connection lost
inline constexpr int kNoDaemon = 69;     // EX_UNAVAILABLE of sysexits(3)
inline constexpr int kNotAllowed = 77;   // EX_NOPERM

struct Printed {
  std::string out;  // standard output
  std::string err;  // standard error, with its line ends
  int status = 0;
};

struct PrintForm {
  bool has_colors = false;        // on standard output
  bool has_error_colors = false;  // on standard error
};

[[nodiscard]] Printed print_answer(const Command& command, const Answer& answer, PrintForm form);
// The same with --json: one document.
[[nodiscard]] Printed print_document(const Command& command, const Answer& answer);
// A line of `tail`, with its end; "": none to be printed. With --json: a document in one line.
[[nodiscard]] std::string print_event(const nlohmann::json& reply, PrintForm form);
[[nodiscard]] std::string print_event_document(const nlohmann::json& reply);

// What an answer that is an error makes of the exit status.
[[nodiscard]] int status_of(const Command& command, const Answer& answer);
// "uvinetctl: ..." with its line end: what the daemon says, and what to do about it.
[[nodiscard]] std::string error_text(const AnswerError& error);
// {"schema":1,"error":{...}} with its line end.
[[nodiscard]] std::string error_document(std::string_view code, std::string_view message);

// ---- one kind of answer each; used by print_answer()
// ---------------------------------------------

[[nodiscard]] std::string print_status(const Answer& answer, PrintForm form);
[[nodiscard]] std::string print_service(const Answer& answer, PrintForm form);
[[nodiscard]] std::string print_list(const LiveOptions& live, const Answer& answer, PrintForm form);
[[nodiscard]] std::string print_servers(const Answer& answer, PrintForm form);
[[nodiscard]] std::string print_bans(const Answer& answer, PrintForm form);
[[nodiscard]] std::string print_match(const Command& command, const Answer& answer, PrintForm form);
[[nodiscard]] Printed print_reload(const Answer& answer, PrintForm form);

// The services of the answer that the options want, in their order: of `list`, text and JSON.
[[nodiscard]] std::vector<const nlohmann::json*> chosen_services(const LiveOptions& live,
                                                                 const Answer& answer);

}  // namespace uvinetd
