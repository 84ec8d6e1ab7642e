// Drops: limited sales of one product, with a window, a stock and limits.
#pragma once

#include "livedrops/reply.h"

namespace livedrops {

class RequestPort;
class ReadPort;

// Without an id one is made. Repeating a creation: as CreateProduct.
struct CreateDrop {
  DropId id;
  ProductId product;
  CreatorId creator;               // Empty: the product's creator. Somebody else: conflict.
  std::optional<Time> start_time;  // Absent: now.
  Time end_time;                   // Later than now and than start_time, up to the year 9999.
  std::int64_t stock = 0;          // 0 to 2^31-1; becomes init_stock.
  std::int64_t low_stock = 0;      // 0 to 2^31-1.
  std::int64_t max_per_order = 0;  // 0: no limit.
  std::int64_t max_per_user = 0;   // 0: no limit.
  Confirmation confirmation = Confirmation::direct;
  std::int32_t hold_seconds = 600;  // 30 to 3600.
  UserId actor;                     // Empty: the creator.
  Key key;                          // Optional. Scope: actor.
};

// Changes what is given. start_time and price only while scheduled; end_time only to later than
// now.
struct UpdateDrop {
  DropId id;
  std::optional<Time> start_time;
  std::optional<Time> end_time;
  std::optional<std::int64_t> low_stock;
  std::optional<std::int64_t> max_per_order;
  std::optional<std::int64_t> max_per_user;
  std::optional<std::int64_t> price_minor_units;
  std::optional<std::uint64_t> if_version;
  UserId actor;
  Key key;  // Optional. Scope: (actor, drop).
};

// start: starts a scheduled drop now. pause: stops new orders; holds still confirm and end_time
// does not move. resume. end: sets end_time to now. cancel: also cancels the live holds; confirmed
// orders are the host's. Repeating what already holds is `done` with Reply::repeated.
enum class DropAction : std::uint8_t { start, pause, resume, end, cancel };

struct ChangeDrop {
  DropId id;
  DropAction action = DropAction::start;
  UserId actor;
  Key key;  // Optional. Scope: (actor, drop).
};

// Adds units, or takes out up to current_stock of them (more: drop_state).
struct Restock {
  DropId id;
  std::int64_t quantity = 0;  // Not 0; -(2^31-1) to 2^31-1.
  UserId actor;
  Key key;  // Demanded. Scope: drop: the adjustment id that makes a retry safe.
};

struct DropFilter {
  std::optional<DropStatus> status;
  CreatorId creator;
  PageRequest page;
};

// Threading, Errors: as Orders (orders.h).
class Drops {
 public:
  Drops(RequestPort* requests, ReadPort* reads) : requests_(requests), reads_(reads) {}

  Reply Create(const CreateDrop& create);
  Reply Update(const UpdateDrop& update);
  Reply Change(const ChangeDrop& change);
  Reply Restock(const livedrops::Restock& restock);

  // Status as of now: what is due by the clock is taken into account.
  Result<Drop> Get(const DropId& id);
  // Newest first, ties by id.
  Result<Page<Drop>> List(const DropFilter& filter = {});

 private:
  RequestPort* requests_;
  ReadPort* reads_;
};

}  // namespace livedrops
