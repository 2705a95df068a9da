// SPDX-License-Identifier: ISC
// What went wrong, and with what, as a value. The roles never throw after start-up.
#pragma once

#include <cerrno>
#include <cstring>
#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace uvinetd {

// `op` is a string literal naming the failing step ("bind", "execve"); it is never owned.
// `subject` is what a user can search for: "ftp/tcp", "/etc/inetd.conf:12". May be empty.
// `code` is an errno value; 0 means that the failure has none.
struct Error {
  const char* op = "";
  std::string subject;
  int code = 0;

  // "bind [::]:21: Address already in use"
  [[nodiscard]] std::string text() const {
    std::string out = op;
    if (!subject.empty()) out += (out.empty() ? "" : " ") + subject;
    if (code != 0) out += std::string(": ") + std::strerror(code);
    return out;
  }
};

template <typename T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
  Result(tl::expected<T, Error>&& other)  // NOLINT(google-explicit-constructor): value conversion
      : tl::expected<T, Error>(std::move(other)) {}
};

using Status = Result<void>;

inline tl::unexpected<Error> fail(const char* op, std::string subject, int code) {
  return tl::unexpected<Error>(Error{op, std::move(subject), code});
}

// The one door from errno to Error; call it directly after the failing call.
inline tl::unexpected<Error> fail_errno(const char* op, std::string subject = {}) {
  const int code = errno;
  return fail(op, std::move(subject), code);
}

}  // namespace uvinetd
