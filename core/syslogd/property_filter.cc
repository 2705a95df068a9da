// SPDX-License-Identifier: ISC
#include "core/syslogd/property_filter.h"

#include <algorithm>
#include <string_view>

#include "core/base/words.h"

namespace uvinetd {
namespace {

bool is_regex(SyslogOperation operation) {
  return operation == SyslogOperation::Regex || operation == SyslogOperation::ExtendedRegex;
}

// `value` is in small letters.
bool contains_ignoring_case(std::string_view text, std::string_view value) {
  return std::search(text.begin(), text.end(), value.begin(), value.end(),
                     [](char a, char b) { return lower(a) == b; }) != text.end() ||
         value.empty();
}

struct Property {
  const std::string* text;
  std::size_t begin = 0;
};

// Without the mark of a claimed pid: a sender may not get past a rule by claiming one.
Property property_of(const SyslogRecord& record, SyslogProperty property) {
  switch (property) {
    case SyslogProperty::Message:
      return {&record.text, std::min(record.text_begin, record.text.size())};
    case SyslogProperty::MessageId:
      return {&record.message_id};
    case SyslogProperty::StructuredData:
      return {&record.structured_data};
    case SyslogProperty::Program:
      return {&record.program};
    case SyslogProperty::Host:
      return {&record.host};
  }
  return {&record.text};
}

}  // namespace

void PropertyFilter::Free::operator()(regex_t* regex) const {
  regfree(regex);
  delete regex;
}

PropertyFilter::PropertyFilter(const SyslogPropertyFilter& filter) : filter_(filter) {
  if (is_regex(filter.operation)) {
    const int extended = filter.operation == SyslogOperation::ExtendedRegex ? REG_EXTENDED : 0;
    const int case_flag = filter.ignores_case ? REG_ICASE : 0;
    auto regex = std::make_unique<regex_t>();
    if (regcomp(regex.get(), filter.value.c_str(), REG_NOSUB | extended | case_flag) == 0) {
      regex_.reset(regex.release());
    }
  } else if (filter.ignores_case) {
    filter_.value = lower(filter.value);
  }
}

bool PropertyFilter::holds(const char* text, std::size_t size) const {
  const std::string_view whole(text, size);
  const std::string_view value = filter_.value;
  switch (filter_.operation) {
    case SyslogOperation::Contains:
      return filter_.ignores_case ? contains_ignoring_case(whole, value)
                                  : whole.find(value) != std::string_view::npos;
    case SyslogOperation::IsEqual:
      return filter_.ignores_case ? is_same_word(whole, value) : whole == value;
    case SyslogOperation::StartsWith:
      return filter_.ignores_case ? is_same_word(whole.substr(0, value.size()), value)
                                  : whole.starts_with(value);
    case SyslogOperation::Regex:
    case SyslogOperation::ExtendedRegex:
      break;
  }
  return regexec(regex_.get(), text, 0, nullptr, 0) == 0;  // no text here has a NUL inside
}

bool PropertyFilter::takes(const SyslogRecord& record) const {
  if (is_regex(filter_.operation) && !regex_) return false;
  const auto property = property_of(record, filter_.property);
  const auto size = property.text->size() - property.begin;
  return holds(property.text->c_str() + property.begin, size) != filter_.is_inverted;
}

}  // namespace uvinetd
