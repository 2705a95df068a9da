// SPDX-License-Identifier: ISC
#include "spawn/zygote/environment.h"

#include <unistd.h>

#include <cstring>

#include "spawn/zygote/text.h"

namespace uvinetd::zygote {
namespace {

constexpr char kPreload[] = "LD_PRELOAD=";
constexpr std::size_t kMostSlots = 24;  // twelve, and a copy of each; FilledSlots has room for 32

struct Slot {
  char* text = nullptr;
  std::size_t name_size = 0;  // with the '='
};
Slot slots[kMostSlots];
std::size_t slot_count = 0;
char** first_list = nullptr;  // the program may have replaced environ since

bool is_wish(const char* variable) {
  constexpr auto kSize = sizeof kVariable - 1;
  return begins_with(variable, kVariable, kSize) && variable[kSize] == '=';
}

// The length of the entry of an LD_PRELOAD value that is this library; 0: its first is another.
std::size_t size_of_own_entry(const char* value) {
  const auto size = std::strcspn(value, ": ");
  constexpr auto kName = sizeof kLibrary - 1;
  const bool is_ours = size > kName && value[size - kName - 1] == '/' &&
                       begins_with(value + size - kName, kLibrary, kName);
  return is_ours ? size : 0;
}

// Whether the variable is to stay, without the library if it is LD_PRELOAD. `is_ours`: the wish
// stands before it.
bool stays(char* variable, bool is_ours) {
  if (is_ours && std::strcmp(variable, kBindNow) == 0) return false;
  constexpr auto kSize = sizeof kPreload - 1;
  if (!begins_with(variable, kPreload, kSize)) return true;
  char* const value = variable + kSize;
  const auto own = size_of_own_entry(value);
  if (own == 0) return true;
  if (value[own] == '\0') return false;
  std::memmove(value, value + own + 1, std::strlen(value + own));
  return true;
}

// The length of its name with the '=' if it is a slot, else 0.
std::size_t slot_name_size(const char* variable) {
  const char* const equals = std::strchr(variable, '=');
  if (equals == nullptr || equals == variable) return 0;
  const char fill[] = {kSlotFill, '\0'};
  const auto name_size = static_cast<std::size_t>(equals - variable) + 1;
  const auto filled = std::strspn(equals + 1, fill);
  const bool is_slot = name_size + filled == kSlotBytes - 1 && variable[kSlotBytes - 1] == '\0';
  return is_slot ? name_size : 0;
}

void fill_slot_of(const char* variable, std::size_t size, FilledSlots& filled) {
  for (std::size_t i = 0; i < slot_count; ++i) {
    const auto& slot = slots[i];
    if (filled.has(i) || !begins_with(variable, slot.text, slot.name_size)) continue;
    copy(slot.text, variable, size);
    filled.add(i);
  }
}

bool is_empty_slot(const char* variable, FilledSlots filled) {
  for (std::size_t i = 0; i < slot_count; ++i) {
    if (!filled.has(i) && slots[i].text == variable) return true;
  }
  return false;
}

void drop_empty_slots(char** environment, FilledSlots filled) {
  char** kept = environment;
  for (char** at = environment; *at != nullptr; ++at) {
    if (is_empty_slot(*at, filled)) continue;
    if (kept != at) *kept = *at;  // a page that is not written to need not be copied
    ++kept;
  }
  if (*kept != nullptr) *kept = nullptr;
}

}  // namespace

Wish find_wish(char** environment) {
  for (char** at = environment; *at != nullptr; ++at) {
    if (!is_wish(*at)) continue;
    char* const value = *at + sizeof kVariable;
    Wish wish;
    if (begins_with(value, "io ", 3)) {
      wish = {Park::Io, value + 3, nullptr};
    } else if (begins_with(value, "main ", 5)) {
      wish = {Park::Main, value + 5, nullptr};
    } else {
      return {};
    }
    const bool is_digit = *wish.hops >= '0' && *wish.hops <= '9' && wish.hops[1] == ' ';
    if (!is_digit) return {};
    wish.build = wish.hops + 2;
    return wish;
  }
  return {};
}

void strip(char** environment) {
  char** kept = environment;
  bool is_past_wish = false;
  for (char** at = environment; *at != nullptr; ++at) {
    if (is_wish(*at)) {
      is_past_wish = true;
    } else if (stays(*at, is_past_wish)) {
      *kept++ = *at;
    }
  }
  *kept = nullptr;
}

void find_slots(char** environment) {
  slot_count = 0;
  first_list = environment;
  for (char** at = environment; *at != nullptr && slot_count < kMostSlots; ++at) {
    if (const auto name_size = slot_name_size(*at)) slots[slot_count++] = {*at, name_size};
  }
}

void find_slots_again() {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < slot_count; ++i) {
    if (slot_name_size(slots[i].text) == slots[i].name_size) slots[kept++] = slots[i];
  }
  slot_count = kept;
  if (environ == nullptr) return;
  for (char** at = environ; *at != nullptr && slot_count < kMostSlots; ++at) {
    const auto name_size = slot_name_size(*at);
    if (name_size != 0 && !is_empty_slot(*at, {})) slots[slot_count++] = {*at, name_size};
  }
}

bool are_variables(const char* bytes, std::size_t size, std::size_t count) {
  const char* const end = bytes + size;
  for (; count != 0; --count) {
    const auto left = static_cast<std::size_t>(end - bytes);
    const auto length = length_of(bytes, left < kSlotBytes ? left : kSlotBytes);
    if (length == left || length == kSlotBytes) return false;
    std::size_t equals = 0;
    while (equals < length && bytes[equals] != '=') ++equals;
    if (equals == length || equals == 0) return false;
    bytes += length + 1;
  }
  return bytes == end;
}

FilledSlots fill_slots(const char* variables, std::size_t count) {
  FilledSlots filled;
  for (; count != 0; --count) {
    const auto size = length_of(variables) + 1;
    fill_slot_of(variables, size, filled);
    variables += size;
  }
  drop_empty_slots(first_list, filled);
  if (environ != nullptr && environ != first_list) drop_empty_slots(environ, filled);
  return filled;
}

void for_each_slot(FilledSlots filled,
                   void (*look)(const char* variable, std::size_t name_size, bool is_set)) {
  for (std::size_t i = 0; i < slot_count; ++i) {
    look(slots[i].text, slots[i].name_size, filled.has(i));
  }
}

}  // namespace uvinetd::zygote
