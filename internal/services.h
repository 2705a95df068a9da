// SPDX-License-Identifier: ISC
// The entry points of each built-in service, for the table in builtin.cc and the tests.
#pragma once

#include "internal/builtin.h"

namespace uvinetd {

std::unique_ptr<StreamSession> open_echo();     // RFC 862
std::unique_ptr<StreamSession> open_discard();  // RFC 863
std::unique_ptr<StreamSession> open_chargen();  // RFC 864
std::unique_ptr<StreamSession> open_daytime();  // RFC 867
std::unique_ptr<StreamSession> open_time();     // RFC 868
std::unique_ptr<StreamSession> open_tcpmux();   // RFC 1078

std::size_t answer_echo(std::span<const std::byte> request, std::span<std::byte> reply,
                        std::time_t now);
std::size_t answer_discard(std::span<const std::byte> request, std::span<std::byte> reply,
                           std::time_t now);
std::size_t answer_chargen(std::span<const std::byte> request, std::span<std::byte> reply,
                           std::time_t now);
std::size_t answer_daytime(std::span<const std::byte> request, std::span<std::byte> reply,
                           std::time_t now);
std::size_t answer_time(std::span<const std::byte> request, std::span<std::byte> reply,
                        std::time_t now);

}  // namespace uvinetd
