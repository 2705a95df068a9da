// SPDX-License-Identifier: ISC
#include "core/config/xinetd/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/config/quote.h"
#include "core/config/xinetd/access.h"

namespace uvinetd::xinetd {
namespace {

bool check_name(const Field& field, const char* what, Reporter& report) {
  constexpr std::size_t kLongestName = 255;
  if (field.text.size() <= kLongestName) return true;
  return report.error(field.at, "service", fmt::format("the {} is longer than 255 bytes", what));
}

bool check_names(Making& making) {
  Field name;
  name.text = making.block.name.text;
  name.at = making.name_at();
  bool is_good = check_name(name, "name of the service", making.report());
  if (const auto* id = making.draft().good(Key::Id)) {
    is_good &= check_name(id->value(), "id", making.report());
  }
  return is_good;
}

// One server at a time has the socket, and it does the accepting: nothing here to be limited.
void settle_limits(Making& making) {
  auto& draft = making.draft();
  auto& spec = draft.spec;
  const auto instances = spec.instances.value_or(0);
  const auto per_source = spec.instances_per_source.value_or(0);
  if (spec.mode == Mode::Nowait) {
    if (instances > 0 || per_source > 0) spec.more.edit().at_limit = AtLimit::Refuse;
    return;
  }
  const auto tell = [&](Key key, bool is_limit) {
    if (!draft.is_own(key) || !is_limit) return;
    making.report().warning(draft.of(key)->at(), "wait-limit",
                            "a wait service runs one server at a time and its server sees the "
                            "clients: this limit is not applied");
  };
  tell(Key::Instances, instances > 1);
  tell(Key::PerSource, per_source > 0);
  spec.instances.reset();
  spec.instances_per_source.reset();
}

// Told where its own block asks for it: it is no mistake in defaults.
void settle_warm_start(Making& making) {
  static constexpr Key kKeys[] = {Key::Start, Key::Park, Key::Spares, Key::ParkUses, Key::ParkAge};
  auto& draft = making.draft();
  auto& spec = draft.spec;
  if (can_start_warm(spec)) return;
  bool is_any = false;
  for (const auto key : kKeys) {
    const auto* attribute = draft.good(key);
    is_any = is_any || attribute != nullptr;
    if (attribute == nullptr || !draft.is_own(key)) continue;
    making.report().warning(attribute->at(), "no-effect",
                            fmt::format("{} has no effect here: it is for {}",
                                        quoted(attribute->name.text), kWarmServices));
  }
  if (!is_any) return;
  static const ServiceOptions kNone;
  auto& more = spec.more.edit();
  more.start = kNone.start;
  more.park = kNone.park;
  more.spares = kNone.spares;
  more.park_uses = kNone.park_uses;
  more.park_age = kNone.park_age;
}

SourcePosition place_of(Key key, const Making& making) {
  const auto& attribute = *making.draft().of(key);
  const auto& report =
      making.draft().is_own(key) ? making.report() : *making.around.defaults.report;
  return report.position(attribute.at());
}

void settle_access(Making& making) {
  auto& draft = making.draft();
  const auto& defaults = making.around.defaults.draft;
  const auto* allow = draft.holding(List::OnlyFrom, Key::OnlyFrom, defaults);
  if (allow != nullptr && !allow->contains(std::string(kEverybody))) {
    draft.spec.more.edit().allow = allow->words();
    draft.spec.admission_at.edit().allow = place_of(Key::OnlyFrom, making);
  }
  const auto* deny = draft.holding(List::NoAccess, Key::NoAccess, defaults);
  if (deny != nullptr && deny->size() > 0) {
    draft.spec.more.edit().deny = deny->words();
    draft.spec.admission_at.edit().deny = place_of(Key::NoAccess, making);
  }
}

// They are judged later, together with the kind of service.
void note_hours(Making& making) {
  auto& draft = making.draft();
  auto& places = draft.spec.admission_at;
  if (draft.good(Key::AccessTimes) != nullptr) {
    places.edit().access_times = place_of(Key::AccessTimes, making);
  }
  if (draft.good(Key::MaxLoad) != nullptr) {
    places.edit().max_load = place_of(Key::MaxLoad, making);
  }
}

// As what xinetd asks its library: by the name of the program, else of the service.
void settle_hosts_access(Making& making) {
  auto& draft = making.draft();
  auto& spec = draft.spec;
  if (draft.has(Flag::Nolibwrap)) {
    if (!spec.more->libwrap.empty()) spec.more.edit().libwrap.clear();
    return;
  }
  if (!spec.more->libwrap.empty()) {
    spec.admission_at.edit().libwrap = place_of(Key::Libwrap, making);
  } else if (!making.around.asks_hosts_access || draft.has(Flag::Sensor)) {
    return;  // a sensor serves nobody
  } else if (!spec.program.empty()) {
    spec.more.edit().libwrap = spec.program.substr(spec.program.rfind('/') + 1);
  } else {
    spec.more.edit().libwrap = making.block.name.text;
  }
}

void settle_log(Making& making) {
  auto& draft = making.draft();
  const auto& defaults = making.around.defaults.draft;
  const auto sorted = [&](List which, Key key) {
    const auto* list = draft.holding(which, key, defaults);
    auto words = list == nullptr ? std::vector<std::string>() : list->words();
    std::sort(words.begin(), words.end());
    return words;
  };
  auto success = sorted(List::LogOnSuccess, Key::LogOnSuccess);
  auto failure = sorted(List::LogOnFailure, Key::LogOnFailure);
  const auto traffic = std::find(success.begin(), success.end(), "TRAFFIC");
  if (traffic != success.end() && draft.of(Key::Redirect) == nullptr) {
    success.erase(traffic);
    if (draft.is_own(Key::LogOnSuccess)) {
      making.report().warning(draft.of(Key::LogOnSuccess)->at(), "xinetd-differs",
                              "TRAFFIC is known of a redirect only, and passed over here: xinetd "
                              "leaves the service out");
    }
  }
  if (!success.empty()) draft.spec.more.edit().log_on_success = std::move(success);
  if (!failure.empty()) draft.spec.more.edit().log_on_failure = std::move(failure);
}

// Anybody can put anybody's address on a datagram. Nobody sees the clients of a wait service.
bool check_sensor(Making& making, SocketKind kind) {
  const auto& draft = making.draft();
  if (!draft.has(Flag::Sensor)) return true;
  if (kind == SocketKind::Tcp) {
    if (draft.spec.mode == Mode::Nowait) return true;
    return making.report().error(making.at(Key::Flags), "sensor",
                                 "a sensor is about clients, which a wait service has none of",
                                 "wait = no");
  }
  return making.report().error(making.at(Key::Flags), "sensor",
                               "a sensor of datagrams would ban whoever is named in forged ones",
                               "socket_type = stream");
}

// Who has no connection of its own cannot be told anything.
void settle_banners(Making& making, SocketKind kind) {
  auto& draft = making.draft();
  if (draft.spec.mode == Mode::Nowait && !is_datagram(kind)) return;
  if (draft.spec.more.is_default()) return;
  auto& more = draft.spec.more.edit();
  more.banner.clear();
  more.banner_success.clear();
  more.banner_fail.clear();
  for (const auto key : {Key::Banner, Key::BannerSuccess, Key::BannerFail}) {
    if (!draft.is_own(key)) continue;
    const auto* attribute = draft.of(key);
    making.report().warning(
        attribute->at(), "no-effect",
        quoted(attribute->name.text) +
            " has no effect here: it is for stream sockets without wait, whose clients we accept");
  }
}

void settle_flags(const Draft& draft, SocketKind kind, ServiceSpec& spec) {
  if (draft.has(Flag::Sensor)) spec.more.edit().is_sensor = true;
  if (draft.has(Flag::Idonly)) spec.more.edit().identify = true;
  // Of a sensor only: without one it keeps nobody out.
  if (!draft.has(Flag::Sensor) && spec.more->deny_time) spec.more.edit().deny_time.reset();
  if (kind != SocketKind::Tcp) return;
  if (draft.has(Flag::Nodelay)) spec.more.edit().nodelay = true;
  if (draft.has(Flag::Keepalive)) spec.more.edit().keepalive = true;
}

}  // namespace

std::optional<ServiceSpec> make_service(Making& making) {
  if (making.block.name.text.empty()) return std::nullopt;  // reported
  auto& draft = making.draft();
  auto& spec = draft.spec;
  spec.at = making.report().position(making.block.at);
  bool is_good = check_names(making);
  Protocol protocol;
  const auto kind = socket_kind(making, protocol);
  is_good &= kind.has_value();
  if (kind) {
    is_good &= make_sockets(making, *kind, protocol);
    is_good &= make_server(making, *kind);
    is_good &= check_sensor(making, *kind);
    settle_flags(draft, *kind, spec);
    settle_warm_start(making);
    settle_banners(making, *kind);
  }
  settle_limits(making);
  settle_log(making);
  settle_access(making);
  settle_hosts_access(making);
  note_hours(making);
  if (!is_good || !draft.is_good) return std::nullopt;
  if (!draft.id.empty()) spec.id = draft.id;
  return std::move(spec);
}

}  // namespace uvinetd::xinetd
