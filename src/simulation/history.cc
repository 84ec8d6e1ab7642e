#include "simulation/history.h"

namespace livedrops::simulation {
namespace {

std::string Text(const std::optional<std::int64_t>& number) {
  return number ? std::to_string(*number) : "all";
}

std::string KeyText(const Key& key) { return key.empty() ? "" : " key=" + key.str(); }

std::string Of(const PlaceOrder& place) {
  std::string text = "place " + place.user.str() + "/" + place.drop.str() + KeyText(place.key) +
                     " quantity=" + std::to_string(place.quantity);
  if (!place.product.empty()) text += " product=" + place.product.str();
  if (place.hold) text += *place.hold ? " hold" : " direct";
  if (place.ttl_seconds) text += " ttl=" + std::to_string(*place.ttl_seconds);
  if (place.deadline) text += " deadline=" + std::to_string(ToMs(*place.deadline));
  if (place.replace_hold) text += " replace";
  return text;
}
std::string Of(const ConfirmOrder& confirm) {
  return "confirm " + confirm.order.str() + " " + Text(confirm.quantity) + KeyText(confirm.key);
}
std::string Of(const ExtendOrder& extend) {
  return "extend " + extend.order.str() + " " + std::to_string(extend.ttl_seconds) +
         KeyText(extend.key);
}
std::string Of(const CancelOrder& cancel) {
  return "cancel " + cancel.order.str() + " " + Text(cancel.quantity) + KeyText(cancel.key);
}
std::string Of(const Restock& restock) {
  return "restock " + restock.id.str() + " " + std::to_string(restock.quantity) +
         KeyText(restock.key);
}
std::string Of(const ChangeDrop& change) {
  constexpr const char* kActions[] = {"start", "pause", "resume", "end", "cancel"};
  return std::string(kActions[static_cast<int>(change.action)]) + " " + change.id.str() +
         KeyText(change.key);
}
std::string Of(const UpdateDrop& update) {
  return "update " + update.id.str() + KeyText(update.key);
}
std::string Of(const FollowCreator& follow) {
  return (follow.follow ? "follow " : "unfollow ") + follow.user.str() + "/" + follow.creator.str();
}
std::string Of(const MarkRead& mark) {
  return "read " + mark.user.str() + " up to " + std::to_string(mark.up_to);
}
std::string Of(const CreateProduct& create) { return "create product " + create.id.str(); }
std::string Of(const UpdateProduct& update) { return "update product " + update.id.str(); }
std::string Of(const CreateDrop& create) {
  return "create drop " + create.id.str() + " stock=" + std::to_string(create.stock);
}
template <class T>
std::string Of(const T&) {
  return "another request";
}

}  // namespace

std::string Describe(const Request& request) {
  return std::visit([](const auto& command) { return Of(command); }, request);
}

std::string Describe(const Reply& reply) {
  if (!reply.status.ok()) return reply.status.ToString();
  std::string text(ToString(reply.outcome));
  if (reply.repeated) text += " (repeated)";
  if (reply.seq != 0) text += " seq=" + std::to_string(reply.seq);
  if (!reply.order.id.empty()) {
    text += " order=" + std::to_string(reply.order.seq) +
            " quantity=" + std::to_string(reply.order.quantity) + " " +
            std::string(ToString(reply.order.status));
  }
  if (reply.outcome == Outcome::sold_out || reply.outcome == Outcome::held_out) {
    text += " remaining=" + std::to_string(reply.remaining);
  }
  return text;
}

}  // namespace livedrops::simulation
