#include "testing/conformance_text.h"

#include <algorithm>
#include <type_traits>

#include "base/hex.h"

namespace livedrops::conformance {
namespace {

// "order{seq=1 user=u}"
class Line {
 public:
  explicit Line(std::string_view kind) : text_(std::string(kind) + "{") {}

  template <class Value>
  Line& Add(std::string_view name, const Value& value) {
    if (text_.back() != '{') text_ += ' ';
    text_.append(name).append("=").append(ToText(value));
    return *this;
  }
  std::string Take() { return std::move(text_) + "}"; }

 private:
  template <class Value>
  static std::string ToText(const Value& value) {
    if constexpr (std::is_arithmetic_v<Value>) {
      return std::to_string(value);
    } else {
      return Text(value);
    }
  }
  template <class Tag>
  static std::string ToText(const Id<Tag>& id) {
    return id.str();
  }
  static std::string ToText(const OrderId& id) { return id.empty() ? "" : id.str(); }
  static std::string ToText(const Key& key) { return key.str(); }
  static std::string ToText(const Money& money) {
    return std::to_string(money.minor_units) + std::string(money.currency.view());
  }

  std::string text_;
};

}  // namespace

std::string Text(std::string_view value) { return std::string(value); }
std::string Text(std::int64_t value) { return std::to_string(value); }
std::string Text(Time value) { return std::to_string(ToMs(value)); }
std::string Text(const Hash& value) { return ToHex(value); }
std::string Text(const Head& value) {
  return Line("head").Add("seq", value.seq).Add("hash", value.hash).Take();
}

std::string Text(const OrderRow& row) {
  return Line("order row")
      .Add("seq", row.seq)
      .Add("drop_no", row.drop_no)
      .Add("aggregate_seq", row.aggregate_seq)
      .Add("at", row.at)
      .Add("user", row.user)
      .Add("actor", row.actor)
      .Add("key", row.key)
      .Add("quantity", row.quantity)
      .Add("amount", row.amount)
      .Add("balance", row.balance)
      .Add("ttl_seconds", row.ttl_seconds)
      .Add("order_id", ToHex(row.order_id))
      .Add("hash", row.hash)
      .Take();
}

std::string Text(const EventRow& row) {
  return Line("event row")
      .Add("seq", row.seq)
      .Add("type", ToString(row.type))
      .Add("aggregate", row.aggregate)
      .Add("aggregate_seq", row.aggregate_seq)
      .Add("at", row.at)
      .Add("actor", row.actor)
      .Add("subject", row.subject)
      .Add("body", row.body)
      .Add("key", row.key)
      .Add("fingerprint", row.fingerprint)
      .Add("drop_no", row.drop_no)
      .Add("order_seq", row.order_seq)
      .Add("delta", row.delta)
      .Add("balance", row.balance)
      .Add("creator", row.creator)
      .Add("user", row.user)
      .Add("hash", row.hash)
      .Take();
}

std::string Text(const OrderChange& row) {
  return Line("order state")
      .Add("seq", row.seq)
      .Add("status", ToString(row.status))
      .Add("quantity", row.quantity)
      .Add("expires_at", row.expires_at)
      .Take();
}

std::string Text(const Drop& drop) {
  return Line("drop")
      .Add("id", drop.id)
      .Add("creator", drop.creator)
      .Add("product", drop.product)
      .Add("price", drop.price)
      .Add("init_stock", drop.init_stock)
      .Add("adjust", drop.adjust)
      .Add("current_stock", drop.current_stock)
      .Add("held", drop.held)
      .Add("low_stock", drop.low_stock)
      .Add("max_per_order", drop.max_per_order)
      .Add("max_per_user", drop.max_per_user)
      .Add("confirmation", ToString(drop.confirmation))
      .Add("hold_seconds", drop.hold_seconds)
      .Add("start_time", drop.start_time)
      .Add("end_time", drop.end_time)
      .Add("version", drop.version)
      .Add("created_at", drop.created_at)
      .Take();
}

std::string Text(const DropRow& row) {
  return Line("drop row")
      .Add("drop_no", row.drop_no)
      .Add("drop", row.drop)
      .Add("started", row.started)
      .Add("paused", row.paused)
      .Add("ended", row.ended)
      .Add("cancelled", row.cancelled)
      .Add("fingerprint", row.fingerprint)
      .Add("changed_at", row.changed_at)
      .Take();
}

std::string Text(const Product& product) {
  return Line("product")
      .Add("id", product.id)
      .Add("creator", product.creator)
      .Add("name", product.name)
      .Add("description", product.description)
      .Add("price", product.price)
      .Add("media_url", product.media_url)
      .Add("version", product.version)
      .Add("created_at", product.created_at)
      .Add("updated_at", product.updated_at)
      .Take();
}

std::string Text(const ProductRow& row) {
  return Line("product row").Add("product", row.product).Add("deleted", row.deleted).Take();
}

std::string Text(const FollowEntry& follow) {
  return Line("follow")
      .Add("creator", follow.creator)
      .Add("user", follow.user)
      .Add("since", follow.since)
      .Take();
}

std::string Text(const CreatorRow& row) {
  return Line("creator row")
      .Add("id", row.id)
      .Add("followers", row.followers)
      .Add("aggregate_seq", row.aggregate_seq)
      .Take();
}

std::string Text(const UserRow& row) {
  return Line("user row")
      .Add("id", row.id)
      .Add("following", row.following)
      .Add("aggregate_seq", row.aggregate_seq)
      .Add("read_up_to", row.read_up_to)
      .Take();
}

std::string Text(const Account& account) {
  return Line("account")
      .Add("id", account.id)
      .Add("role", ToString(account.role))
      .Add("name", account.name)
      .Add("email", account.email)
      .Add("password_hash", account.password_hash)
      .Add("bio", account.bio)
      .Add("birthday", account.birthday)
      .Add("disabled", account.disabled)
      .Add("erased", account.erased)
      .Add("created_at", account.created_at)
      .Take();
}

std::string Text(const Session& session) {
  return Line("session")
      .Add("id", session.id)
      .Add("user", session.user)
      .Add("token_hash", session.token_hash)
      .Add("previous_token_hash", session.previous_token_hash)
      .Add("rotated_at", session.rotated_at)
      .Add("expires_at", session.expires_at)
      .Add("revoked", session.revoked)
      .Take();
}

std::string Text(const Order& order) {
  return Line("order")
      .Add("id", order.id)
      .Add("user", order.user)
      .Add("drop", order.drop)
      .Add("product", order.product)
      .Add("key", order.key)
      .Add("quantity", order.quantity)
      .Add("amount", order.amount)
      .Add("status", ToString(order.status))
      .Add("created_at", order.created_at)
      .Add("expires_at", order.expires_at ? Text(*order.expires_at) : "absent")
      .Add("seq", order.seq)
      .Take();
}

std::string Text(const Event& event) {
  return Line("event")
      .Add("seq", event.seq)
      .Add("type", ToString(event.type))
      .Add("aggregate", event.aggregate)
      .Add("aggregate_seq", event.aggregate_seq)
      .Add("at", event.at)
      .Add("actor", event.actor)
      .Add("subject", event.subject)
      .Add("drop", event.drop)
      .Add("creator", event.creator)
      .Add("user", event.user)
      .Add("order", event.order)
      .Add("body", event.body)
      .Add("delta", event.delta)
      .Add("balance", event.balance ? std::to_string(*event.balance) : "absent")
      .Add("hash", event.hash)
      .Take();
}

Status Same(const std::string& what, const std::string& expected, const std::string& found) {
  if (expected == found) return OkStatus();
  return {StatusCode::kBrokenInvariant, what + ": expected " + expected + ", found " + found};
}

Status Same(const std::string& what, const std::vector<std::string>& expected,
            const std::vector<std::string>& found) {
  for (std::size_t i = 0; i < std::max(expected.size(), found.size()); ++i) {
    Status status =
        Same(what + ", row " + std::to_string(i + 1), i < expected.size() ? expected[i] : "no row",
             i < found.size() ? found[i] : "no row");
    if (!status.ok()) return status;
  }
  return OkStatus();
}

}  // namespace livedrops::conformance
