// The objects of CONTRACT §2 and §5 as JSON.
#pragma once

#include <string>
#include <string_view>

#include "base/json_writer.h"
#include "livedrops/audit.h"
#include "livedrops/reply.h"
#include "server/json/fields.h"

namespace livedrops::server {

// All members that an object can have: what fields= may name.
inline constexpr std::string_view kProductFields[] = {
    "prodId",   "creatorId", "name",      "desc",      "price", "currency",
    "mediaUrl", "version",   "createdAt", "updatedAt", "drop",  "creator"};
inline constexpr std::string_view kDropFields[] = {
    "dropId",       "creatorId", "prodId",      "price",      "currency",     "initStock",
    "currentStock", "lowStock",  "maxPerOrder", "maxPerUser", "confirmation", "startTime",
    "endTime",      "status",    "version",     "serverTime"};
inline constexpr std::string_view kOrderFields[] = {
    "orderId", "userId",   "dropId", "productId", "quantity",
    "amount",  "currency", "status", "createdAt", "expiresAt"};

// What view=essential leaves of them: enough to draw a tile with a price and a countdown.
inline constexpr std::string_view kEssentialProductFields[] = {
    "prodId", "name", "price", "currency", "mediaUrl", "drop", "creator"};
inline constexpr std::string_view kEssentialDropFields[] = {
    "dropId",    "prodId",  "price",  "currency",  "currentStock",
    "startTime", "endTime", "status", "serverTime"};

void Write(const Order& order, JsonWriter* json, const FieldFilter& fields = {});
// `now` is told as serverTime, for countdowns.
void Write(const Drop& drop, Time now, JsonWriter* json, const FieldFilter& fields = {});
// `drop` and `creator` are written JSON to include; empty: not asked for.
void Write(const Product& product, JsonWriter* json, const FieldFilter& fields = {},
           std::string_view drop = {}, std::string_view creator = {});
// What a subscriber gets: type, eventId, what it is about, at, offset, and the stock and quantity
// when they are concerned. Nothing of who acted: that is for the audit.
void Write(const Event& event, JsonWriter* json);
// One row of the audit, with actor, subject and the chain's hash.
void WriteAudit(const Event& event, JsonWriter* json);

std::string ToJson(const Order& order);

}  // namespace livedrops::server
