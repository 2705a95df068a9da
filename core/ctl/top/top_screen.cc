// SPDX-License-Identifier: ISC
#include "core/ctl/top/top_screen.h"

#include <langinfo.h>
#include <unistd.h>

#include <clocale>
#include <cstdio>
#include <string_view>

// The last of all: its macros have common names.
#define NCURSES_NOMACROS 1
#include <curses.h>

namespace uvinetd {
namespace {

constexpr int kMilliEscape = 25;  // how long a lone Escape is waited for

short pair_of(Paint paint) {
  switch (paint) {
    case Paint::None:
    case Paint::Bold:
    case Paint::Dim:
      return 0;
    case Paint::Good:
      return 1;
    case Paint::Warning:
      return 2;
    case Paint::Bad:
      return 3;
  }
  return 0;
}

attr_t attributes_of(const TopSpan& span, bool has_colors) {
  attr_t out = A_NORMAL;
  if (span.is_reverse) out |= A_REVERSE;
  if (span.paint == Paint::Dim) out |= A_DIM;
  // Without colours what they say is bold.
  const bool is_painted = pair_of(span.paint) != 0;
  if (span.paint == Paint::Bold || (is_painted && !has_colors)) out |= A_BOLD;
  return out;
}

// Of a terminal that is not in UTF-8.
std::string ascii(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (text.substr(i).starts_with("µ")) {
      out += 'u';
    } else if (byte < 0x80) {
      out += text[i];
    } else if ((byte & 0xC0U) != 0x80U) {
      out += '?';
    }
  }
  return out;
}

bool start_colors() {
  if (!::has_colors() || start_color() == ERR) return false;
  const short background = use_default_colors() == OK ? -1 : COLOR_BLACK;
  init_pair(pair_of(Paint::Good), COLOR_GREEN, background);
  init_pair(pair_of(Paint::Warning), COLOR_YELLOW, background);
  init_pair(pair_of(Paint::Bad), COLOR_RED, background);
  return true;
}

std::optional<TopKey> special_key(int code) {
  switch (code) {
    case KEY_UP:
      return TopKey::Up;
    case KEY_DOWN:
      return TopKey::Down;
    case KEY_LEFT:
      return TopKey::Left;
    case KEY_RIGHT:
      return TopKey::Right;
    case KEY_PPAGE:
      return TopKey::PageUp;
    case KEY_NPAGE:
      return TopKey::PageDown;
    case KEY_HOME:
      return TopKey::Home;
    case KEY_END:
      return TopKey::End;
    case KEY_BACKSPACE:
    case 0x7F:
    case '\b':
      return TopKey::Backspace;
    case KEY_ENTER:
    case '\n':
    case '\r':
      return TopKey::Enter;
    case 0x1B:
      return TopKey::Escape;
    default:
      return std::nullopt;
  }
}

}  // namespace

Result<std::unique_ptr<TopScreen>> TopScreen::open(bool has_colors) {
  if (isatty(STDIN_FILENO) != 1 || isatty(STDOUT_FILENO) != 1) {
    return fail("top needs a terminal", "", 0);
  }
  std::setlocale(LC_ALL, "");
  const bool has_utf8 = std::string_view(nl_langinfo(CODESET)) == "UTF-8";
  // Not initscr(), which ends the program where it fails.
  SCREEN* terminal = newterm(nullptr, stdout, stdin);
  if (terminal == nullptr) return fail("the terminal is not known: is TERM right?", "", 0);
  set_term(terminal);
  cbreak();
  noecho();
  nonl();
  keypad(stdscr, TRUE);
  nodelay(stdscr, TRUE);
  set_escdelay(kMilliEscape);
  curs_set(0);
  const bool is_colored = has_colors && start_colors();
  return std::unique_ptr<TopScreen>(new TopScreen(terminal, is_colored, has_utf8));
}

TopScreen::~TopScreen() {
  curs_set(1);
  endwin();
  delscreen(static_cast<SCREEN*>(terminal_));
}

TopSize TopScreen::size() const {
  return {static_cast<std::size_t>(getmaxy(stdscr)), static_cast<std::size_t>(getmaxx(stdscr))};
}

void TopScreen::draw(const std::vector<TopLine>& lines) {
  erase();
  int row = 0;
  for (const auto& line : lines) {
    move(row++, 0);
    for (const auto& span : line) {
      attr_set(attributes_of(span, has_colors_), has_colors_ ? pair_of(span.paint) : short{0},
               nullptr);
      addstr((has_utf8_ ? span.text : ascii(span.text)).c_str());
    }
  }
  attr_set(A_NORMAL, 0, nullptr);
  refresh();
}

std::optional<std::pair<TopKey, char>> TopScreen::next_key() {
  for (;;) {
    const int code = getch();
    if (code == ERR) return std::nullopt;
    if (const auto key = special_key(code)) return std::pair(*key, '\0');
    constexpr int kBytes = 256;
    if (code >= 0 && code < kBytes) return std::pair(TopKey::Character, static_cast<char>(code));
  }
}

}  // namespace uvinetd
