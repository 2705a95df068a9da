// SPDX-License-Identifier: ISC
// Who has which socket: finds services that want the same one, in one file or across files.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/config/diagnostic.h"
#include "core/config/service_spec.h"

namespace uvinetd {

// Gives every socket, and every name in the TCP port multiplexer, to the first service that names
// it, and makes ids unique. Answers, for each
// service, whether it may stay; one that may not has an error [duplicate].
//
// The optional half of a plain `tcp` (see ListenSpec) yields to a line that names that socket
// itself, whichever comes first: it is taken out of its service, with a warning.
[[nodiscard]] std::vector<bool> claim_sockets(std::span<ServiceSpec* const> services,
                                              Diagnostics& diagnostics);

// The same for a list of anything that has a specification, which `spec_of` gives: those that may
// not stay are taken out.
template <typename T, typename SpecOf>
void drop_what_is_claimed(std::vector<T>& list, Diagnostics& diagnostics, SpecOf spec_of) {
  std::vector<ServiceSpec*> specs;
  specs.reserve(list.size());
  for (auto& element : list) specs.push_back(&spec_of(element));
  const auto keeps = claim_sockets(specs, diagnostics);
  std::size_t index = 0;
  std::erase_if(list, [&](const T&) { return !keeps[index++]; });
}

}  // namespace uvinetd
