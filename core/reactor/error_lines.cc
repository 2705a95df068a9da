// SPDX-License-Identifier: ISC
#include "core/reactor/error_lines.h"

#include <algorithm>
#include <iterator>

namespace uvinetd {
namespace {

constexpr std::size_t kMostRates = 1024;
constexpr ErrorLines::Time kRateTime{1'000};

// std::erase_if() shows elements that cannot be changed.
template <typename Map, typename Done>
void drop_if(Map& map, Done is_done) {
  for (auto at = map.begin(); at != map.end();) at = is_done(*at) ? map.erase(at) : std::next(at);
}

}  // namespace

void ErrorLines::take(const Writer& writer, std::string_view bytes, Time now) {
  const Key key{writer.launcher, writer.pid};
  auto found = kept_.find(key);
  if (found == kept_.end()) {
    make_room(now);
    found = kept_.emplace(key, Kept{writer, std::nullopt, {}, now, 0, false}).first;
  }
  auto& kept = found->second;
  if (!kept.owner) kept.owner = callbacks_.find(writer);
  if (kept.owner) {
    kept.text.append(bytes);
    if (tell_lines(kept, now)) kept_.erase(found);
    return;
  }
  const auto room = kMostKeptBytes - std::min(kMostKeptBytes, kept.text.size());
  kept.text.append(bytes.substr(0, room));
  kept.lost += bytes.size() - std::min(room, bytes.size());
}

// The one that has waited longest makes room for another.
void ErrorLines::make_room(Time now) {
  if (kept_.size() < kMostWriters) return;
  const auto oldest = std::min_element(
      kept_.begin(), kept_.end(),
      [](const auto& one, const auto& other) { return one.second.since < other.second.since; });
  tell_all(oldest->second, now);
  kept_.erase(oldest);
}

bool ErrorLines::tell_lines(Kept& kept, Time now) {
  std::string_view rest = kept.text;
  for (auto end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
    if (!kept.is_skipping) tell(*kept.owner, kept.writer, rest.substr(0, end), false, now);
    kept.is_skipping = false;
    rest.remove_prefix(end + 1);
  }
  if (rest.size() > kMostLineBytes && !kept.is_skipping) {
    tell(*kept.owner, kept.writer, rest, true, now);
    kept.is_skipping = true;
  }
  if (kept.is_skipping) rest = {};
  if (rest.size() != kept.text.size()) {
    kept.text = std::string(rest);
    kept.since = now;
  }
  return kept.text.empty() && !kept.is_skipping;
}

void ErrorLines::settle_owner(Kept& kept) {
  if (!kept.owner) kept.owner = callbacks_.find(kept.writer);
  if (!kept.owner) kept.owner = callbacks_.unknown(kept.writer);
}

void ErrorLines::tell_all(Kept& kept, Time now) {
  settle_owner(kept);
  (void)tell_lines(kept, now);
  if (!kept.text.empty()) tell(*kept.owner, kept.writer, kept.text, kept.lost > 0, now);
  kept.text.clear();
}

void ErrorLines::tell(const ErrorOwner& owner, const Writer& writer, std::string_view line,
                      bool is_cut, Time now) {
  while (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  if (line.empty()) return;
  if (rates_.size() >= kMostRates && !rates_.contains(owner.service)) {
    for (auto& [service, rate] : rates_) tell_withheld(rate);
    rates_.clear();
  }
  auto& rate = rates_[owner.service];
  if (now - rate.start >= kRateTime) {
    tell_withheld(rate);
    rate.start = now;
    rate.lines = 0;
  }
  rate.owner = owner;
  if (rate.lines == kLinesPerSecond) {
    ++rate.withheld;
    has_withheld_ = true;
    return;
  }
  ++rate.lines;
  is_cut = is_cut || line.size() > kMostLineBytes;
  std::string text(line.substr(0, kMostLineBytes));
  if (is_cut) text += "...";
  write(owner, owner.pid != 0 ? owner.pid : writer.pid, owner.from, text);
}

void ErrorLines::tell_withheld(Rate& rate) {
  if (rate.withheld == 0) return;
  write(rate.owner, 0, {},
        std::to_string(rate.withheld) +
            (rate.withheld == 1 ? " line was dropped" : " lines were dropped"));
  rate.withheld = 0;
}

void ErrorLines::write(const ErrorOwner& owner, pid_t pid, std::string_view from,
                       std::string_view text) {
  Event event(LogLevel::Notice, "stderr");
  event.add(owner.key, owner.id);
  if (pid != 0) {
    event.add("pid", pid);
  } else {
    event.add("pid", "-");
  }
  callbacks_.write(std::move(event.add("from", from.empty() ? "-" : from).say(text)));
}

void ErrorLines::ended(pid_t server, Time now) {
  drop_if(kept_, [&](auto& each) {
    if (each.second.writer.pid != server) return false;
    tell_all(each.second, now);
    return true;
  });
}

void ErrorLines::closed(std::uint32_t launcher, Time now) {
  drop_if(kept_, [&](auto& each) {
    if (each.first.first != launcher) return false;
    tell_all(each.second, now);
    return true;
  });
}

void ErrorLines::look(Time now) {
  drop_if(kept_, [&](auto& each) {
    auto& kept = each.second;
    const auto waited = now - kept.since;
    if (!kept.owner) {
      kept.owner = callbacks_.find(kept.writer);
      if (!kept.owner && waited >= kOwnerPatience) settle_owner(kept);
      if (kept.owner && tell_lines(kept, now)) return true;
    }
    if (waited < kLinePatience) return false;
    tell_all(kept, now);
    return true;
  });
  has_withheld_ = false;
  for (auto& [service, rate] : rates_) {
    if (now - rate.start >= kRateTime) tell_withheld(rate);
    has_withheld_ = has_withheld_ || rate.withheld != 0;
  }
}

bool ErrorLines::is_owner_awaited() const {
  return std::any_of(kept_.begin(), kept_.end(),
                     [](const auto& each) { return !each.second.owner; });
}

}  // namespace uvinetd
