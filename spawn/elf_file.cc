// SPDX-License-Identifier: ISC
// Source: elf(5). Its structures are written down here: <elf.h> is not everywhere.
#include "spawn/elf_file.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace uvinetd {
namespace {

constexpr std::string_view kMagic{"\177ELF", 4};
constexpr unsigned char kClass64 = 2;
constexpr unsigned char kLittleEndian = 1;
constexpr unsigned char kBigEndian = 2;
constexpr std::uint16_t kExecutable = 2;
constexpr std::uint16_t kShared = 3;  // a position-independent program too

#if defined(__x86_64__)
constexpr std::uint16_t kMachine = 62;
#elif defined(__aarch64__)
constexpr std::uint16_t kMachine = 183;
#else
constexpr std::uint16_t kMachine = 0;  // of no program
#endif

struct Header {
  std::array<unsigned char, 16> ident;
  std::uint16_t type;
  std::uint16_t machine;
  std::uint32_t version;
  std::uint64_t entry;
  std::uint64_t segments_at;
  std::uint64_t sections_at;
  std::uint32_t flags;
  std::uint16_t header_size;
  std::uint16_t segment_size;
  std::uint16_t segments;
  std::uint16_t section_size;
  std::uint16_t sections;
  std::uint16_t names;
};
static_assert(sizeof(Header) == 64);

struct Segment {
  std::uint32_t type;
  std::uint32_t flags;
  std::uint64_t offset;
  std::uint64_t address;
  std::uint64_t physical;
  std::uint64_t file_size;
  std::uint64_t memory_size;
  std::uint64_t align;
};
static_assert(sizeof(Segment) == 56);
constexpr std::uint32_t kLoaded = 1;
constexpr std::uint32_t kDynamic = 2;
constexpr std::uint32_t kInterpreter = 3;

struct DynamicEntry {
  std::uint64_t tag;
  std::uint64_t value;
};
constexpr std::uint64_t kEndTag = 0;
constexpr std::uint64_t kNamesTag = 5;
constexpr std::uint64_t kNamesSizeTag = 10;

// Far more than programs have.
constexpr std::size_t kMostSegments = 256;
constexpr std::size_t kMostDynamicEntries = 4096;
constexpr std::size_t kMostInterpreter = 4096;
constexpr std::uint64_t kMostNames = 64 * 1024 * 1024;

constexpr std::string_view kDamaged = "has a damaged ELF header";
constexpr std::string_view kStatic = "is linked statically";

template <typename T>
std::optional<T> read_one(const FileBytes& file, std::uint64_t offset) {
  static_assert(std::is_trivially_copyable_v<T>);
  T out;
  std::array<char, sizeof(T)> bytes;
  if (file.read(offset, bytes) != bytes.size()) return std::nullopt;
  std::memcpy(&out, bytes.data(), sizeof out);
  return out;
}

// The entries that there are, `most` at most.
template <typename T>
std::vector<T> read_list(const FileBytes& file, std::uint64_t offset, std::size_t most) {
  std::vector<char> bytes(most * sizeof(T));
  std::vector<T> out(file.read(offset, bytes) / sizeof(T));
  if (!out.empty()) std::memcpy(out.data(), bytes.data(), out.size() * sizeof(T));
  return out;
}

const Segment* find_segment(const std::vector<Segment>& list, std::uint32_t type) {
  const auto found = std::find_if(list.begin(), list.end(),
                                  [=](const Segment& each) { return each.type == type; });
  return found == list.end() ? nullptr : &*found;
}

// Where in the file stands what is loaded at `address`.
std::optional<std::uint64_t> offset_of(const std::vector<Segment>& list, std::uint64_t address) {
  for (const auto& each : list) {
    if (each.type != kLoaded || address < each.address) continue;
    if (address - each.address < each.file_size) return each.offset + (address - each.address);
  }
  return std::nullopt;
}

// The name of its dynamic linker without the folder.
std::string linker_name(const FileBytes& file, const Segment& segment) {
  std::string path(std::min<std::uint64_t>(segment.file_size, kMostInterpreter), '\0');
  path.resize(file.read(segment.offset, path));
  path.resize(std::min(path.size(), path.find('\0')));
  return path.substr(path.rfind('/') + 1);
}

// Where the names of its dynamic symbols stand.
struct NameTable {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

std::optional<NameTable> find_names(const FileBytes& file, const std::vector<Segment>& segments) {
  const auto* dynamic = find_segment(segments, kDynamic);
  if (dynamic == nullptr) return std::nullopt;
  const auto count =
      std::min<std::uint64_t>(dynamic->file_size / sizeof(DynamicEntry), kMostDynamicEntries);
  std::optional<std::uint64_t> address;
  NameTable out;
  for (const auto& each :
       read_list<DynamicEntry>(file, dynamic->offset, static_cast<std::size_t>(count))) {
    if (each.tag == kEndTag) break;
    if (each.tag == kNamesTag) address = each.value;
    if (each.tag == kNamesSizeTag) out.size = each.value;
  }
  const auto offset = address ? offset_of(segments, *address) : std::nullopt;
  if (!offset) return std::nullopt;
  out.offset = *offset;
  out.size = std::min(out.size, kMostNames);
  return out;
}

// Whether a name ends as `name`: linkers let one name share the end of another.
bool has_name(const FileBytes& file, const NameTable& table, std::string_view name) {
  constexpr std::size_t kPiece = 64 * 1024;
  const std::string sought = std::string(name) + '\0';
  std::string piece;
  for (std::uint64_t done = 0; done < table.size;) {
    const auto kept = std::min(piece.size(), sought.size() - 1);
    piece.erase(0, piece.size() - kept);
    piece.resize(kept +
                 static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, table.size - done)));
    const auto read = file.read(table.offset + done, std::span(piece).subspan(kept));
    if (read == 0) return false;
    piece.resize(kept + read);
    if (piece.find(sought) != std::string::npos) return true;
    done += read;
  }
  return false;
}

std::string_view header_hindrance(const Header& header) {
  if (std::memcmp(header.ident.data(), kMagic.data(), kMagic.size()) != 0) return kDamaged;
  if (header.ident[4] != kClass64) return "is no 64-bit program";
  constexpr auto kOwnOrder =
      std::endian::native == std::endian::little ? kLittleEndian : kBigEndian;
  if (header.ident[5] != kOwnOrder || header.machine != kMachine) {
    return "is for another processor";
  }
  if (header.type != kExecutable && header.type != kShared) return "is an ELF file but no program";
  if (header.segment_size != sizeof(Segment) || header.segments > kMostSegments) return kDamaged;
  return {};
}

}  // namespace

bool is_elf(std::string_view head) {
  return head.starts_with(kMagic);
}

std::string_view elf_hindrance(const FileBytes& file) {
  const auto header = read_one<Header>(file, 0);
  if (!header) return kDamaged;
  if (const auto flaw = header_hindrance(*header); !flaw.empty()) return flaw;
  const auto segments = read_list<Segment>(file, header->segments_at, header->segments);
  if (segments.size() != header->segments) return kDamaged;
  const auto* interpreter = find_segment(segments, kInterpreter);
  if (interpreter == nullptr) return kStatic;
  // Those of glibc: ld-linux-x86-64.so.2, ld-linux-aarch64.so.1; of musl: ld-musl-x86_64.so.1.
  if (!linker_name(file, *interpreter).starts_with("ld-linux")) {
    return "uses another C library than glibc";
  }
  const auto names = find_names(file, segments);
  if (!names || !has_name(file, *names, "__libc_start_main")) {
    return "does not import __libc_start_main";
  }
  return {};
}

}  // namespace uvinetd
