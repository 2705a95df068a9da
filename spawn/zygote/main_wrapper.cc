// SPDX-License-Identifier: ISC
// Stands between the C library's start and the program's main(): __libc_start_main() is what every
// dynamically linked program calls first, with its main() as an argument. When our own main() runs,
// all constructors have.
#include <dlfcn.h>
#include <sys/auxv.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "spawn/zygote/raw_call.h"
#include "spawn/zygote/zygote.h"

namespace {

namespace zygote = uvinetd::zygote;

using Main = int (*)(int, char**, char**);
using Start = int (*)(Main, int, char**, void (*)(), void (*)(), void (*)(), void*);

Main program_main = nullptr;

// What the kernel draws for every program that is exec'd, and no two children of a zygote are to
// have in common either.
struct Secrets {
  std::uint64_t canary = 0;
  unsigned char auxiliary[16] = {};  // AT_RANDOM: the C library has used it, others may yet
};

// `random`: 16 bytes, at AT_RANDOM. Stack frames that stand already have the old canary: none of
// them may be returned from.
[[gnu::always_inline]] inline void renew_secrets(unsigned char* random) {
  constexpr long kNonBlocking = 1;  // GRND_NONBLOCK
  Secrets secrets;
  const long size =
      zygote::raw_call(SYS_getrandom, zygote::number_of(&secrets), sizeof secrets, kNonBlocking);
  if (size != sizeof secrets) return;
  if (random != nullptr) std::memcpy(random, secrets.auxiliary, sizeof secrets.auxiliary);
#if defined(__x86_64__)
  secrets.canary &= ~std::uint64_t{0xff};  // a zero ends a string that would run into it
  asm volatile("movq %0, %%fs:0x28" : : "r"(secrets.canary) : "memory");
#endif
}

int parked_main(int argc, char** argv, char** environment) {
  if (zygote::zygote.wanted == zygote::Park::Io && zygote::start_io_park()) {
    return program_main(argc, argv, environment);
  }
  auto* const random = reinterpret_cast<unsigned char*>(getauxval(AT_RANDOM));
  zygote::park(zygote::Park::Main);
  renew_secrets(random);
  std::exit(program_main(argc, argv, environ));
}

}  // namespace

extern "C" [[gnu::visibility("default")]] int __libc_start_main(Main main, int argc, char** argv,
                                                                void (*init)(), void (*fini)(),
                                                                void (*linker_fini)(),
                                                                void* stack_end) {
  const auto start = reinterpret_cast<Start>(dlsym(RTLD_NEXT, "__libc_start_main"));
  if (start == nullptr) std::abort();
  if (zygote::find_launcher(argc, argv)) {
    program_main = main;
    main = parked_main;
  }
  return start(main, argc, argv, init, fini, linker_fini, stack_end);
}
