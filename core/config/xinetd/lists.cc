// SPDX-License-Identifier: ISC
// Readers of the attributes that are lists, which `+=` and `-=` change.
#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/config/quote.h"
#include "core/config/suggest.h"
#include "core/config/xinetd/access.h"
#include "core/config/xinetd/attributes.h"

namespace uvinetd::xinetd {

void WordList::clear() {
  words_.clear();
  places_.clear();
}

void WordList::add(std::string word) {
  if (places_.try_emplace(word, words_.size()).second) words_.push_back(std::move(word));
}

void WordList::remove(const std::string& word) {
  const auto found = places_.find(word);
  if (found == places_.end()) return;
  words_[found->second].clear();
  places_.erase(found);
}

std::vector<std::string> WordList::words() const {
  std::vector<std::string> out;
  out.reserve(places_.size());
  std::copy_if(words_.begin(), words_.end(), std::back_inserter(out),
               [](const std::string& word) { return !word.empty(); });
  return out;
}

namespace {

// The list as it is before this attribute changes it. In defaults `=` adds.
WordList& begin_list(List which, Key key, const Attribute& attribute, Reading& reading) {
  auto& draft = reading.draft;
  auto& list = draft.list(which);
  if (reading.defaults == nullptr) return list;
  if (attribute.op == Operator::Set) {
    list.clear();
    return list;
  }
  const auto index = static_cast<std::size_t>(which);
  if (!draft.is_begun[index]) {
    list = reading.defaults->list(which);
    if (reading.defaults->is_bad[static_cast<std::size_t>(key)]) draft.is_good = false;
  }
  return list;
}

}  // namespace

WordList& list_of(List which, Key key, const Attribute& attribute, Reading& reading) {
  auto& list = begin_list(which, key, attribute, reading);
  reading.draft.is_begun.set(static_cast<std::size_t>(which));
  return list;
}

void change(WordList& list, Operator op, std::string word) {
  if (op == Operator::Remove) {
    list.remove(word);
  } else {
    list.add(std::move(word));
  }
}

namespace {

bool read_clients_into(List which, Key key, const Attribute& attribute, Reading& reading) {
  auto& list = list_of(which, key, attribute, reading);
  bool is_good = true;
  for (const auto& word : attribute.values) {
    auto clients = read_clients(attribute.field(word), reading.report);
    is_good &= !clients.empty();
    for (auto& client : clients) change(list, attribute.op, std::move(client));
  }
  return is_good;
}

bool read_ids(List which, Key key, const Attribute& attribute, Reading& reading) {
  auto& list = list_of(which, key, attribute, reading);
  for (const auto& word : attribute.values) list.add(std::string(word.text));
  return true;
}

bool is_variable_name(std::string_view name) {
  return !name.empty() && name.find('=') == std::string_view::npos;
}

}  // namespace

namespace read {

bool enabled(const Attribute& attribute, Reading& reading) {
  return read_ids(List::Enabled, Key::Enabled, attribute, reading);
}

bool disabled(const Attribute& attribute, Reading& reading) {
  return read_ids(List::Disabled, Key::Disabled, attribute, reading);
}

// Values may be secrets: none is ever shown.
bool env(const Attribute& attribute, Reading& reading) {
  auto& list = list_of(List::Env, Key::Env, attribute, reading);
  bool is_good = true;
  for (const auto& word : attribute.values) {
    const auto equals = word.text.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      is_good = reading.report.error(attribute.place(word), "env", "expected NAME=VALUE",
                                     "a value cannot have blanks in it");
    } else {
      list.add(std::string(word.text));
    }
  }
  return is_good;
}

bool no_access(const Attribute& attribute, Reading& reading) {
  return read_clients_into(List::NoAccess, Key::NoAccess, attribute, reading);
}

bool only_from(const Attribute& attribute, Reading& reading) {
  return read_clients_into(List::OnlyFrom, Key::OnlyFrom, attribute, reading);
}

bool passenv(const Attribute& attribute, Reading& reading) {
  constexpr std::size_t kMostNames = 1000;
  auto& list = list_of(List::Passenv, Key::Passenv, attribute, reading);
  bool is_good = true;
  for (const auto& word : attribute.values) {
    if (is_variable_name(word.text)) {
      change(list, attribute.op, std::string(word.text));
    } else {
      const auto name = word.text.substr(0, word.text.find('='));
      is_good = reading.report.error(attribute.place(word), "env",
                                     quoted(name) + " must be a name, without a value",
                                     "env sets a value");
    }
  }
  if (list.size() > kMostNames) {  // every service may inherit them
    return reading.report.error(attribute.at(), "env", "1000 names are the most there may be");
  }
  return is_good;
}

}  // namespace read
}  // namespace uvinetd::xinetd
