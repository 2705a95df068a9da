// SPDX-License-Identifier: ISC
#include "spawn/zygote/observer.h"

#include <dlfcn.h>
#include <link.h>

#include <cstddef>
#include <cstring>

#include "spawn/zygote/process_lists.h"
#include "spawn/zygote/raw_call.h"

namespace uvinetd::zygote {
namespace {

constexpr std::size_t kMostName = 64;
// How far above the call its caller's return address is looked for. Wrappers of libc have small
// frames; further up, words that were left over could be taken for one.
constexpr std::size_t kMostWords = 48;

enum class Trust : std::uint8_t {
  None,
  Always,
  OfSshd,       // what an SSH server does not say to its client
  AtStart,      // its own start: the seed of its hash tables, which its children share
  WhenRenewed,  // a hook renews in every child what it keeps
};

struct Rule {
  const char* prefix;  // of the file's name
  Trust entropy;
  Trust process_id;
  Trust thread_id;
};
constexpr Rule kRules[] = {
    // Knows a fork by its pid, which it asks for each time, and seeds itself anew.
    {"libcrypto.so.3", Trust::Always, Trust::Always, Trust::Always},
    {"ld-linux-x86-64.so.2", Trust::Always, Trust::None, Trust::Always},
    {"libpython3", Trust::WhenRenewed, Trust::None, Trust::WhenRenewed},
    {"python3", Trust::WhenRenewed, Trust::None, Trust::WhenRenewed},
    // Asks for its pid for what it may have to log.
    {"sshd", Trust::OfSshd, Trust::Always, Trust::None},
    {"libperl.so", Trust::AtStart, Trust::None, Trust::None},
    {"perl", Trust::AtStart, Trust::None, Trust::None},
};

struct Finding {
  bool is_bad = false;
  char reason[119] = {};
};
Finding bad;
bool is_renewal_needed = false;

// ---- modules ---------------------------------------------------------------------------------

struct Module {
  std::uintptr_t start = 0;
  std::uintptr_t end = 0;
  char name[kMostName] = {};  // without folders; "" : none
};

// The executable mappings that matter, as /proc/self/maps tells them: once for each observation,
// since programs load libraries until they park.
constexpr std::size_t kMostModules = 256;
Module modules[kMostModules];
std::size_t module_count = 0;

std::uintptr_t read_hexadecimal(const char*& text) {
  std::uintptr_t out = 0;
  for (;; ++text) {
    const char c = *text;
    if (c >= '0' && c <= '9') {
      out = out * 16 + static_cast<std::uintptr_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      out = out * 16 + static_cast<std::uintptr_t>(c - 'a' + 10);
    } else {
      return out;
    }
  }
}

// START-END FLAGS OFFSET DEVICE INODE  PATH
const char* note_module(void*, const char* line) {
  if (module_count == kMostModules) return "enough";
  Module& module = modules[module_count];
  module.start = read_hexadecimal(line);
  if (*line++ != '-') return nullptr;
  module.end = read_hexadecimal(line);
  if (line[0] != ' ' || line[3] != 'x') return nullptr;
  const char* const slash = std::strrchr(line, '/');
  const char* const name = slash != nullptr ? slash + 1 : "";
  const auto size = strnlen(name, kMostName - 1);
  std::memcpy(module.name, name, size);
  module.name[size] = '\0';
  ++module_count;
  return nullptr;
}

// What cannot be read stays unknown, and nobody unknown is trusted.
void read_modules() {
  static char buffer[4096 + 256];
  module_count = 0;
  for_each_mapping(buffer, sizeof buffer, note_module, nullptr);
}

const Module* module_at(std::uintptr_t address) {
  for (std::size_t i = 0; i < module_count; ++i) {
    if (address >= modules[i].start && address < modules[i].end) return &modules[i];
  }
  return nullptr;
}

bool begins_with(const char* text, const char* start) {
  return std::strncmp(text, start, std::strlen(start)) == 0;
}

bool is_libc(const Module& module) {
  return begins_with(module.name, "libc.so.6") || begins_with(module.name, "libc-2.");
}

// ---- the caller ------------------------------------------------------------------------------

// Whether the instruction before it is a call: a return address and not any other number.
bool follows_call(const Module& module, std::uintptr_t address) {
  if (address < module.start + 7) return false;
  const auto* const at = reinterpret_cast<const unsigned char*>(address);
  if (at[-5] == 0xe8) return true;         // call relative
  for (int size = 2; size <= 7; ++size) {  // call by register or memory
    if (at[-size] == 0xff && (at[1 - size] & 0x38) == 0x10) return true;
  }
  return false;
}

// A stack ends at the end of a page: the first word of each is asked for.
bool is_readable(const std::uintptr_t* word) {
  constexpr long kPage = 4096;
  if (number_of(word) % kPage != 0) return true;
  unsigned char resident = 0;
  return raw_call(SYS_mincore, number_of(word), 1, number_of(&resident)) == 0;
}

// A null module: nobody was found.
const Module* caller_of(const CallSite& site) {
  const Module* const direct = module_at(site.instruction);
  if (direct == nullptr || !is_libc(*direct)) return direct;
  const auto* const words = reinterpret_cast<const std::uintptr_t*>(site.stack);
  for (std::size_t i = 0; i < kMostWords; ++i) {
    if (!is_readable(words + i)) return nullptr;
    const Module* const module = module_at(words[i]);
    if (module != nullptr && !is_libc(*module) && follows_call(*module, words[i])) return module;
  }
  return nullptr;
}

const Rule* rule_of(const Module& module) {
  for (const auto& rule : kRules) {
    if (begins_with(module.name, rule.prefix)) return &rule;
  }
  return nullptr;
}

// OpenSSH draws a seed to see that it can, and forgets it; and what it hides its keys with in its
// own memory, where its children have the same keys anyway. All else would be seen by a client.
bool is_of_sshd(const CallSite& site) {
  constexpr long kSeedBytes = 48;
  constexpr long kPrekeyBytes = 16 * 1024;
  return site.call == SYS_getrandom && (site.second == kSeedBytes || site.second == kPrekeyBytes);
}

// Whether it is called from the function that makes an interpreter, which draws the seed of its
// hash tables and of what it calls its internal state. Perl's rand() draws a seed of its own,
// later.
bool is_start_of_perl(const CallSite& site) {
  constexpr int kMostDraws = 2;
  constexpr std::size_t kMostWordsOfPerl = 128;
  static int draws = 0;
  if (draws++ == kMostDraws) return false;
  void* const start = dlsym(RTLD_DEFAULT, "perl_construct");
  Dl_info about;
  const ElfW(Sym)* symbol = nullptr;
  void** const place = reinterpret_cast<void**>(const_cast<ElfW(Sym)**>(&symbol));
  if (start == nullptr || dladdr1(start, &about, place, RTLD_DL_SYMENT) == 0 || symbol == nullptr) {
    return false;
  }
  const auto* const words = reinterpret_cast<const std::uintptr_t*>(site.stack);
  for (std::size_t i = 0; i < kMostWordsOfPerl && is_readable(words + i); ++i) {
    if (words[i] - reinterpret_cast<std::uintptr_t>(start) < symbol->st_size) return true;
  }
  return false;
}

bool is_trusted(Trust trust, const CallSite& site) {
  switch (trust) {
    case Trust::None:
      return false;
    case Trust::Always:
      return true;
    case Trust::OfSshd:
      return is_of_sshd(site);
    case Trust::AtStart:
      return is_start_of_perl(site);
    case Trust::WhenRenewed:
      is_renewal_needed = true;
      return true;
  }
  return false;
}

void append(char* text, std::size_t size, const char* more) {
  const auto used = std::strlen(text);
  const auto added = strnlen(more, size - 1 - used);
  std::memcpy(text + used, more, added);
  text[used + added] = '\0';
}

void note_bad(const char* what, const Module* module) {
  bad.is_bad = true;
  append(bad.reason, sizeof bad.reason, what);
  append(bad.reason, sizeof bad.reason, " before its first touch of the connection");
  if (module == nullptr || module->name[0] == '\0') return;
  append(bad.reason, sizeof bad.reason, " (");
  append(bad.reason, sizeof bad.reason - 1, module->name);
  append(bad.reason, sizeof bad.reason, ")");
}

bool is_in_libc(std::uintptr_t address) {
  const Module* const module = module_at(address);
  return module != nullptr && is_libc(*module);
}

// malloc(3) draws the number by which it knows a block that was freed twice: in libc, either by
// getrandom(3), which has no frame of its own, or by a copy of it.
bool is_malloc(const CallSite& site) {
  constexpr long kSize = 8;
  constexpr long kNonBlocking = 1;
  constexpr std::uintptr_t kWrapperBytes = 192;
  if (site.call != SYS_getrandom || site.second != kSize || site.third != kNonBlocking) {
    return false;
  }
  if (!is_in_libc(site.instruction)) return false;
  const auto wrapper = reinterpret_cast<std::uintptr_t>(dlsym(RTLD_DEFAULT, "getrandom"));
  const bool is_wrapper = site.instruction >= wrapper && site.instruction < wrapper + kWrapperBytes;
  return !is_wrapper || is_in_libc(*reinterpret_cast<const std::uintptr_t*>(site.stack));
}

}  // namespace

void observe_entropy(const CallSite& site) {
  if (bad.is_bad) return;
  read_modules();
  if (is_malloc(site)) return;
  const Module* const module = caller_of(site);
  const Rule* const rule = module != nullptr ? rule_of(*module) : nullptr;
  if (rule == nullptr || !is_trusted(rule->entropy, site))
    note_bad("it drew random numbers", module);
}

void observe_process_id(const CallSite& site) {
  if (bad.is_bad) return;
  read_modules();
  const Module* const module = caller_of(site);
  const Rule* const rule = module != nullptr ? rule_of(*module) : nullptr;
  const auto trust = [&] {
    if (rule == nullptr) return Trust::None;
    return site.call == SYS_gettid ? rule->thread_id : rule->process_id;
  };
  if (!is_trusted(trust(), site)) note_bad("it asked for its pid", module);
}

const char* observed_hindrance(bool can_renew) {
  if (bad.is_bad) return bad.reason;
  if (is_renewal_needed && !can_renew) return "its random numbers cannot be renewed where it reads";
  return nullptr;
}

}  // namespace uvinetd::zygote
