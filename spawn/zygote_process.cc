// SPDX-License-Identifier: ISC
#include "spawn/zygote_process.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <utility>

#include "spawn/reaper.h"
#include "spawn/zygote/wire.h"

namespace uvinetd {
namespace {

constexpr std::string_view kNonsense = "it says what no zygote says";

template <typename T>
std::optional<T> read_as(std::string_view packet, zygote::Kind kind) {
  T out;
  if (packet.size() < sizeof out) return std::nullopt;
  std::memcpy(static_cast<void*>(&out), packet.data(), sizeof out);
  if (out.head.magic != zygote::kMagic || out.head.kind != kind) return std::nullopt;
  return out;
}

struct BareHead {
  zygote::Head head;
};

// Strings with their final zeros, exactly `count` of them.
std::optional<std::vector<std::string>> split(std::string_view text, std::uint32_t count) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto end = text.find('\0');
    if (end == std::string_view::npos || out.size() == count) return std::nullopt;
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  if (out.size() != count) return std::nullopt;
  return out;
}

ZygoteAnswer broken(std::string_view reason) {
  return {ZygoteAnswer::Kind::Broken, std::string(reason), {}, false};
}

ZygoteAnswer parse_answer(std::string_view packet) {
  if (const auto parked = read_as<zygote::Parked>(packet, zygote::Kind::Parked)) {
    auto files = split(packet.substr(sizeof(zygote::Parked)), parked->files);
    const auto is_path = [](const std::string& path) { return path.starts_with('/'); };
    const bool is_at_io = parked->park == zygote::Park::Io;
    const bool is_good = is_at_io || parked->park == zygote::Park::Main;
    if (!is_good || !files || !std::all_of(files->begin(), files->end(), is_path)) {
      return broken(kNonsense);
    }
    return {ZygoteAnswer::Kind::Parked, {}, std::move(*files), is_at_io};
  }
  if (const auto refused = read_as<zygote::Refused>(packet, zygote::Kind::Refused);
      refused && packet.size() == sizeof(zygote::Refused)) {
    const auto length = ::strnlen(refused->reason, sizeof refused->reason);
    return {refused->fallback == zygote::Fallback::ParkMain ? ZygoteAnswer::Kind::TryMain
                                                            : ZygoteAnswer::Kind::Refused,
            std::string(refused->reason, length),
            {},
            false};
  }
  return broken(kNonsense);
}

}  // namespace

ZygoteAnswer ZygoteProcess::read_answer() {
  static std::array<char, zygote::kMostParkedBytes + sizeof(zygote::Parked)> buffer;
  const auto packet = receive_packet(channel_.get(), buffer);
  switch (packet.event) {
    case ZygotePacket::Event::Nothing:
      return {};
    case ZygotePacket::Event::Closed:
      return {ZygoteAnswer::Kind::Closed, {}, {}, false};
    case ZygotePacket::Event::Packet:
      break;
  }
  if (packet.size > buffer.size() || packet.sender != pid_) return broken(kNonsense);
  return parse_answer(std::string_view(buffer.data(), packet.size));
}

std::optional<pid_t> ZygoteProcess::give(std::string_view serve, int connection) {
  while (!waiting_.empty()) {
    const auto child = std::move(waiting_.back());
    waiting_.pop_back();
    if (!send_packet(child.pair.get(), serve, connection)) continue;
    members_.erase(child.pid);
    return child.pid;
  }
  return std::nullopt;
}

bool ZygoteProcess::ask(std::string_view serve, WarmLaunch* launch, ReadyZygotePair& pairs,
                        std::chrono::nanoseconds now) {
  const auto give_to = [&](Unborn& child) {
    if (!send_packet(child.pair.get(), serve, launch->connection.get())) return false;
    launch->connection.reset();
    child.launch = std::move(*launch);
    return true;
  };
  if (launch != nullptr) {
    for (auto& child : unborn_) {  // one that was to wait is on its way
      if (!child.launch && give_to(child)) return true;
    }
  }
  auto pair = pairs.take();
  const zygote::Head fork{zygote::kMagic, zygote::Kind::Fork, 0};
  const std::string_view packet(reinterpret_cast<const char*>(&fork), sizeof fork);
  if (!pair || !send_packet(channel_.get(), packet, pair->theirs.get())) return false;
  auto& child = unborn_.emplace_back(
      Unborn{std::move(pair->ours), std::move(pair->theirs), now, std::nullopt});
  // It is made meanwhile; what cannot be given it is for another, and it waits.
  return launch == nullptr || give_to(child);
}

ZygoteProcess::Birth ZygoteProcess::look(const Unborn& child, const Births& births, pid_t reaped,
                                         std::chrono::nanoseconds now, pid_t& pid) const {
  std::array<char, sizeof(BareHead) + 1> buffer{};
  const auto packet = receive_packet(child.pair.get(), buffer);
  if (packet.event != ZygotePacket::Event::Packet) {
    if (is_ended_) return Birth::Never;
    return now - child.asked < kBirthDeadline ? Birth::NotYet : Birth::TooLate;
  }
  const std::string_view bytes(buffer.data(), std::min(packet.size, buffer.size()));
  const bool is_head = packet.size == sizeof(BareHead);
  if (is_head && packet.sender == pid_ && read_as<BareHead>(bytes, zygote::Kind::Unborn)) {
    return Birth::Never;
  }
  const bool is_born = is_head && read_as<BareHead>(bytes, zygote::Kind::Born);
  // A zygote of root can have the kernel tell any pid (SCM_CREDENTIALS).
  const bool is_taken = members_.contains(packet.sender) || births.is_server(packet.sender);
  const bool is_ours = packet.sender == reaped || is_child(packet.sender);
  if (!is_born || packet.sender <= 0 || is_taken || !is_ours) return Birth::Wrong;
  pid = packet.sender;
  return Birth::Born;
}

ZygoteProcess::Conduct ZygoteProcess::collect(const Births& births, pid_t reaped,
                                              std::chrono::nanoseconds now) {
  auto conduct = Conduct::Good;
  auto asked = std::exchange(unborn_, {});
  for (auto& child : asked) {
    pid_t pid = 0;
    const auto birth = look(child, births, reaped, now, pid);
    if (birth == Birth::Born && child.launch) {
      births.on_born(*child.launch, pid);
    } else if (birth == Birth::Born) {
      members_.insert(pid);
      waiting_.push_back({pid, std::move(child.pair)});
    } else if (birth == Birth::NotYet) {
      unborn_.push_back(std::move(child));
    } else {
      if (birth == Birth::Wrong) conduct = Conduct::Breach;
      if (birth == Birth::TooLate && conduct == Conduct::Good) conduct = Conduct::Silent;
      if (!child.launch) continue;
      // Whoever would still be born finds nothing there, and ends.
      child.launch->connection = take_back(child.theirs.get());
      births.on_unborn(std::move(*child.launch));
    }
  }
  return conduct;
}

bool ZygoteProcess::forget(pid_t pid) {
  return std::erase_if(waiting_, [&](const Child& child) { return child.pid == pid; }) != 0;
}

void ZygoteProcess::let_go() {
  channel_.reset();
  waiting_.clear();
}

void ZygoteProcess::kill() {
  for (const auto& child : waiting_) ::kill(child.pid, SIGKILL);
  if (!is_ended_) ::kill(pid_, SIGKILL);
  let_go();
}

std::size_t ZygoteProcess::unborn_spares() const {
  return static_cast<std::size_t>(std::count_if(unborn_.begin(), unborn_.end(),
                                                [](const Unborn& child) { return !child.launch; }));
}

}  // namespace uvinetd
