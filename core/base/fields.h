// SPDX-License-Identifier: ISC
// Bodies of messages that name their fields once: encoding and decoding both follow that list, so
// that they cannot drift apart (codec.h has the bytes).
//
//     UVINETD_FIELDS(Pong, b.is_busy)                      in the source file, in the namespace
//     UVINETD_BODY_DECLARED(Pong)                          print() and parse(), in the header
//     UVINETD_BODY_DEFINED(Pong, PlainEncoder, PlainDecoder)
//
// A wire with lists of its own, or enumerators with a range, derives its encoder and decoder.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/base/codec.h"

namespace uvinetd {

// `Own` is the class that derives from it: its put() comes first.
template <typename Own>
struct FieldEncoder {
  Writer out;
  template <typename... F>
  void operator()(const F&... field) {
    (static_cast<Own*>(this)->put(field), ...);
  }

  template <typename T>
  void put(const T& value) {
    if constexpr (std::is_same_v<T, std::string>) {
      out.put(std::string_view(value));
    } else {
      out.put(value);
    }
  }
  void put(const std::vector<std::string>& list) { out.put_strings(list); }
  void put(const std::vector<std::uint32_t>& list) {
    out.put(static_cast<std::uint32_t>(list.size()));
    for (const auto value : list) out.put(value);
  }
};

template <typename Own>
struct FieldDecoder {
  Reader in;
  template <typename... F>
  void operator()(F&... field) {
    (static_cast<Own*>(this)->get(field), ...);
  }

  template <typename T>
  void get(T& value) {
    value = in.get<T>();
  }
  void get(std::string& value) { value = std::string(in.get_text()); }
  void get(std::vector<std::string>& list) { list = in.get_strings(); }
  void get(std::vector<std::uint32_t>& list) {
    const auto count = in.get<std::uint32_t>();
    for (std::uint32_t i = 0; i < count && in.is_good(); ++i)
      list.push_back(in.get<std::uint32_t>());
  }
};

struct PlainEncoder : FieldEncoder<PlainEncoder> {};
struct PlainDecoder : FieldDecoder<PlainDecoder> {};

// What the fields alone do not say: a body that has more to say has an overload.
template <typename T>
bool is_in_range(const T&) {
  return true;
}

template <typename Encoder, typename T>
std::string print_fields(const T& body) {
  Encoder encoder;
  fields(encoder, body);
  return encoder.out.take();
}

template <typename Decoder, typename T>
std::optional<T> parse_fields(std::string_view bytes) {
  Decoder decoder{{Reader(bytes)}};
  T body;
  fields(decoder, body);
  if (!decoder.in.is_at_end() || !is_in_range(body)) return std::nullopt;
  return body;
}

// parse_as<Launch>(body)
template <typename T>
[[nodiscard]] std::optional<T> parse_as(std::string_view bytes) {
  return parse(bytes, static_cast<const T*>(nullptr));
}

}  // namespace uvinetd

#define UVINETD_FIELDS(Type, ...)                                   \
  [[maybe_unused]] static void fields(auto& visit, Type& b) {       \
    visit(__VA_ARGS__);                                             \
  }                                                                 \
  [[maybe_unused]] static void fields(auto& visit, const Type& b) { \
    visit(__VA_ARGS__);                                             \
  }

// One overload pair per body.
#define UVINETD_BODY_DECLARED(Type)                  \
  [[nodiscard]] std::string print(const Type& body); \
  [[nodiscard]] std::optional<Type> parse(std::string_view bytes, const Type* tag);

#define UVINETD_BODY_DEFINED(Type, Encoder, Decoder)               \
  std::string print(const Type& body) {                            \
    return print_fields<Encoder>(body);                            \
  }                                                                \
  std::optional<Type> parse(std::string_view bytes, const Type*) { \
    return parse_fields<Decoder, Type>(bytes);                     \
  }
