// SPDX-License-Identifier: ISC
// What a launcher and a zygote say to each other. A zygote is the server's own program, stopped by
// the library uvi-zygote.so before its main() or at its first touch of the connection; so this is
// plain data and constants only: the library has no C++ runtime.
//
// Two kinds of SOCK_SEQPACKET pairs, one packet per message, native byte order (one build, one
// machine):
//
//     launcher --Fork + fd--> zygote       the child's end of a pair made for that child
//     launcher <--Parked, Refused-- zygote the first thing that it says, once
//     launcher --Serve + fd--> child       the connection; it may lie there before the child is
//     born launcher <--Born-- child             its first act: the kernel vouches for its pid
//                                          (SO_PASSCRED is set at the launcher's ends)
//     launcher <--Unborn-- zygote          on the child's pair: clone(2) failed
//
// A child takes Serve only after it has said Born; if it cannot say it, or Serve never comes and
// the pair is closed, it ends. The launcher keeps the child's end too until it hears Born: so it
// can take Serve back, connection and all, and whoever takes it off the pair has it alone. Closing
// the launcher's end ends the zygote or the waiting child. Anything else is a breach: the launcher
// kills the zygote.
#pragma once

#include <cstddef>
#include <cstdint>

namespace uvinetd::zygote {

inline constexpr int kChannelFd = 3;  // where the program finds its channel when it is exec'd
inline constexpr char kLibrary[] = "uvi-zygote.so";

// How the library learns that it is wanted, as the last variables of the environment (after the
// connection's, see kSlotBytes): UVINETD_ZYGOTE="PARK HOPS BUILD"; then LD_BIND_NOW=1 with "main",
// unless the user has one, so that no child looks up and writes down what every child calls (with
// "io" most of it has been called, and interpreters load more later); then LD_PRELOAD,
// unless the user has one: then the library stands before it, in its place, with a colon between.
// PARK is "main" or "io"; HOPS is a digit: how often main() is to be let run because it will exec
// the program that is meant (/usr/bin/env); BUILD is the launcher's build_id(), and a library of
// another build says Refused: its file may have been replaced under the launcher, and all below but
// Head and Refused may be different there. All are gone, and the user's LD_PRELOAD is as it was,
// before main().
inline constexpr char kVariable[] = "UVINETD_ZYGOTE";
inline constexpr char kBindNow[] = "LD_BIND_NOW=1";

// The connection's variables are the last of the environment that the server is to see. When the
// zygote is exec'd each is there by its name, filled up to kSlotBytes (with the name, '=' and the
// final zero), so that the child overwrites it in place; those that Serve does not bring are taken
// out of environ. A variable that would not fit is left out by the launcher.
inline constexpr std::size_t kSlotBytes = 160;
inline constexpr char kSlotFill = '.';  // nothing else stands after the '='

enum class Kind : std::uint16_t { Fork = 1, Serve, Parked, Refused, Born, Unborn };

enum class Park : std::uint8_t { Main, Io };
// What a program that cannot park as asked may be tried with.
enum class Fallback : std::uint8_t { ParkMain, Exec };

// Head and Refused are what two builds can say to each other: they stay as they are.
inline constexpr std::uint32_t kMagic = 0x7a697675;

struct Head {
  std::uint32_t magic = kMagic;
  Kind kind{};
  std::uint16_t zero = 0;
};

// Fork: Head alone, one descriptor.
// Born, Unborn: Head alone.

// Serve: followed by `variables` strings NAME=VALUE, each with its final zero; one descriptor.
struct Serve {
  Head head{kMagic, Kind::Serve, 0};
  std::uint32_t variables = 0;
};
inline constexpr std::size_t kMostServeBytes = sizeof(Serve) + 12 * kSlotBytes;

// Parked: followed by the paths of the files that are mapped, each with its final zero; the
// launcher looks whether they have been replaced.
struct Parked {
  Head head{kMagic, Kind::Parked, 0};
  Park park = Park::Main;
  std::uint8_t zeros[3] = {};
  std::uint32_t files = 0;
};
inline constexpr std::size_t kMostParkedBytes = 60 * 1024;  // more files than this: Refused

// Refused: the zygote ends after it.
struct Refused {
  Head head{kMagic, Kind::Refused, 0};
  Fallback fallback = Fallback::Exec;
  char reason[119] = {};  // a few plain words, with a final zero: "it has 3 threads"
};

}  // namespace uvinetd::zygote
