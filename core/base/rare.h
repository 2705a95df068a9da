// SPDX-License-Identifier: ISC
// A value that is nearly always the default one: then it is a null pointer. Copies share what they
// hold until one of them is edited.
#pragma once

#include <memory>

namespace uvinetd {

template <typename T>
class Rare {
 public:
  [[nodiscard]] const T& operator*() const { return value_ ? *value_ : fallback(); }
  [[nodiscard]] const T* operator->() const { return &**this; }
  [[nodiscard]] bool is_default() const { return !value_ || *value_ == fallback(); }

  // The value to be changed; nobody else sees the change. Valid until this is copied.
  [[nodiscard]] T& edit() {
    if (!value_ || value_.use_count() > 1) value_ = std::make_shared<T>(**this);
    return *value_;
  }

  friend bool operator==(const Rare& a, const Rare& b) { return a.value_ == b.value_ || *a == *b; }

 private:
  static const T& fallback() {
    static const T value{};
    return value;
  }
  std::shared_ptr<T> value_;
};

}  // namespace uvinetd
