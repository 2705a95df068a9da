// SPDX-License-Identifier: ISC
// Walks every sequence of events, for properties that hold over a machine's whole life.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace uvinetd::test {

// Calls `visit` with every sequence of the `events` of exactly `length`; the shorter ones are their
// beginnings.
template <typename Event>
void every_sequence(const std::vector<Event>& events, std::size_t length,
                    const std::function<void(const std::vector<Event>&)>& visit) {
  std::vector<std::size_t> at(length, 0);
  std::vector<Event> sequence(length, events.front());
  for (;;) {
    visit(sequence);
    std::size_t place = 0;
    while (place < length && ++at[place] == events.size()) {
      at[place] = 0;
      sequence[place++] = events.front();
    }
    if (place == length) return;
    sequence[place] = events[at[place]];
  }
}

}  // namespace uvinetd::test
