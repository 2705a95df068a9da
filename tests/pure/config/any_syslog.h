// SPDX-License-Identifier: ISC
// Generated setups of syslog services.
#pragma once

#include <rapidcheck.h>

#include "core/config/syslog/syslog_rules.h"
#include "tests/pure/config/any_service.h"

namespace uvinetd::testing {

inline SyslogRule any_syslog_rule(std::size_t actions) {
  SyslogRule out;
  for (auto& bits : out.mask) bits = *rc::gen::arbitrary<std::uint8_t>();
  if (maybe()) out.programs = {maybe(), any_texts()};
  if (maybe()) out.hosts = {maybe(), any_texts()};
  if (maybe()) {
    SyslogPropertyFilter filter;
    filter.property = *rc::gen::element(SyslogProperty::Message, SyslogProperty::Host);
    filter.operation = *rc::gen::element(SyslogOperation::Contains, SyslogOperation::ExtendedRegex);
    filter.is_inverted = maybe();
    filter.ignores_case = maybe();
    filter.value = any_text() + '\xff';
    out.properties.push_back(filter);
  }
  out.action = *rc::gen::inRange<std::size_t>(0, actions);
  out.is_final = maybe();
  return out;
}

inline SyslogAction any_syslog_action() {
  SyslogAction out;
  out.kind = *rc::gen::element(SyslogActionKind::File, SyslogActionKind::Users,
                               SyslogActionKind::Forward, SyslogActionKind::Discard);
  out.path = any_path();
  out.users = any_texts();
  if (maybe()) out.host = any_text();
  out.port = *rc::gen::arbitrary<std::uint16_t>();
  out.form = *rc::gen::element(SyslogForm::Unset, SyslogForm::Rfc3164, SyslogForm::Rfc5424);
  out.is_synced = maybe();
  out.rotate_size = *rc::gen::arbitrary<std::uint64_t>();
  out.rotate_count = any_number();
  out.most_bytes = any_number();
  out.place = any_text();
  return out;
}

inline SyslogSetup any_setup() {
  SyslogSetup out;
  out.settings = any_syslog_settings();
  out.host = any_text();
  out.rules.actions.resize(*rc::gen::inRange<std::size_t>(1, 4));
  for (auto& action : out.rules.actions) action = any_syslog_action();
  out.rules.rules.resize(*rc::gen::inRange<std::size_t>(0, 5));
  for (auto& rule : out.rules.rules) rule = any_syslog_rule(out.rules.actions.size());
  return out;
}

}  // namespace uvinetd::testing
