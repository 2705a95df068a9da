// SPDX-License-Identifier: ISC
// The metrics of the daemon as Prometheus text, piece by piece: first what is of all together, then
// one family of the services after the other.
//
// Of a service that has counted nothing there is one line, so that a host with thousands of them,
// most of which are idle, has a text of some hundred kilobytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/reactor/metrics/metrics_view.h"
#include "core/reactor/text_source.h"

namespace uvinetd {

class MetricsSource final : public TextSource {
 public:
  // Services looked at for one piece: it may be short, even empty, where few have what it tells.
  static constexpr std::size_t kMostLooks = 1'024;

  // `view` is borrowed. The services are those that there are now; one that is gone by the time
  // that it would be told is passed over. `has_histograms`: each service's too, 1.5 KB for one.
  MetricsSource(const MetricsView& view, bool has_histograms);
  bool next(std::string& out) override;

 private:
  const MetricsView* view_;
  std::vector<std::uint32_t> keys_;
  bool has_histograms_;
  bool is_begun_ = false;
  std::size_t family_ = 0;
  std::size_t service_ = 0;  // its place in keys_
};

}  // namespace uvinetd
