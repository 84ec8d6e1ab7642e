#include "livedrops/spi/log_text.h"

#include <charconv>

#include "base/hex.h"

namespace livedrops {
namespace {

void AppendNumber(std::string_view name, std::int64_t value, std::string* out) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out->append(name).append(digits, static_cast<std::size_t>(end - digits));
}

}  // namespace

void AppendOrderBody(const OrderRow& row, std::string_view drop_id, std::string* out) {
  out->append("drop=").append(drop_id);
  AppendNumber("&quantity=", row.quantity, out);
  AppendNumber("&amount=", row.amount, out);
  AppendNumber("&balance=", row.balance, out);
  AppendNumber("&ttl=", row.ttl_seconds, out);
  if (!row.actor.empty()) out->append("&user=").append(row.user);
  out->append("&key=").append(row.key);
}

Event ToEvent(const OrderRow& row, std::string_view drop_id) {
  Event event;
  event.seq = row.seq;
  event.type = TypeOf(row);
  event.aggregate = "drop:" + std::string(drop_id);
  event.aggregate_seq = row.aggregate_seq;
  event.at = row.at;
  event.actor = ActorOf(row);
  event.order = OrderId(row.order_id);
  event.subject = event.order.str();
  event.drop = DropId(drop_id);
  event.user = UserId(row.user);
  AppendOrderBody(row, drop_id, &event.body);
  event.delta = -row.quantity;
  event.balance = row.balance;
  event.hash = row.hash;
  return event;
}

Event ToEvent(const EventRow& row) {
  Event event;
  event.seq = row.seq;
  event.type = row.type;
  event.aggregate = row.aggregate;
  event.aggregate_seq = row.aggregate_seq;
  event.at = row.at;
  event.actor = row.actor;
  event.subject = row.subject;
  if (row.aggregate.starts_with("drop:")) event.drop = DropId(row.aggregate.substr(5));
  event.creator = CreatorId(row.creator);
  event.user = UserId(row.user);
  if (row.order_seq != 0) event.order = OrderId::Parse(row.subject).value_or(OrderId());
  event.body = row.body;
  event.delta = row.delta;
  if (row.delta != 0) event.balance = row.balance;
  event.hash = row.hash;
  return event;
}

}  // namespace livedrops
