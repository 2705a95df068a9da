// SPDX-License-Identifier: ISC
#include "spawn/wire.h"

#include "uvinetd_build_id.h"

namespace uvinetd {
namespace {

struct Encoder : FieldEncoder<Encoder> {
  using FieldEncoder::put;
  void put(const std::vector<RoleFact>& list) {
    out.put(static_cast<std::uint32_t>(list.size()));
    for (const auto& fact : list)
      (*this)(fact.role, fact.processes, fact.restarts, fact.descriptors);
  }
  void put(const std::vector<WireBan>& list) {
    out.put(static_cast<std::uint32_t>(list.size()));
    for (const auto& ban : list) (*this)(ban.high, ban.low, ban.bits, ban.until_ms);
  }
};

struct Decoder : FieldDecoder<Decoder> {
  using FieldDecoder::get;
  void get(SpawnerKind& value) { value = in.get_enum(SpawnerKind::Clone); }
  void get(StopHow& value) { value = in.get_enum(StopHow::LeaveWhenDone); }
  void get(ReportKind& value) { value = in.get_enum(ReportKind::Cold); }
  void get(HoldHow& value) { value = in.get_enum(HoldHow::Refuse); }
  void get(std::vector<RoleFact>& list) {
    const auto count = in.get<std::uint32_t>();
    if (count > RoleFacts::kMost) in.spoil();
    for (std::uint32_t i = 0; i < count && in.is_good(); ++i) {
      auto& fact = list.emplace_back();
      (*this)(fact.role, fact.processes, fact.restarts, fact.descriptors);
    }
  }
  void get(std::vector<WireBan>& list) {
    const auto count = in.get<std::uint32_t>();
    if (count > kMostBansInMessage) in.spoil();
    for (std::uint32_t i = 0; i < count && in.is_good(); ++i) {
      auto& ban = list.emplace_back();
      (*this)(ban.high, ban.low, ban.bits, ban.until_ms);
      if (ban.bits > 128) in.spoil();
    }
  }
};

}  // namespace

UVINETD_FIELDS(Hello, b.role, b.version, b.build_id)
UVINETD_FIELDS(LauncherStart, b.launcher, b.identity, b.becomes_identity, b.guard_gid,
               b.is_dumpable, b.soft_descriptor_limit, b.hard_descriptor_limit, b.spawner)
UVINETD_FIELDS(LauncherStarted, b.code, b.step)
UVINETD_FIELDS(Generation, b.generation)
UVINETD_FIELDS(Epoch, b.epoch)
UVINETD_FIELDS(StopLauncher, b.how)
UVINETD_FIELDS(ReactorStart, b.epoch, b.becomes_user, b.uid, b.gid, b.is_dumpable,
               b.logs_connections, b.log_level, b.log_form, b.log_format, b.log_addresses,
               b.log_key, b.log_ident, b.global_instances)
UVINETD_FIELDS(ListenerKeys, b.keys)
UVINETD_FIELDS(LauncherJoined, b.launcher, b.identity)
UVINETD_FIELDS(LauncherNumber, b.launcher, b.is_final)
UVINETD_FIELDS(LauncherFailed, b.identity, b.code, b.step)
UVINETD_FIELDS(NeedLauncher, b.identity, b.known)
UVINETD_FIELDS(ListenerNumber, b.listener)
UVINETD_FIELDS(EndServer, b.launcher, b.id, b.signal)
UVINETD_FIELDS(Bans, b.is_lifted, b.list)
UVINETD_FIELDS(ControlSocket, b.owner, b.has_group, b.group, b.everybody_reads)
UVINETD_FIELDS(ControlText, b.ticket, b.is_last, b.text)
UVINETD_FIELDS(Happened, b.name, b.id, b.line)
UVINETD_FIELDS(Hold, b.id, b.how)
UVINETD_FIELDS(Pong, b.is_busy)
UVINETD_FIELDS(LogTrouble, b.code)
UVINETD_FIELDS(RoleFacts, b.list)
UVINETD_FIELDS(LogTargetForm, b.form, b.is_of_services, b.file)
UVINETD_FIELDS(Launch, b.id, b.service, b.listener, b.sockets, b.peer, b.local)
UVINETD_FIELDS(Report, b.kind, b.id, b.service, b.listener, b.pid, b.code, b.step, b.status,
               b.ran_usec, b.user_usec, b.system_usec, b.max_rss_kib)
UVINETD_FIELDS(RunningChild, b.id, b.service, b.listener, b.pid, b.started_ns, b.peer)
UVINETD_FIELDS(AccessListForm, b.number, b.bytes)
UVINETD_FIELDS(ResolverStart, b.becomes_user, b.uid, b.gid, b.is_dumpable)
UVINETD_FIELDS(FindName, b.address)
UVINETD_FIELDS(NameFound, b.address, b.name, b.is_answered)
UVINETD_FIELDS(ClientBack, b.service, b.listener, b.is_admitted, b.has_banner, b.was_watched,
               b.has_header, b.is_identified, b.has_name, b.name, b.peer, b.local, b.accepted_ns)

static bool is_in_range(const EndServer& order) {
  return order.signal >= 1 && order.signal <= 64;
}

#define UVINETD_WIRE_BODY(Type) UVINETD_BODY_DEFINED(Type, Encoder, Decoder)
UVINETD_WIRE_BODY(Hello)
UVINETD_WIRE_BODY(LauncherStart)
UVINETD_WIRE_BODY(LauncherStarted)
UVINETD_WIRE_BODY(Generation)
UVINETD_WIRE_BODY(Epoch)
UVINETD_WIRE_BODY(StopLauncher)
UVINETD_WIRE_BODY(ReactorStart)
UVINETD_WIRE_BODY(ListenerKeys)
UVINETD_WIRE_BODY(LauncherJoined)
UVINETD_WIRE_BODY(LauncherNumber)
UVINETD_WIRE_BODY(LauncherFailed)
UVINETD_WIRE_BODY(NeedLauncher)
UVINETD_WIRE_BODY(ListenerNumber)
UVINETD_WIRE_BODY(EndServer)
UVINETD_WIRE_BODY(Bans)
UVINETD_WIRE_BODY(ControlSocket)
UVINETD_WIRE_BODY(ControlText)
UVINETD_WIRE_BODY(Happened)
UVINETD_WIRE_BODY(Hold)
UVINETD_WIRE_BODY(Pong)
UVINETD_WIRE_BODY(LogTrouble)
UVINETD_WIRE_BODY(RoleFacts)
UVINETD_WIRE_BODY(LogTargetForm)
UVINETD_WIRE_BODY(Launch)
UVINETD_WIRE_BODY(RunningChild)
UVINETD_WIRE_BODY(AccessListForm)
UVINETD_WIRE_BODY(ResolverStart)
UVINETD_WIRE_BODY(FindName)
UVINETD_WIRE_BODY(NameFound)
UVINETD_WIRE_BODY(ClientBack)
#undef UVINETD_WIRE_BODY

std::string print(const Reports& body) {
  Encoder encoder;
  encoder.out.put(static_cast<std::uint32_t>(body.list.size()));
  for (const auto& report : body.list) fields(encoder, report);
  return encoder.out.take();
}

std::optional<Reports> parse(std::string_view bytes, const Reports*) {
  Decoder decoder{{Reader(bytes)}};
  Reports body;
  const auto count = decoder.in.get<std::uint32_t>();
  for (std::uint32_t i = 0; i < count && decoder.in.is_good(); ++i) {
    fields(decoder, body.list.emplace_back());
  }
  if (!decoder.in.is_at_end()) return std::nullopt;
  return body;
}

std::string print(const ErrorFiles& body) {
  Writer out;
  out.put(body.is_first);
  out.put_strings(body.paths);
  return out.take();
}

std::optional<ErrorFiles> parse(std::string_view bytes, const ErrorFiles*) {
  Reader in(bytes);
  ErrorFiles body;
  body.is_first = in.get<bool>();
  body.paths = in.get_strings();
  if (!in.is_at_end()) return std::nullopt;
  return body;
}

std::string_view build_id() {
  return UVINETD_BUILD_ID;
}

}  // namespace uvinetd
