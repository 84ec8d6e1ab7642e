// What a row of the log looks like to its readers. For authors of storages: the text of an order's
// event is computed, not stored, and what a storage's lists and views show must agree to the byte
// with what the engine hashed.
#pragma once

#include <string>
#include <string_view>

#include "livedrops/spi/storage.h"

namespace livedrops {

// The body of an order's event: "drop=D&quantity=2&amount=3998&balance=98&ttl=0&key=K", with
// "&user=U" before the key when somebody else acted. The key comes last and unescaped. Appends, so
// that a hot loop can reuse its buffer.
void AppendOrderBody(const OrderRow& row, std::string_view drop_id, std::string* out);

// Who acted: the actor, or the user when there is none.
inline std::string_view ActorOf(const OrderRow& row) {
  return row.actor.empty() ? row.user : row.actor;
}
inline EventType TypeOf(const OrderRow& row) {
  return row.ttl_seconds == 0 ? EventType::orderConfirmed : EventType::orderHeld;
}

// The row as readers of events see it: what ListEvents and ReadChannel give.
Event ToEvent(const OrderRow& row, std::string_view drop_id);
// The same of any other row. An event of an order (order_seq is not 0) goes to the channel of the
// order's user: the storage sets Event::user, which this row does not know.
Event ToEvent(const EventRow& row);

}  // namespace livedrops
