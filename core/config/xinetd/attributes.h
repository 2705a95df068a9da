// SPDX-License-Identifier: ISC
// The attributes of xinetd.conf as one table, and the reader of a block that goes by it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/config/front_end.h"
#include "core/config/reporter.h"
#include "core/config/xinetd/blocks.h"
#include "core/config/xinetd/draft.h"

namespace uvinetd::xinetd {

// What the readers of attributes share.
struct Reading {
  const ServiceNames& names;
  Reporter& report;
  Draft& draft;
  const Draft* defaults = nullptr;  // null while they are read themselves
};

// Reads the values of one attribute into the draft. False: reported.
using Reader = bool (*)(const Attribute& attribute, Reading& reading);

enum class Operators : std::uint8_t { Set, SetAdd, All };
// Whether it may stand in defaults. Meant: xinetd passes over it there, we do not.
enum class InDefaults : std::uint8_t { Yes, Meant, No, Only };
// What is lost with one that cannot be read. Matters: who may do what, so that its service must not
// run without it.
enum class Loss : std::uint8_t { Harmless, Matters };

inline constexpr std::size_t kAnyNumber = static_cast<std::size_t>(-1);

struct Rule {
  std::string_view name;
  Key key;
  Operators operators;
  std::size_t fewest;
  std::size_t most;
  InDefaults in_defaults;
  Loss loss;
  Reader read = nullptr;  // null: read when the service is put together
  std::optional<List> list = {};
};

[[nodiscard]] std::span<const Rule> all_rules();             // sorted by name
[[nodiscard]] const Rule* find_rule(std::string_view name);  // in any letter case

// Reads every attribute of a block into reading.draft. Comments behind values are taken off.
void read_block(Block& block, bool is_defaults, Reading& reading);

// Gives the draft what defaults have and its own block has not. What is wrong with that has been
// said when they were read.
void inherit(const Draft& defaults, Reading& reading);

// ---- readers, by subject -----------------------------------------------------------------------

namespace read {
// xinetd_values.cc
bool access_times(const Attribute& attribute, Reading& reading);
bool bind(const Attribute& attribute, Reading& reading);
bool cps(const Attribute& attribute, Reading& reading);
bool deny_time(const Attribute& attribute, Reading& reading);
bool disable(const Attribute& attribute, Reading& reading);
bool flags(const Attribute& attribute, Reading& reading);
bool group(const Attribute& attribute, Reading& reading);
bool groups(const Attribute& attribute, Reading& reading);
bool id(const Attribute& attribute, Reading& reading);
bool instances(const Attribute& attribute, Reading& reading);
bool libwrap(const Attribute& attribute, Reading& reading);
bool max_load(const Attribute& attribute, Reading& reading);
bool mdns(const Attribute& attribute, Reading& reading);
bool nice(const Attribute& attribute, Reading& reading);
bool park(const Attribute& attribute, Reading& reading);
bool park_age(const Attribute& attribute, Reading& reading);
bool park_uses(const Attribute& attribute, Reading& reading);
bool per_source(const Attribute& attribute, Reading& reading);
bool resource_limit(const Attribute& attribute, Reading& reading);
bool spares(const Attribute& attribute, Reading& reading);
bool start(const Attribute& attribute, Reading& reading);
bool type(const Attribute& attribute, Reading& reading);
bool umask(const Attribute& attribute, Reading& reading);
bool user(const Attribute& attribute, Reading& reading);
bool v6only(const Attribute& attribute, Reading& reading);
// xinetd_lists.cc
bool enabled(const Attribute& attribute, Reading& reading);
bool disabled(const Attribute& attribute, Reading& reading);
bool env(const Attribute& attribute, Reading& reading);
bool no_access(const Attribute& attribute, Reading& reading);
bool only_from(const Attribute& attribute, Reading& reading);
bool passenv(const Attribute& attribute, Reading& reading);
// xinetd_log.cc
bool banner(const Attribute& attribute, Reading& reading);
bool banner_fail(const Attribute& attribute, Reading& reading);
bool banner_success(const Attribute& attribute, Reading& reading);
bool log_on_failure(const Attribute& attribute, Reading& reading);
bool log_on_success(const Attribute& attribute, Reading& reading);
bool log_type(const Attribute& attribute, Reading& reading);
}  // namespace read

// ---- helpers of readers ------------------------------------------------------------------------

// nullopt: reported.
[[nodiscard]] std::optional<bool> read_yes_no(const Field& field, Reporter& report);
// `N`, and `NK` or `NM` where the resource is one of bytes.
[[nodiscard]] std::optional<std::uint64_t> read_amount(const Field& field, bool is_bytes,
                                                       Reporter& report);

// The list that `attribute` is about to change, which begins as that of defaults unless `=`
// replaces it. In defaults `=` adds, as in xinetd.
[[nodiscard]] WordList& list_of(List which, Key key, const Attribute& attribute, Reading& reading);
void change(WordList& list, Operator op, std::string word);

}  // namespace uvinetd::xinetd
