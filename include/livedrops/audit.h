// Audit: the log itself, hash-chained; who did what to what, when.
#pragma once

#include "livedrops/reply.h"

namespace livedrops {

class ReadPort;

struct AuditFilter {
  std::string actor;
  std::optional<EventType> action;
  std::string subject;
  std::optional<Time> from;  // Inclusive.
  std::optional<Time> to;    // Exclusive.
  PageRequest page;
};

// Threading, Errors: as Orders (orders.h).
class Audit {
 public:
  explicit Audit(ReadPort* reads) : reads_(reads) {}

  // Newest first.
  Result<Page<Event>> List(const AuditFilter& filter = {});
  // Keep it outside of the database: a chain alone does not show that its tail was cut.
  Result<Head> ReadHead();

 private:
  ReadPort* reads_;
};

}  // namespace livedrops
