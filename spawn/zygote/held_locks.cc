// SPDX-License-Identifier: ISC
#include "spawn/zygote/held_locks.h"

#include <pthread.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "spawn/zygote/process_lists.h"
#include "spawn/zygote/raw_call.h"

namespace uvinetd::zygote {
namespace {

using Address = std::uintptr_t;

constexpr Address kPage = 4096;
constexpr Address kMostPages = 1024;  // that are asked for at one time
constexpr char kReason[] = "it held a lock at its first touch of the connection";

using Mutex = decltype(pthread_mutex_t::__data);
using ReadWriteLock = decltype(pthread_rwlock_t::__data);

// Kinds of the C library: the lower two bits, robust (the lock is its owner's id), priority
// inheriting (the same), and what it notes for itself.
constexpr int kRecursive = 1;
constexpr int kErrorCheck = 2;
constexpr int kRobust = 16;
constexpr int kHasOwnerInLock = kRobust | 32;
constexpr int kAllBits = 0x3ff;
constexpr int kOwnerBits = 0x3fffffff;
constexpr unsigned kMany = 0x10000;  // more than threads or recursions there are

bool is_zero(const void* begin, const void* end) {
  const auto* const last = static_cast<const char*>(end);
  return std::all_of(static_cast<const char*>(begin), last, [](char byte) { return byte == 0; });
}

// Small numbers beside each other are common, and a thread id is one. A lock that is held also has
// parts that are nearly always zero.
bool has_quiet_parts(const Mutex& mutex) {
  const bool is_listed = !is_zero(&mutex.__list, &mutex.__list + 1);
  return is_zero(&mutex.__spins, &mutex.__list) && is_listed == ((mutex.__kind & kRobust) != 0);
}
bool has_quiet_parts(const ReadWriteLock& lock) {
  return lock.__writers < kMany && lock.__pad3 == 0 && lock.__pad4 == 0 &&
         is_zero(&lock.__pad1, &lock.__flags);
}

bool is_held(const Mutex& mutex, int thread) {
  const int kind = mutex.__kind & 3;
  const bool knows_owner =
      kind == kRecursive || kind == kErrorCheck || (mutex.__kind & kHasOwnerInLock) != 0;
  if (!knows_owner || (mutex.__kind & ~kAllBits) != 0) return false;
  const bool is_locked = (mutex.__kind & kHasOwnerInLock) != 0
                             ? (mutex.__lock & kOwnerBits) == thread
                             : mutex.__lock == 1 || mutex.__lock == 2;
  const bool is_counted = kind == kRecursive ? mutex.__count - 1 < kMany : mutex.__count <= 1;
  return mutex.__owner == thread && is_locked && is_counted && mutex.__nusers - 1 < kMany &&
         has_quiet_parts(mutex);
}

bool is_held(const ReadWriteLock& lock, int thread) {
  constexpr unsigned kByAWriter = 3;  // two bits of the state, and the most that a futex of it has
  return lock.__cur_writer == thread && (lock.__readers & kByAWriter) == kByAWriter &&
         lock.__wrphase_futex <= kByAWriter && lock.__writers_futex <= kByAWriter &&
         (lock.__shared & ~1) == 0 && has_quiet_parts(lock);
}

// Whether the number at `at` is the owner's in such a lock.
template <typename Lock>
bool is_owner_in(Address at, std::size_t offset, Address begin, Address end, int thread) {
  if (at - begin < offset || end - (at - offset) < sizeof(Lock)) return false;
  Lock lock;
  std::memcpy(&lock, reinterpret_cast<const void*>(at - offset), sizeof lock);
  return is_held(lock, thread);
}

bool has_held_lock(Address begin, Address end, int thread) {
  static_assert(offsetof(Mutex, __owner) % 8 == 0 &&
                offsetof(ReadWriteLock, __cur_writer) % 8 == 0);
  for (auto at = begin; at < end; at += 8) {
    int number = 0;
    std::memcpy(&number, reinterpret_cast<const void*>(at), sizeof number);
    if (number != thread) continue;
    if (is_owner_in<Mutex>(at, offsetof(Mutex, __owner), begin, end, thread) ||
        is_owner_in<ReadWriteLock>(at, offsetof(ReadWriteLock, __cur_writer), begin, end, thread)) {
      return true;
    }
  }
  return false;
}

// Only pages that are in memory: to read another one would make it, in the zygote and its children.
bool has_held_lock_in_use(Address begin, Address pages, int thread) {
  static unsigned char is_there[kMostPages];
  if (raw_call(SYS_mincore, static_cast<long>(begin), static_cast<long>(pages * kPage),
               number_of(is_there)) != 0) {
    return false;  // unmapped meanwhile
  }
  for (Address first = 0; first < pages;) {
    auto last = first;
    while (last < pages && (is_there[last] & 1) != 0) ++last;
    if (has_held_lock(begin + first * kPage, begin + last * kPage, thread)) return true;
    first = last + 1;
  }
  return false;
}

// START and END of a line; what follows them.
const char* read_number(const char* text, Address& number) {
  for (number = 0;; ++text) {
    const char c = *text;
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) return text;
    number = number * 16 + static_cast<Address>(digit);
  }
}

// START-END FLAGS ...
const char* look_at_mapping(void* context, const char* line) {
  const int thread = *static_cast<const int*>(context);
  Address begin = 0;
  Address end = 0;
  line = read_number(line, begin);
  if (*line != '-' || begin == 0) return nullptr;
  line = read_number(line + 1, end);
  if (std::strncmp(line, " rw", 3) != 0) return nullptr;
  // A lock may lie across two pages, so the last one is looked at again with those after it.
  for (auto left = (end - begin) / kPage; left != 0; begin += (kMostPages - 1) * kPage) {
    const auto pages = left < kMostPages ? left : kMostPages;
    if (has_held_lock_in_use(begin, pages, thread)) return kReason;
    if (pages == left) break;
    left -= kMostPages - 1;
  }
  return nullptr;
}

}  // namespace

const char* lock_hindrance() {
  static char lines[4096 + 256];
  int thread = static_cast<int>(raw_call(SYS_gettid));
  return for_each_mapping(lines, sizeof lines, look_at_mapping, &thread);
}

}  // namespace uvinetd::zygote
