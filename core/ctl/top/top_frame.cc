// SPDX-License-Identifier: ISC
#include "core/ctl/top/top_frame.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/ctl/live/human.h"

namespace uvinetd {
namespace {

constexpr std::size_t kHead = 5;  // daemon, state, rates, a word, titles
constexpr std::size_t kFoot = 1;  // keys

// How wide each column of the table has to be at least, and how wide it may get; those of the least
// worth go first where even the least is too much.
struct Room {
  std::string_view name;
  std::size_t least;
  std::size_t most;
  int worth;
};
constexpr std::array kRooms{
    Room{"id", 14, 60, 9},     Room{"state", 6, 20, 3}, Room{"starts", 7, 7, 8},
    Room{"running", 5, 11, 7}, Room{"queue", 5, 6, 2},  Room{"refusals", 6, 6, 6},
    Room{"reason", 8, 20, 1},  Room{"p50", 6, 7, 3},    Room{"p99", 6, 7, 4},
    Room{"load", 5, 5, 5},
};

const Room& room_of(const ServiceColumn& column) {
  return *std::find_if(kRooms.begin(), kRooms.end(),
                       [&](const Room& room) { return room.name == column.name; });
}

std::string padded(const std::string& text, std::size_t width, bool is_right) {
  auto out = clipped(text, width);
  const std::string blanks(width - display_width(out), ' ');
  return is_right ? blanks + out : out + blanks;
}

// As much of the line as fits.
TopLine fitted(TopLine line, std::size_t columns) {
  std::size_t used = 0;
  for (auto& span : line) {
    span.text = clipped(span.text, columns - used);
    used += display_width(span.text);
  }
  std::erase_if(line, [](const TopSpan& span) { return span.text.empty(); });
  return line;
}

// Between a text at the left and one at the right.
TopLine apart(TopLine left, TopSpan right, std::size_t columns) {
  std::size_t used = display_width(right.text);
  for (const auto& span : left) used += display_width(span.text);
  if (used + 2 <= columns) {
    left.push_back({std::string(columns - used, ' ')});
    left.push_back(std::move(right));
  }
  return left;
}

// "name value", with two blanks before the next.
void add_figure(TopLine& line, const char* name, std::string value, Paint paint = Paint::Bold) {
  line.push_back({(line.empty() ? "" : "  ") + std::string(name) + " "});
  line.push_back({std::move(value), paint});
}

TopLine state_line(const TopModel& model) {
  const auto& totals = model.totals();
  TopLine out;
  add_figure(out, "services", count_text(static_cast<std::int64_t>(totals.services)));
  if (totals.paused > 0) {
    add_figure(out, "paused", count_text(static_cast<std::int64_t>(totals.paused)), Paint::Warning);
  }
  add_figure(out, "running", count_text(totals.running));
  if (totals.queue) {
    add_figure(out, "queue", count_text(*totals.queue),
               *totals.queue > 0 ? Paint::Warning : Paint::Bold);
  }
  if (model.has_rates()) add_figure(out, "CPU%", rate_text(totals.rates.load * 100));
  return out;
}

TopLine rates_line(const TopModel& model) {
  TopLine out;
  if (!model.has_rates()) return out;
  const auto& rates = model.totals().rates;
  add_figure(out, "starts/s", rate_text(rates.starts));
  add_figure(out, "refused/s", rate_text(rates.refusals),
             rates.refusals > 0 ? Paint::Bad : Paint::Bold);
  const char* before = ": ";
  for (const auto& [reason, rate] : rates.by_reason) {
    out.push_back({std::exchange(before, ", ") + reason + " " + rate_text(rate)});
  }
  return out;
}

// What is unusual now: trouble before anything else.
TopLine word_line(const TopModel& model) {
  if (!model.trouble().empty()) return {{model.trouble(), Paint::Bad}};
  TopLine out;
  if (model.is_paused()) out.push_back({"display paused, space goes on  ", Paint::Warning});
  if (model.is_typing()) {
    out.push_back({"filter: "});
    out.push_back({model.filter(), Paint::Bold});
    out.push_back({" ", Paint::None, true});
    out.push_back({"  Enter keeps it, Esc clears it", Paint::Dim});
  } else if (!model.filter().empty()) {
    out.push_back({"filter: "});
    out.push_back({model.filter(), Paint::Bold});
    out.push_back({"  " + std::to_string(model.rows().size()) + " of " +
                   std::to_string(model.totals().services)});
  } else if (!model.is_filled()) {
    out.push_back({"asking the daemon ...", Paint::Dim});
  }
  return out;
}

// What is left between columns and at the end is reversed too.
TopLine titles_line(const TopModel& model, const std::vector<std::size_t>& widths,
                    std::size_t columns) {
  TopLine out;
  std::size_t used = 0;
  const auto table = columns_of(ColumnPlace::Top);
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (widths[i] == 0) continue;
    if (used > 0) out.push_back({" ", Paint::None, true});
    used += widths[i] + (used > 0 ? 1 : 0);
    const bool is_sort = table[i] == &model.sort();
    const auto title = padded(std::string(table[i]->title), widths[i], table[i]->number != nullptr);
    // The column that sorts stands out of the line.
    out.push_back({title, is_sort ? Paint::Bold : Paint::None, !is_sort});
  }
  if (used < columns) out.push_back({std::string(columns - used, ' '), Paint::None, true});
  return out;
}

TopLine row_line(const ServiceRow& row, const std::vector<std::size_t>& widths, bool has_rates) {
  TopLine out;
  const auto table = columns_of(ColumnPlace::Top);
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (widths[i] == 0) continue;
    if (!out.empty()) out.push_back({" "});
    const auto& column = *table[i];
    const bool is_rate =
        column.name == "starts" || column.name == "refusals" || column.name == "load";
    const auto text = is_rate && !has_rates ? "-" : column.text(row);
    out.push_back({padded(text, widths[i], column.number != nullptr), paint_of(column, row)});
  }
  return out;
}

TopLine keys_line() {
  struct Key {
    const char* key;
    const char* what;
  };
  static constexpr std::array kKeys{Key{"q", "quit"},       Key{"h", "help"},  Key{"/", "filter"},
                                    Key{"space", "pause"},  Key{"<>", "sort"}, Key{"r", "reverse"},
                                    Key{"arrows", "scroll"}};
  TopLine out;
  for (const auto& each : kKeys) {
    out.push_back({each.key, Paint::None, true});
    out.push_back({std::string(" ") + each.what + "  "});
  }
  return out;
}

constexpr std::array kHelp{
    "",
    "  q  Ctrl-C       quit              space   pause the display, and go on",
    "  /               filter by id, state, kind or address; Esc clears it",
    "  <  >            sort by the column beside this one, as left and right do",
    "  r               reverse the order",
    "  i s n u f l c   sort by id, starts, running, queue, refusals, P99 or CPU;",
    "                  the same key again reverses the order",
    "  up down PgUp PgDn Home End        scroll",
    "  h  ?            this help, and back",
    "",
    "  START/S  servers started each second; of built-ins, clients answered",
    "  RUN      servers that run, and how many may",
    "  QUEUE    clients that wait for a server",
    "  REF/S    clients refused each second; REASON: what most were refused for",
    "  P50 P99  of all starts, half and 99 of 100 took less than this",
    "  CPU%     of one CPU, by the servers of the service",
};

}  // namespace

std::size_t page_of(TopSize size) {
  return size.lines > kHead + kFoot ? size.lines - kHead - kFoot : 0;
}

std::vector<std::size_t> top_widths(const std::vector<ServiceRow>& rows, std::size_t columns) {
  const auto table = columns_of(ColumnPlace::Top);
  std::vector<std::size_t> out;
  for (const auto* column : table) out.push_back(room_of(*column).least);
  const auto used = [&] {
    std::size_t sum = 0;
    for (const auto width : out) sum += width > 0 ? width + 1 : 0;
    return sum > 0 ? sum - 1 : 0;
  };
  while (used() > columns) {
    std::size_t worst = out.size();
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (out[i] == 0) continue;
      if (worst == out.size() || room_of(*table[i]).worth < room_of(*table[worst]).worth) worst = i;
    }
    if (worst == out.size()) return out;
    out[worst] = 0;
    if (used() == 0) break;
  }
  // What is left goes to those whose texts are longer, the names first.
  for (const auto* name : {"running", "id", "p50", "p99", "state", "reason", "queue"}) {
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (table[i]->name != name || out[i] == 0) continue;
      std::size_t wanted = out[i];
      for (const auto& row : rows) wanted = std::max(wanted, display_width(table[i]->text(row)));
      wanted = std::min(wanted, room_of(*table[i]).most);
      out[i] += std::min(wanted - out[i], columns - used());
    }
  }
  return out;
}

std::vector<TopLine> top_frame(const TopModel& model, TopSize size) {
  std::vector<TopLine> out;
  const auto page = page_of(size);
  const auto first = model.first(page);
  const auto last = std::min(model.rows().size(), first + page);
  const auto place = model.rows().empty() ? std::string("no service")
                                          : std::to_string(first + 1) + "-" + std::to_string(last) +
                                                " of " + std::to_string(model.rows().size());
  out.push_back(apart({{model.daemon().empty() ? "uvinetd" : model.daemon(), Paint::Bold}}, {place},
                      size.columns));
  out.push_back(state_line(model));
  out.push_back(rates_line(model));
  out.push_back(word_line(model));
  if (model.has_help()) {
    for (const auto* line : kHelp) out.push_back({{line}});
  } else {
    const std::vector<ServiceRow> shown(model.rows().begin() + static_cast<std::ptrdiff_t>(first),
                                        model.rows().begin() + static_cast<std::ptrdiff_t>(last));
    const auto widths = top_widths(shown, size.columns);
    out.push_back(titles_line(model, widths, size.columns));
    for (const auto& row : shown) out.push_back(row_line(row, widths, model.has_rates()));
  }
  if (size.lines > 0) out.resize(size.lines - kFoot);
  out.push_back(keys_line());
  if (out.size() > size.lines) out.resize(size.lines);
  for (auto& line : out) line = fitted(std::move(line), size.columns);
  return out;
}

}  // namespace uvinetd
