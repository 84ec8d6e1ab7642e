// The gateway's read caches, and what makes them forget.
#pragma once

#include <span>
#include <string>

#include "livedrops/service.h"
#include "server/gateway/metrics.h"
#include "server/gateway/read_cache.h"

namespace livedrops::server {

// An answer that anybody may get.
struct PublicPage {
  std::shared_ptr<const std::string> body;
  std::string tag;
};

// Threading: any thread.
struct Caches {
  // Rows, not drops: the status follows from the row and the time of the answer.
  ReadCache<DropRow> drops{std::chrono::milliseconds(1000), 16'384};
  // By the request's target. Only what products alone decide: what shows drops is not kept.
  ReadCache<PublicPage> products{std::chrono::milliseconds(5000), 4096};

  // The drop as of now. Errors: as Drops::Get.
  Result<Drop> GetDrop(Service& service, const DropId& id);

  // A change was made here: forget before its answer is sent.
  void Apply(const Reply& reply);
  // Changes that anybody made, from the log.
  void Apply(std::span<const Event> events);

  void Write(MetricsText* text) const;
};

}  // namespace livedrops::server
