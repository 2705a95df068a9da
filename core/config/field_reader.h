// SPDX-License-Identifier: ISC
// What the readers of the single fields share. Each reader takes one word, reports what is wrong
// with it at its place and answers false or nullopt; the caller goes on to the other fields, so
// that one run tells everything about a line.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/field.h"
#include "core/config/inetd/inetd_conf.h"
#include "core/config/reporter.h"
#include "core/config/service_spec.h"

namespace uvinetd {

struct FieldContext {
  const InetdConfOptions& options;
  const ServiceNames& names;
  Reporter& report;
  std::vector<std::string> known_services;  // filled on the first unknown one
  int hints_left = 200;  // a hint costs a walk through known_services: bounded per file
};

// Decimal digits only, at most `most`.
[[nodiscard]] std::optional<unsigned> parse_number(std::string_view text, unsigned most);

// Field 2: `stream`, `dgram`, `seqpacket`, with `,N` (instances) and `:filter[,argument]`.
struct SocketType {
  enum class Word { Stream, Dgram, Seqpacket };
  Word word = Word::Stream;
  std::optional<unsigned> instances;
  std::string accept_filter;
  Place filter_at;
};
[[nodiscard]] std::optional<SocketType> read_socket_type(const Field& field, Reporter& report);
[[nodiscard]] bool check_accept_filter(const Field& filter, Reporter& report);

// Field 3: `tcp6`, `udp`, `unix`, with `,sndbuf=N` and `,rcvbuf=N`.
struct Protocol {
  enum class Transport { Tcp, Udp, Unix };
  // Plain: `tcp` or `udp` without a digit; the dialect says what it means.
  enum class Family { Plain, V4, V6, Dual };
  Transport transport = Transport::Tcp;
  Family family = Family::Plain;
  bool is_rpc = false;  // `rpc/udp`
  std::string word;     // as it goes into the id: "tcp", "udp6"
  std::optional<int> send_buffer;
  std::optional<int> receive_buffer;
};
[[nodiscard]] std::optional<Protocol> read_protocol(const Field& field, Dialect dialect,
                                                    Reporter& report);
[[nodiscard]] std::optional<int> read_buffer_size(const Field& field, Reporter& report);
// nullopt: reported, at `at`.
[[nodiscard]] std::optional<SocketKind> combine(const SocketType& type, const Protocol& protocol,
                                                Place at, Reporter& report);

// Field 4: `wait` or `nowait` and their limits, into mode and limits of `spec`.
[[nodiscard]] bool read_wait(const Field& field, Dialect dialect, Reporter& report,
                             ServiceSpec& spec);

// Field 5: `user[:group][/class]`. `user.group` stays whole: only the loader can tell it from a
// user whose name has a dot.
[[nodiscard]] bool read_user(const Field& field, Reporter& report, ServiceSpec& spec);

// Whether it can be the path of a program; false: reported.
[[nodiscard]] bool check_program(const Field& program, Reporter& report, std::string hint = {});
// What stands behind the last slash.
[[nodiscard]] std::string basename_of(const std::string& path);

// Fields 6 and on: the program and its arguments, or `internal [NAME]`. The sockets must be set.
// `service` is the name of the service, as written without its address.
[[nodiscard]] bool read_server(std::span<const Field> fields, const std::string& service,
                               FieldContext& context, ServiceSpec& spec);

}  // namespace uvinetd
