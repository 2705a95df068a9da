// SPDX-License-Identifier: ISC
// Byte encoding of everything that crosses a process boundary: messages and the service table.
// Host byte order (both ends are one build on one host). Reading never goes past the end: after
// the first short or malformed field the reader is spoilt, every later read gives zero values,
// and is_good() is false; callers check it once at the end.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace uvinetd {

class Writer {
 public:
  template <typename T>
  requires(std::is_arithmetic_v<T> || std::is_enum_v<T>) void put(T value) {
    out_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void put(std::string_view text) {
    put(static_cast<std::uint32_t>(text.size()));
    out_.append(text);
  }
  void put_strings(const std::vector<std::string>& list) {
    put(static_cast<std::uint32_t>(list.size()));
    for (const auto& text : list) put(std::string_view(text));
  }
  // Overwrites an earlier fixed-size value, for counts and offsets known only later.
  template <typename T>
  void patch(std::size_t at, T value) {
    std::memcpy(out_.data() + at, &value, sizeof value);
  }
  void reserve(std::size_t bytes) { out_.reserve(bytes); }
  [[nodiscard]] std::size_t size() const { return out_.size(); }
  [[nodiscard]] const std::string& bytes() const { return out_; }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  template <typename T>
  requires(std::is_arithmetic_v<T> || std::is_enum_v<T>) [[nodiscard]] T get() {
    T value{};
    if (rest_.size() < sizeof value) {
      spoil();
      return value;
    }
    if constexpr (std::is_same_v<T, bool>) {
      value = rest_[0] != 0;
    } else {
      std::memcpy(&value, rest_.data(), sizeof value);
    }
    rest_.remove_prefix(sizeof value);
    return value;
  }
  [[nodiscard]] std::string_view get_text() { return get_bytes(get<std::uint32_t>()); }
  // So many bytes, without a count before them.
  [[nodiscard]] std::string_view get_bytes(std::size_t size) {
    if (rest_.size() < size) {
      spoil();
      return {};
    }
    const auto bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return bytes;
  }
  [[nodiscard]] std::vector<std::string> get_strings() {
    const auto count = get<std::uint32_t>();
    std::vector<std::string> list;
    for (std::uint32_t i = 0; i < count && good_; ++i) list.emplace_back(get_text());
    return list;
  }
  // An enumerator of at most `last`; anything else spoils the reader.
  template <typename E>
  [[nodiscard]] E get_enum(E last) {
    const auto value = get<E>();
    if (static_cast<std::uint64_t>(value) > static_cast<std::uint64_t>(last)) {
      spoil();
      return E{};
    }
    return value;
  }
  [[nodiscard]] bool is_good() const { return good_; }
  [[nodiscard]] bool is_at_end() const { return good_ && rest_.empty(); }
  void spoil() {
    good_ = false;
    rest_ = {};
  }

 private:
  std::string_view rest_;
  bool good_ = true;
};

}  // namespace uvinetd
