// SPDX-License-Identifier: ISC
#include "core/base/escape.h"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace uvinetd {
namespace {

constexpr std::string_view kCut = "...";

struct Utf8Range {
  unsigned char first_lead, last_lead;
  unsigned char least_second, most_second;
  std::size_t size;
};

// Unicode 15, table 3-7: well-formed sequences of more than one octet. The second octet of the
// first row begins at 0xa0, not 0x80, to leave the C1 controls out.
constexpr std::array<Utf8Range, 9> kWellFormed{{{0xc2, 0xc2, 0xa0, 0xbf, 2},
                                                {0xc3, 0xdf, 0x80, 0xbf, 2},
                                                {0xe0, 0xe0, 0xa0, 0xbf, 3},
                                                {0xe1, 0xec, 0x80, 0xbf, 3},
                                                {0xed, 0xed, 0x80, 0x9f, 3},
                                                {0xee, 0xef, 0x80, 0xbf, 3},
                                                {0xf0, 0xf0, 0x90, 0xbf, 4},
                                                {0xf1, 0xf3, 0x80, 0xbf, 4},
                                                {0xf4, 0xf4, 0x80, 0x8f, 4}}};

unsigned char octet(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

bool is_well_formed(std::string_view text, const Utf8Range& range) {
  if (text.size() < range.size) return false;
  if (octet(text, 1) < range.least_second || octet(text, 1) > range.most_second) return false;
  for (std::size_t at = 2; at < range.size; ++at) {
    if ((octet(text, at) & 0xc0) != 0x80) return false;
  }
  return true;
}

// Octets of the harmless character that `text` begins with; 0 when it begins with something else.
std::size_t harmless_size(std::string_view text) {
  const auto lead = octet(text, 0);
  if (lead < 0x80) return lead >= 0x20 && lead != 0x7f ? 1 : 0;
  if (text.starts_with("\xe2\x80\xa8") || text.starts_with("\xe2\x80\xa9")) return 0;
  for (const auto& range : kWellFormed) {
    if (lead >= range.first_lead && lead <= range.last_lead) {
      return is_well_formed(text, range) ? range.size : 0;
    }
  }
  return 0;
}

void append_hex(std::string& out, unsigned char value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += "\\x";
  out += kDigits[value >> 4];
  out += kDigits[value & 0xf];
}

bool is_plain(unsigned char value) {
  return value >= 0x20 && value < 0x7f;
}

// Of eight octets those that are not printable ASCII, by their highest bits: whichever is below
// 0x20, is 0x7f or has that bit set. A borrow or a carry goes to the next octet only from one that
// is not printable itself, so the first of them is right.
std::uint64_t not_plain(const char* octets) {
  std::uint64_t word = 0;
  std::memcpy(&word, octets, sizeof(word));
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  return (word | (word - 0x20 * kOnes) | (word + kOnes)) & 0x80 * kOnes;
}

// Octets of printable ASCII that `text` begins with.
std::size_t plain_size(std::string_view text) {
  std::size_t at = 0;
  for (; text.size() - at >= 8; at += 8) {
    const auto others = not_plain(text.data() + at);
    if (others == 0) continue;
    if constexpr (std::endian::native != std::endian::little) break;
    return at + static_cast<std::size_t>(std::countr_zero(others)) / 8;
  }
  while (at < text.size() && is_plain(octet(text, at))) ++at;
  return at;
}

// Octets of harmless characters that `text` begins with.
std::size_t harmless_run(std::string_view text) {
  std::size_t at = 0;
  for (;;) {
    at += plain_size(text.substr(at));
    if (at == text.size()) return at;
    const auto size = harmless_size(text.substr(at));
    if (size == 0) return at;
    at += size;
  }
}

}  // namespace

void append_one_line(std::string_view text, std::string& out) {
  for (;;) {
    const auto size = harmless_run(text);
    out.append(text.data(), size);
    if (size == text.size()) return;
    append_hex(out, octet(text, size));
    text.remove_prefix(size + 1);
  }
}

std::string one_line(std::string_view text, std::size_t most) {
  std::string out;
  std::size_t cut_at = 0;  // the last place where kCut still fits
  while (!text.empty() && out.size() <= most) {
    if (out.size() + kCut.size() <= most) cut_at = out.size();
    const auto size = harmless_size(text);
    if (size > 0) {
      out += text.substr(0, size);
    } else {
      append_hex(out, octet(text, 0));
    }
    text.remove_prefix(size > 0 ? size : 1);
  }
  if (out.size() > most) {
    out.resize(cut_at);
    out += kCut;
  }
  return out;
}

}  // namespace uvinetd
