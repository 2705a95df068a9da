// SPDX-License-Identifier: ISC
#include "spawn/zygote/mapped_files.h"

#include <cstring>

#include "spawn/zygote/process_lists.h"

namespace uvinetd::zygote {
namespace {

static_assert(kMostParkedBytes <= 0x10000, "offsets have 16 bits");

constexpr char kDeleted[] = " (deleted)";

// Memory that is shared by means of a file without a place in any directory from its beginning.
bool is_nameless(const char* path) {
  constexpr const char* kPrefixes[] = {"/memfd:", "/SYSV", "/dev/zero (", "/anon_hugepage",
                                       "/dev/shm/"};
  for (const char* const prefix : kPrefixes) {
    if (std::strncmp(path, prefix, std::strlen(prefix)) == 0) return true;
  }
  return false;
}

bool ends_with(const char* text, std::size_t size, const char* end, std::size_t end_size) {
  return size > end_size && std::memcmp(text + size - end_size, end, end_size) == 0;
}

std::size_t hash_of(const char* text, std::size_t size) {
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (std::size_t i = 0; i < size; ++i) {
    hash = (hash ^ static_cast<unsigned char>(text[i])) * 0x100000001b3;
  }
  return static_cast<std::size_t>(hash >> 32);
}

// `path` has `size` characters and a zero.
const char* add_path(MappedFiles& files, std::uint32_t& count, const char* path, std::size_t size) {
  constexpr std::size_t kPlaces = 2 * MappedFiles::kMostFiles;
  auto place = hash_of(path, size) % kPlaces;
  for (; files.seen[place] != 0; place = (place + 1) % kPlaces) {
    if (std::strcmp(files.message + files.seen[place], path) == 0) return nullptr;
  }
  if (count == MappedFiles::kMostFiles || files.size + size + 1 > kMostParkedBytes) {
    return "it has too many files mapped";
  }
  files.seen[place] = static_cast<std::uint16_t>(files.size);
  std::memcpy(files.message + files.size, path, size + 1);
  files.size += size + 1;
  ++count;
  return nullptr;
}

// One line, its end replaced by a zero: START-END FLAGS OFFSET DEVICE INODE  PATH
const char* add_line(MappedFiles& files, std::uint32_t& count, const char* line) {
  for (int field = 0; field < 5; ++field) {
    line += std::strcspn(line, " ");
    line += std::strspn(line, " ");
  }
  if (*line != '/' || is_nameless(line)) return nullptr;
  const auto size = std::strlen(line);
  if (ends_with(line, size, kDeleted, sizeof kDeleted - 1)) {
    return "a file that it has mapped was replaced";
  }
  return add_path(files, count, line, size);
}

struct Listing {
  MappedFiles* files;
  std::uint32_t count;
};

const char* look_at_mapping(void* context, const char* line) {
  auto& listing = *static_cast<Listing*>(context);
  return add_line(*listing.files, listing.count, line);
}

}  // namespace

const char* list_mapped_files(MappedFiles& files, Park mode) {
  Parked parked;
  parked.park = mode;
  files.size = sizeof parked;
  Listing listing{&files, 0};
  const char* const reason =
      for_each_mapping(files.lines, sizeof files.lines, look_at_mapping, &listing);
  parked.files = listing.count;
  std::memcpy(files.message, &parked, sizeof parked);
  return reason;
}

}  // namespace uvinetd::zygote
