// SPDX-License-Identifier: ISC
#include "core/syslogd/syslog_wire.h"

#include "core/base/codec.h"

namespace uvinetd {
namespace {

// Each body names its fields once, in fields(); encoding and decoding both follow that list.
struct Encoder {
  Writer out;
  template <typename... F>
  void operator()(const F&... field) {
    (put(field), ...);
  }

 private:
  template <typename T>
  void put(const T& value) {
    out.put(value);
  }
  void put(const std::string& text) { out.put(std::string_view(text)); }
  void put(const std::vector<std::string>& list) { out.put_strings(list); }
};

struct Decoder {
  Reader in;
  template <typename... F>
  void operator()(F&... field) {
    (get(field), ...);
  }

 private:
  template <typename T>
  void get(T& value) {
    value = in.get<T>();
  }
  void get(std::string& text) { text = std::string(in.get_text()); }
  void get(std::vector<std::string>& list) { list = in.get_strings(); }
};

#define UVINETD_FIELDS(Type, ...)           \
  void fields(auto& visit, Type& b) {       \
    visit(__VA_ARGS__);                     \
  }                                         \
  void fields(auto& visit, const Type& b) { \
    visit(__VA_ARGS__);                     \
  }

UVINETD_FIELDS(SyslogHello, b.version, b.build_id, b.pid)
UVINETD_FIELDS(SyslogGeneration, b.generation)
UVINETD_FIELDS(SyslogTarget, b.generation, b.action, b.code)
UVINETD_FIELDS(SyslogTerminals, b.ticket, b.users, b.absent)
UVINETD_FIELDS(SyslogCounts, b.received, b.malformed, b.truncated, b.limited, b.written,
               b.forwarded, b.dropped)
#undef UVINETD_FIELDS

// What the fields alone do not say.
template <typename T>
bool is_in_range(const T&) {
  return true;
}
bool is_in_range(const SyslogTarget& target) {
  return target.code >= 0;
}

template <typename T>
std::string print_body(const T& body) {
  Encoder encoder;
  fields(encoder, body);
  return encoder.out.take();
}

template <typename T>
std::optional<T> parse_body(std::string_view bytes) {
  Decoder decoder{Reader(bytes)};
  T body;
  fields(decoder, body);
  if (!decoder.in.is_at_end() || !is_in_range(body)) return std::nullopt;
  return body;
}

}  // namespace

#define UVINETD_SYSLOG_BODY(Type)                                  \
  std::string print(const Type& body) {                            \
    return print_body(body);                                       \
  }                                                                \
  std::optional<Type> parse(std::string_view bytes, const Type*) { \
    return parse_body<Type>(bytes);                                \
  }
UVINETD_SYSLOG_BODY(SyslogHello)
UVINETD_SYSLOG_BODY(SyslogGeneration)
UVINETD_SYSLOG_BODY(SyslogTarget)
UVINETD_SYSLOG_BODY(SyslogTerminals)
UVINETD_SYSLOG_BODY(SyslogCounts)
#undef UVINETD_SYSLOG_BODY

}  // namespace uvinetd
