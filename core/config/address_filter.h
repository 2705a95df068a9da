// SPDX-License-Identifier: ISC
// Address rules as a classic BPF program: for sockets whose clients nobody sees but the kernel and
// the server, those of wait services and of datagrams. Pure.
//
// The program looks at the source address in the network header, which is one of IPv4 also on an
// IPv6 socket that serves both. Of the rules the most specific decides, deny between equal ones, as
// in the reactor (core/reactor/admission).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/config/access_rule.h"

namespace uvinetd {

// One instruction, laid out as the kernel's sock_filter.
struct FilterStep {
  std::uint16_t code = 0;
  std::uint8_t on_true = 0;
  std::uint8_t on_false = 0;
  std::uint32_t operand = 0;

  friend bool operator==(const FilterStep&, const FilterStep&) = default;
};
using AddressFilter = std::vector<FilterStep>;

inline constexpr std::size_t kMostFilterSteps = 4096;  // of a program: BPF_MAXINSNS

struct AddressRules {
  std::optional<std::vector<AddressPrefix>> allow;  // nullopt: everybody; empty: nobody
  std::vector<AddressPrefix> deny;
};

// A binary decision tree: a packet costs O(log n) steps. It may have more than kMostFilterSteps.
[[nodiscard]] AddressFilter make_address_filter(const AddressRules& rules);

// The program that lets nothing in.
[[nodiscard]] AddressFilter closed_filter();

}  // namespace uvinetd
