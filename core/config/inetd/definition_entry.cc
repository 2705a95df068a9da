// SPDX-License-Identifier: ISC
// NetBSD's keys. Source: inetd(8) of NetBSD 10 and its current sources' manual.
#include <algorithm>
#include <array>
#include <limits>

#include "core/config/inetd/inetd_entry.h"
#include "core/config/multiplexer.h"
#include "core/config/quote.h"
#include "core/config/suggest.h"
#include "core/config/syslog/syslog_service.h"

namespace uvinetd {
namespace {

constexpr unsigned kMost = std::numeric_limits<int>::max();
constexpr std::array<std::string_view, 15> kKeys{
    "bind", "socktype", "accept_max",  "acceptfilter", "protocol", "sndbuf", "recvbuf", "wait",
    "user", "group",    "service_max", "ip_max",       "exec",     "args",   "ipsec"};

class Definition {
 public:
  Definition(const Entry& entry, FieldContext& context)
      : entry_(entry), context_(context), report_(context.report) {}

  std::optional<ServiceSpec> read(const std::vector<BindAddress>& default_addresses);

 private:
  [[nodiscard]] const KeyValues* find(std::string_view key) const;
  bool check_keys();
  bool is_single(const KeyValues& pair);
  bool missing(const char* key, const char* hint = "");
  std::optional<SocketType> read_type(const Protocol& protocol);
  bool read_sockets(const std::vector<BindAddress>& default_addresses);
  bool read_mux(const Protocol& protocol, Place protocol_at);
  bool read_bind(ServiceField& service);
  bool is_ambiguous(const Protocol& protocol, const ServiceField& service);
  bool read_number(const char* key, std::optional<unsigned>& out);
  bool read_buffer(const char* key, std::optional<int> ServiceOptions::*size);
  bool read_filter();
  bool read_mode(bool is_internal);
  bool read_identity(bool is_internal);
  bool read_program();

  const Entry& entry_;
  FieldContext& context_;
  Reporter& report_;
  ServiceSpec spec_;
  std::string name_;  // of the service, without its address
};

const KeyValues* Definition::find(std::string_view key) const {
  for (const auto& pair : entry_.keys) {
    if (pair.key.text == key) return &pair;
  }
  return nullptr;
}

bool Definition::is_single(const KeyValues& pair) {
  if (pair.values.size() == 1) return true;
  const auto& at = pair.values.empty() ? pair.key : pair.values[1];
  return report_.error(at.at, "value", "the key " + quoted(pair.key.text) + " takes one value",
                       pair.values.empty() ? "" : "keys are separated by commas");
}

bool Definition::check_keys() {
  bool is_good = true;
  std::array<bool, kKeys.size()> seen{};
  for (const auto& pair : entry_.keys) {
    const auto* known = std::find(kKeys.begin(), kKeys.end(), pair.key.text);
    if (known == kKeys.end()) {
      is_good = report_.error(pair.key.at, "key", "unknown key " + quoted(pair.key.text),
                              did_you_mean(pair.key.text, kKeys));
      continue;
    }
    auto& is_seen = seen[static_cast<std::size_t>(known - kKeys.begin())];
    if (is_seen) {
      is_good = report_.error(pair.key.at, "duplicate-key",
                              "the key " + quoted(pair.key.text) + " is given twice");
    }
    is_seen = true;
    const bool is_list = *known == "args" || *known == "ipsec" || *known == "acceptfilter";
    if (!is_list) is_good &= is_single(pair);
  }
  const auto* policy = find("ipsec");
  if (policy != nullptr && !policy->values.empty()) {
    is_good = report_.error(policy->key.at, "ipsec-policy",
                            "IPsec policies are not supported, and this one would restrict access");
  }
  return is_good;
}

bool Definition::missing(const char* key, const char* hint) {
  return report_.error(entry_.words[0].end(), "missing-field",
                       "the key " + quoted(key) + " is missing", hint);
}

bool Definition::read_number(const char* key, std::optional<unsigned>& out) {
  const auto* pair = find(key);
  if (pair == nullptr) return true;
  out = parse_number(pair->values[0].text, kMost);
  if (out) return true;
  return report_.error(pair->values[0].at, "number", "bad limit " + quoted(pair->values[0].text),
                       "a decimal number; 0 means none");
}

bool Definition::read_buffer(const char* key, std::optional<int> ServiceOptions::*size) {
  const auto* pair = find(key);
  if (pair == nullptr) return true;
  auto& out = spec_.more.edit().*size;
  out = read_buffer_size(pair->values[0], report_);
  return out.has_value();
}

bool Definition::read_filter() {
  const auto* pair = find("acceptfilter");
  if (pair == nullptr) return true;
  if (pair->values.empty()) {
    return report_.error(pair->key.at, "value", "the key \"acceptfilter\" needs a name");
  }
  (void)check_accept_filter(pair->values[0], report_);
  spec_.more.edit().accept_filter = pair->values[0].text;
  if (spec_.listen.empty()) return true;  // drop_socket_options() tells
  settle_accept_filter(spec_.listen.front().kind, pair->values[0].at, report_, spec_);
  return true;
}

std::optional<SocketType> Definition::read_type(const Protocol& protocol) {
  if (const auto* pair = find("socktype")) return read_socket_type(pair->values[0], report_);
  if (protocol.transport == Protocol::Transport::Unix) {
    missing("socktype", "stream, dgram or seqpacket");
    return std::nullopt;
  }
  SocketType out;
  if (protocol.transport == Protocol::Transport::Udp) out.word = SocketType::Word::Dgram;
  return out;
}

bool Definition::read_bind(ServiceField& service) {
  const auto* pair = find("bind");
  if (pair == nullptr) return true;
  if (service.addresses) {
    return report_.error(pair->key.at, "address", "the address is given twice",
                         "before the service or as bind, not both");
  }
  service.addresses = read_addresses(pair->values[0], report_);
  return service.addresses.has_value();
}

// NetBSD refuses a plain `tcp` here unless an address says which family is meant.
bool Definition::is_ambiguous(const Protocol& protocol, const ServiceField& service) {
  if (context_.options.dialect != Dialect::NetBsd) return false;
  if (protocol.family != Protocol::Family::Plain) return false;
  if (protocol.transport == Protocol::Transport::Unix) return false;
  const auto is_literal = [](const BindAddress& address) {
    return address.form == BindAddress::Form::V4 || address.form == BindAddress::Form::V6;
  };
  if (service.addresses &&
      std::all_of(service.addresses->begin(), service.addresses->end(), is_literal)) {
    return false;
  }
  const auto word = (protocol.is_rpc ? "rpc/" : "") + protocol.word;
  return !report_.error(find("protocol")->values[0].at, "protocol",
                        quoted(word) + " does not say which IP version is meant",
                        "write " + word + "4 or " + word + "6");
}

bool Definition::read_sockets(const std::vector<BindAddress>& default_addresses) {
  const auto* pair = find("protocol");
  if (pair == nullptr) return missing("protocol");
  const auto protocol = read_protocol(pair->values[0], context_.options.dialect, report_);
  if (!protocol) return false;
  const auto type = read_type(*protocol);
  if (!type) return false;
  const auto kind = combine(*type, *protocol, pair->values[0].at, report_);
  if (!kind) return false;
  const bool is_unix = protocol->transport == Protocol::Transport::Unix;
  spec_.instances = type->instances;
  set_buffers(*protocol, spec_);
  if (!is_unix && is_multiplexed(entry_.words[0].text)) {
    return read_mux(*protocol, pair->values[0].at);
  }
  auto service = read_service_field(entry_.words[0], is_unix, report_);
  if (!service || !read_bind(*service) || is_ambiguous(*protocol, *service)) return false;
  name_ = service->name.text;
  return make_listeners(*service, *kind, *protocol, default_addresses, context_, spec_);
}

bool Definition::read_mux(const Protocol& protocol, Place protocol_at) {
  if (const auto* pair = find("bind")) {
    return report_.error(pair->key.at, "tcpmux", "a tcpmux service has no address of its own",
                         "write it with the service tcpmux");
  }
  if (!read_multiplexed(entry_.words[0], protocol, protocol_at, report_, spec_)) return false;
  name_ = spec_.more->tcpmux;
  return true;
}

bool Definition::read_mode(bool is_internal) {
  const auto* pair = find("wait");
  if (pair == nullptr) {
    if (!is_internal) return missing("wait", "yes or no");
    const bool has_datagrams = !spec_.listen.empty() && is_datagram(spec_.listen.front().kind);
    spec_.mode = has_datagrams ? Mode::Wait : Mode::Nowait;
    return true;
  }
  const auto& value = pair->values[0];
  if (value.text != "yes" && value.text != "no") {
    static constexpr std::array<std::string_view, 2> kWords{"yes", "no"};
    return report_.error(value.at, "wait", "expected yes or no, not " + quoted(value.text),
                         did_you_mean(value.text, kWords));
  }
  spec_.mode = value.text == "yes" ? Mode::Wait : Mode::Nowait;
  return check_mux_mode(value.at, report_, spec_);
}

bool Definition::read_identity(bool is_internal) {
  const auto* user = find("user");
  const auto* group = find("group");
  if (user == nullptr) return is_internal || missing("user");
  if (!read_user(user->values[0], report_, spec_)) return false;
  if (group == nullptr) return true;
  if (!spec_.group.empty() || group->values[0].text.empty()) {
    return report_.error(group->values[0].at, "group",
                         spec_.group.empty() ? "the group is empty" : "the group is given twice");
  }
  spec_.group = group->values[0].text;
  spec_.group_at = report_.position(group->values[0].at);
  return true;
}

bool Definition::read_program() {
  std::vector<Field> fields;
  if (const auto* exec = find("exec")) {
    fields.push_back(exec->values[0]);
  } else {
    fields.push_back(entry_.words[0]);
    fields[0].text = "internal";
  }
  const auto* args = find("args");
  if (args != nullptr) fields.insert(fields.end(), args->values.begin(), args->values.end());
  const bool is_good = read_server(fields, name_, context_, spec_);
  open_log_sockets(spec_);
  return is_good;
}

std::optional<ServiceSpec> Definition::read(const std::vector<BindAddress>& default_addresses) {
  spec_.at = report_.position(entry_.at);
  spec_.user_at = spec_.at;
  spec_.group_at = spec_.at;
  if (!check_keys()) return std::nullopt;
  if (!read_sockets(default_addresses)) return std::nullopt;
  const auto* exec = find("exec");
  const bool is_internal = exec == nullptr || exec->values[0].text == "internal";
  bool is_good = read_number("accept_max", spec_.instances);
  is_good &= read_number("service_max", spec_.starts_per_minute);
  is_good &= read_number("ip_max", spec_.source_starts_per_minute);
  is_good &= read_buffer("sndbuf", &ServiceOptions::send_buffer);
  is_good &= read_buffer("recvbuf", &ServiceOptions::receive_buffer);
  is_good &= read_filter();
  drop_socket_options(entry_.words[0].at, report_, spec_);
  is_good &= read_mode(is_internal);
  is_good &= read_identity(is_internal);
  is_good &= read_program();
  if (!is_good) return std::nullopt;
  return spec_;
}

}  // namespace

std::optional<ServiceSpec> read_definition(const Entry& entry,
                                           const std::vector<BindAddress>& default_addresses,
                                           FieldContext& context) {
  return Definition(entry, context).read(default_addresses);
}

}  // namespace uvinetd
