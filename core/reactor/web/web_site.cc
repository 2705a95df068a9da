// SPDX-License-Identifier: ISC
#include "core/reactor/web/web_site.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/clock.h"
#include "core/reactor/web/status_json.h"
#include "core/reactor/web/status_page.h"

namespace uvinetd {
namespace {

constexpr std::string_view kPlain = "text/plain; charset=utf-8";
constexpr std::string_view kNothingElse = "default-src 'none'; frame-ancestors 'none'";

// "Sun, 06 Nov 1994 08:49:37 GMT"
std::string date_text(std::time_t time) {
  constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm parts{};
  gmtime_r(&time, &parts);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                     kDays[static_cast<std::size_t>(parts.tm_wday)], parts.tm_mday,
                     kMonths[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + 1900,
                     parts.tm_hour, parts.tm_min, parts.tm_sec);
}

// Of every answer. What is told is of this moment, and of nobody else's page.
std::string head(std::string_view status, std::string_view type, std::string_view policy) {
  return fmt::format(
      "HTTP/1.1 {}\r\nDate: {}\r\nContent-Type: {}\r\nCache-Control: no-store\r\n"
      "Content-Security-Policy: {}\r\nX-Content-Type-Options: nosniff\r\n"
      "Referrer-Policy: no-referrer\r\nCross-Origin-Resource-Policy: same-origin\r\n"
      "Connection: close\r\n",
      status, date_text(wall_clock_seconds()), type, policy);
}

HttpAnswer refusal(const HttpRequest& request, std::string_view status, std::string_view why,
                   std::string_view more = {}) {
  HttpAnswer out;
  out.text = head(status, kPlain, kNothingElse);
  out.text += fmt::format("{}Content-Length: {}\r\n\r\n", more, why.size());
  if (request.method != "HEAD") out.text += why;
  return out;
}

struct Page {
  std::string_view type;
  std::string_view policy;
  std::unique_ptr<TextSource> body;
};

bool has_word(std::string_view query, std::string_view word) {
  while (true) {
    const auto end = std::min(query.find('&'), query.size());
    const auto part = query.substr(0, end);
    if (part.substr(0, part.find('=')) == word) return true;
    if (end == query.size()) return false;
    query.remove_prefix(end + 1);
  }
}

std::optional<Page> find_page(WebSite site, const HttpRequest& request, WebContent& content) {
  switch (site) {
    case WebSite::Metrics:
      if (request.path != "/metrics" && request.path != "/") return std::nullopt;
      return Page{"text/plain; version=0.0.4; charset=utf-8", kNothingElse,
                  content.metrics_text(has_word(request.query, "services"))};
    case WebSite::StatusPage:
      if (request.path == "/") {
        return Page{"text/html; charset=utf-8", status_page_policy(),
                    status_page(content, has_word(request.query, "all"))};
      }
      if (request.path != "/status.json") return std::nullopt;
      return Page{"application/json", kNothingElse, status_json(content)};
  }
  return std::nullopt;
}

}  // namespace

std::optional<WebSite> find_web_site(std::string_view internal) {
  if (internal == "metrics") return WebSite::Metrics;
  if (internal == "status") return WebSite::StatusPage;
  return std::nullopt;
}

HttpAnswer answer_request(WebSite site, const HttpRequest& request, WebContent& content) {
  switch (request.state) {
    case HttpRequest::State::Incomplete:
    case HttpRequest::State::Malformed:
      return refusal(request, "400 Bad Request", "This is no HTTP request.\n");
    case HttpRequest::State::TooLong:
      return refusal(request, "431 Request Header Fields Too Large",
                     "The request has more than 8 KiB.\n");
    case HttpRequest::State::OtherVersion:
      return refusal(request, "505 HTTP Version Not Supported", "HTTP/1.0 and 1.1 are spoken.\n");
    case HttpRequest::State::Whole:
      break;
  }
  if (!is_own_host(request.host, content.host_name())) {
    return refusal(request, "421 Misdirected Request",
                   "Ask by the address, by localhost, or by the name that this host has.\n");
  }
  if (request.method != "GET" && request.method != "HEAD") {
    return refusal(request, "405 Method Not Allowed", "There is only GET and HEAD.\n",
                   "Allow: GET, HEAD\r\n");
  }
  auto page = find_page(site, request, content);
  if (!page) return refusal(request, "404 Not Found", "There is nothing here.\n");
  HttpAnswer out;
  out.text = head("200 OK", page->type, page->policy);
  out.is_chunked = request.is_1_1;
  out.text += out.is_chunked ? "Transfer-Encoding: chunked\r\n\r\n" : "\r\n";
  if (request.method != "HEAD") out.body = std::move(page->body);
  return out;
}

}  // namespace uvinetd
