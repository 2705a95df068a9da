// SPDX-License-Identifier: ISC
// Any bytes as a request to the built-ins that speak HTTP, and any bytes as the name of a host.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/reactor/web/http_request.h"
#include "core/reactor/web/web_site.h"
#include "tests/fuzz/require.h"
#include "tests/pure/reactor/fake_web_content.h"

namespace uvinetd {
namespace {

// Borrowed from `bytes`, or a literal.
void require_within(std::string_view part, std::string_view bytes) {
  require(part == "/" || bytes.find(part) != std::string_view::npos);
}

void require_answer(const HttpRequest& request) {
  static test::FakeWebContent content;
  for (const auto site : {WebSite::Metrics, WebSite::StatusPage}) {
    const auto answer = answer_request(site, request, content);
    require(answer.text.starts_with("HTTP/1.1 "));
    // What was asked is not repeated, so that nothing of it gets into a head.
    require(std::count(answer.text.begin(), answer.text.end(), '\n') <= 14);
    const bool is_told = answer.body != nullptr;
    require(!is_told || (request.state == HttpRequest::State::Whole && request.method == "GET"));
  }
}

}  // namespace
}  // namespace uvinetd

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace uvinetd;
  using State = HttpRequest::State;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)is_own_host(bytes, "gate.example.net");
  (void)is_own_host("localhost", bytes);
  const auto request = parse_http_request(bytes);
  if (request.state == State::Incomplete) {
    require(size < HttpRequest::kLongest);
    return 0;
  }
  // What has been decided stays so, whatever comes behind.
  const auto more = std::string(bytes) + "Host: x\r\n\r\n";
  require(parse_http_request(more).state == request.state);
  require_answer(request);
  if (request.state != State::Whole) return 0;
  require(!request.method.empty() && !request.path.empty());
  require(request.path.find_first_of(" \r\n?") == std::string_view::npos);
  require(request.host.find_first_of("\r\n") == std::string_view::npos);
  for (const auto part : {request.method, request.path, request.query, request.host}) {
    require_within(part, bytes);
  }
  return 0;
}
