// SPDX-License-Identifier: ISC
#include "spawn/zygote/runtime_hooks.h"

#include <dlfcn.h>

#include <cstdint>
#include <cstring>

#include "spawn/zygote/environment.h"

namespace uvinetd::zygote {
namespace {

template <typename Function>
bool find(Function& function, const char* name) {
  function = reinterpret_cast<Function>(dlsym(RTLD_DEFAULT, name));
  return function != nullptr;
}

// ---- Python ----------------------------------------------------------------------------------

struct Python {
  int (*is_initialized)() = nullptr;
  int (*holds_lock)() = nullptr;
  int (*take_lock)() = nullptr;
  void (*leave_lock)(int) = nullptr;
  int (*run)(const char*, void*) = nullptr;
  void (*before_fork)() = nullptr;
  void (*after_fork)() = nullptr;

  // False: it is none, or not yet.
  bool find_all() {
    return find(is_initialized, "Py_IsInitialized") && find(holds_lock, "PyGILState_Check") &&
           find(take_lock, "PyGILState_Ensure") && find(leave_lock, "PyGILState_Release") &&
           find(run, "PyRun_SimpleStringFlags") && find(before_fork, "PyOS_BeforeFork") &&
           find(after_fork, "PyOS_AfterFork_Child") && is_initialized() != 0;
  }
};

// A script of Python in the making. What does not fit is left out, a line at a time.
class Script {
 public:
  void add(const char* text) { add(text, std::strlen(text)); }
  void add_bytes(const char* bytes, std::size_t size) {
    constexpr char kDigits[] = "0123456789abcdef";
    add("b'");
    for (std::size_t i = 0; i < size; ++i) {
      const auto byte = static_cast<unsigned char>(bytes[i]);
      const char escaped[4] = {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
      add(escaped, sizeof escaped);
    }
    add("'");
  }
  [[nodiscard]] const char* text() const { return text_; }

 private:
  void add(const char* text, std::size_t size) {
    if (size_ + size >= sizeof text_) return;
    std::memcpy(text_ + size_, text, size);
    size_ += size;
  }
  char text_[4 * kMostServeBytes + 1024] = {};
  std::size_t size_ = 0;
};

Script script;

// os.environ keeps what it has read at its import; its own setter would call setenv(3), which the
// variables in place have no need of.
void add_variable(const char* variable, std::size_t name_size, bool is_set) {
  const char* const value = variable + name_size;
  script.add(is_set ? " d[" : " d.pop(");
  script.add_bytes(variable, name_size - 1);
  if (is_set) {
    script.add("] = ");
    script.add_bytes(value, std::strlen(value));
    script.add("\n");
  } else {
    script.add(", None)\n");
  }
}

void tell_python(const Python& python, FilledSlots filled) {
  script.add("def uvinetd_variables():\n import os\n d = os.environ._data\n");
  for_each_slot(filled, add_variable);
  script.add("try:\n uvinetd_variables()\nfinally:\n del uvinetd_variables\n");
  const int state = python.take_lock();
  python.before_fork();
  python.after_fork();
  python.run(script.text(), nullptr);
  python.leave_lock(state);
}

// ---- Perl ------------------------------------------------------------------------------------

// For a Perl with threads, as distributions build it: the functions of others have no first
// argument. Nothing is run by it, since it is in the middle of an operation.
struct Perl {
  void* (*context)() = nullptr;
  void* (*hash)(void*, const char*, std::int32_t) = nullptr;
  void* (*common)(void*, void*, const char*, std::int32_t, int, void*, std::uint32_t) = nullptr;
  void (*set)(void*, void*, const char*) = nullptr;

  bool find_all() {
    return find(context, "Perl_get_context") && find(hash, "Perl_get_hv") &&
           find(common, "Perl_hv_common_key_len") && find(set, "Perl_sv_setpv") &&
           context() != nullptr;
  }
};
Perl perl;
void* perl_environment = nullptr;

void set_in_perl(const char* variable, std::size_t name_size, bool is_set) {
  constexpr int kFetchValue = 0x20;  // HV_FETCH_JUST_SV
  constexpr int kDelete = 0x40;      // HV_DELETE
  void* const me = perl.context();
  const auto size = static_cast<std::int32_t>(name_size - 1);
  void* const found =
      perl.common(me, perl_environment, variable, size, is_set ? kFetchValue : kDelete, nullptr, 0);
  if (is_set && found != nullptr) perl.set(me, *static_cast<void**>(found), variable + name_size);
}

void tell_perl(FilledSlots filled) {
  perl_environment = perl.hash(perl.context(), "ENV", 0);
  if (perl_environment != nullptr) for_each_slot(filled, set_in_perl);
}

}  // namespace

const char* hook_hindrance() {
  Python python;
  if (python.find_all() && python.holds_lock() != 0) {
    return "Python cannot be told of its connection where it reads";
  }
  void* any = nullptr;
  if (find(any, "Perl_get_hv") && !perl.find_all()) return "its Perl has no threads";
  return nullptr;
}

bool hooks_renew() {
  Python python;
  return python.find_all() && python.holds_lock() == 0;
}

void run_hooks_before_park() {
  Python python;
  if (!python.find_all()) return;
  const int state = python.take_lock();
  // A function, so that the program keeps its own names.
  python.run(
      "def uvinetd_freeze():\n import gc\n gc.collect()\n gc.freeze()\n"
      "try:\n uvinetd_freeze()\nfinally:\n del uvinetd_freeze\n",
      nullptr);
  python.leave_lock(state);
}

void run_hooks_in_child(FilledSlots filled) {
  Python python;
  if (python.find_all()) tell_python(python, filled);
  if (perl.find_all()) tell_perl(filled);
}

}  // namespace uvinetd::zygote
