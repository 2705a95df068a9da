// SPDX-License-Identifier: ISC
// Which answer belongs to a request to one of the built-ins that speak HTTP. Effects: none but what
// WebContent does.
//
//     metrics   /metrics, /      Prometheus text; ?services: with the histograms of each service
//     status    /                the page, of 200 services; ?all: of all
//               /status.json     what it shows
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/reactor/web/http_request.h"
#include "core/reactor/web/web_content.h"

namespace uvinetd {

enum class WebSite : std::uint8_t { Metrics, StatusPage };

// By the name of the built-in; nullopt: it does not speak HTTP.
[[nodiscard]] std::optional<WebSite> find_web_site(std::string_view internal);

struct HttpAnswer {
  std::string text;                  // the head, and the body of one that is short
  std::unique_ptr<TextSource> body;  // a long one, behind the text; null: there is none
  bool is_chunked = false;           // the body; else it ends where the connection does
};

// To a request that is not Incomplete.
[[nodiscard]] HttpAnswer answer_request(WebSite site, const HttpRequest& request,
                                        WebContent& content);

}  // namespace uvinetd
