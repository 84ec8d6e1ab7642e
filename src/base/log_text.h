// The text of a log row, in one place: the storages' views, the engine's hash chain and `verify`
// must agree on it to the byte.
#pragma once

#include <string>
#include <string_view>

#include "livedrops/spi/storage.h"

namespace livedrops {

// "drop=D&quantity=2&amount=3998&balance=98&ttl=0&key=K", with "&user=U" before the key when
// somebody else acted. The key comes last and unescaped. Appends, so that a hot loop can reuse its
// buffer.
void AppendOrderBody(const OrderRow& row, std::string_view drop_id, std::string* out);

// Who acted: the actor, or the user when there is none.
inline std::string_view ActorOf(const OrderRow& row) {
  return row.actor.empty() ? row.user : row.actor;
}
inline EventType TypeOf(const OrderRow& row) {
  return row.ttl_seconds == 0 ? EventType::orderConfirmed : EventType::orderHeld;
}

// The row as readers of events see it.
Event ToEvent(const OrderRow& row, std::string_view drop_id);
Event ToEvent(const EventRow& row);

}  // namespace livedrops
