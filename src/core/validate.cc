#include "core/validate.h"

#include <algorithm>

namespace livedrops {
namespace {

constexpr std::int64_t kNameCharactersMax = 200;
constexpr std::int64_t kTextCharactersMax = 4'000;
constexpr std::int32_t kTtlSecondsMin = 30;
constexpr std::int32_t kTtlSecondsMax = 3'600;
// 9999-12-31T23:59:59.999Z: the last time that RFC 3339 can write.
constexpr std::int64_t kTimeMsMax = 253'402'300'799'999;

// What was given, so that it can stand in a message: short and printable.
std::string Quoted(std::string_view value) {
  std::string text = "\"";
  for (const char c : value.substr(0, 80)) text += c >= 0x20 && c < 0x7f ? c : '?';
  text += value.size() > 80 ? "...\"" : "\"";
  return text;
}

// Counts the characters of well-formed UTF-8; -1 when it is not.
// https://www.rfc-editor.org/rfc/rfc3629
std::int64_t CountCharacters(std::string_view text) {
  std::int64_t count = 0;
  for (std::size_t i = 0; i < text.size(); ++count) {
    const auto lead = static_cast<unsigned char>(text[i]);
    std::size_t length = 1;
    std::uint32_t code = lead;
    std::uint32_t least = 0;
    if (lead >= 0xf0 && lead < 0xf8) {
      length = 4, code = lead & 0x07, least = 0x10000;
    } else if (lead >= 0xe0) {
      length = 3, code = lead & 0x0f, least = 0x800;
    } else if (lead >= 0xc0) {
      length = 2, code = lead & 0x1f, least = 0x80;
    } else if (lead >= 0x80) {
      return -1;
    }
    if (lead >= 0xf8 || i + length > text.size()) return -1;
    for (std::size_t k = 1; k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xc0) != 0x80) return -1;
      code = code << 6 | (next & 0x3f);
    }
    const bool surrogate = code >= 0xd800 && code < 0xe000;
    if (code < least || code > 0x10ffff || surrogate || code == 0) return -1;
    i += length;
  }
  return count;
}

// Collects the first thing that is wrong.
class Checks {
 public:
  template <class Text>
  Checks& Id(const char* name, const Text& id) {
    if (!id.valid()) Fail(name, Quoted(id.view()), id.empty() ? "is empty" : "is no id");
    return *this;
  }
  template <class Text>
  Checks& OptionalId(const char* name, const Text& id) {
    return id.empty() ? *this : Id(name, id);
  }
  Checks& NeedsKey(const Key& key) {
    if (!key.valid()) Fail("key", Quoted(key.view()), key.empty() ? "is missing" : "is no key");
    return *this;
  }
  Checks& OptionalKey(const Key& key) { return key.empty() ? *this : NeedsKey(key); }
  Checks& Number(const char* name, std::int64_t value, std::int64_t least, std::int64_t most) {
    if (value < least || value > most) {
      Fail(name, std::to_string(value),
           "is not in " + std::to_string(least) + ".." + std::to_string(most));
    }
    return *this;
  }
  Checks& Number(const char* name, const std::optional<std::int64_t>& value, std::int64_t least,
                 std::int64_t most) {
    return value ? Number(name, *value, least, most) : *this;
  }
  Checks& Moment(const char* name, const std::optional<Time>& time) {
    return time ? Number(name, ToMs(*time), 0, kTimeMsMax) : *this;
  }
  Checks& Ttl(const char* name, const std::optional<std::int32_t>& seconds) {
    return seconds ? Number(name, *seconds, kTtlSecondsMin, kTtlSecondsMax) : *this;
  }
  Checks& Text(const char* name, std::string_view text, std::int64_t least, std::int64_t most) {
    const std::int64_t characters = CountCharacters(text);
    if (characters < 0) Fail(name, Quoted(text), "is not UTF-8");
    if (characters >= 0)
      Number((std::string("length of ") + name).c_str(), characters, least, most);
    return *this;
  }
  // A text that no message repeats.
  Checks& Secret(const char* name, std::string_view text) {
    if (CountCharacters(text) < 0) Fail(name, "(not repeated)", "is not UTF-8");
    return Number((std::string("length of ") + name).c_str(), std::ssize(text), 0,
                  kTextCharactersMax);
  }
  Status Take() { return std::move(status_); }

 private:
  void Fail(std::string_view name, const std::string& value, const std::string& why) {
    if (!status_.ok()) return;
    status_ = {StatusCode::kInvalidArgument, std::string(name) + " " + value + " " + why};
  }
  Status status_;
};

template <class Command>
Checks OrderCommand(const Command& command) {
  Checks checks;
  checks.OptionalId("actor", command.actor).OptionalKey(command.key);
  return checks;
}

Status Check(const ConfirmOrder& confirm) {
  return OrderCommand(confirm).Number("quantity", confirm.quantity, 1, kQuantityMax).Take();
}
Status Check(const ExtendOrder& extend) {
  return OrderCommand(extend).Ttl("ttl_seconds", extend.ttl_seconds).Take();
}
Status Check(const CancelOrder& cancel) {
  return OrderCommand(cancel).Number("quantity", cancel.quantity, 1, kQuantityMax).Take();
}

Status Check(const CreateProduct& create) {
  return Checks()
      .OptionalId("id", create.id)
      .Id("creator", create.creator)
      .Text("name", create.name, 1, kNameCharactersMax)
      .Text("description", create.description, 0, kTextCharactersMax)
      .Number("price", create.price.minor_units, 0, kMoneyMax)
      .OptionalId("actor", create.actor)
      .OptionalKey(create.key)
      .Take();
}
Status Check(const UpdateProduct& update) {
  Checks checks;
  checks.Id("id", update.id).OptionalId("actor", update.actor).OptionalKey(update.key);
  if (update.name) checks.Text("name", *update.name, 1, kNameCharactersMax);
  if (update.description) checks.Text("description", *update.description, 0, kTextCharactersMax);
  if (update.price) checks.Number("price", update.price->minor_units, 0, kMoneyMax);
  if (update.media_url) checks.Text("media_url", *update.media_url, 0, kTextCharactersMax);
  return checks.Take();
}
Status Check(const DeleteProduct& del) {
  return Checks().Id("id", del.id).OptionalId("actor", del.actor).OptionalKey(del.key).Take();
}

Status Check(const CreateDrop& create) {
  Checks checks;
  checks.OptionalId("id", create.id)
      .Id("product", create.product)
      .OptionalId("creator", create.creator)
      .Moment("start_time", create.start_time)
      .Moment("end_time", create.end_time)
      .Number("stock", create.stock, 0, kQuantityMax)
      .Number("low_stock", create.low_stock, 0, kQuantityMax)
      .Number("max_per_order", create.max_per_order, 0, kQuantityMax)
      .Number("max_per_user", create.max_per_user, 0, kQuantityMax)
      .Ttl("hold_seconds", create.hold_seconds)
      .OptionalId("actor", create.actor)
      .OptionalKey(create.key);
  if (create.start_time && create.end_time <= *create.start_time) {
    const std::int64_t start_ms = std::min(ToMs(*create.start_time), kTimeMsMax);
    checks.Number("end_time", ToMs(create.end_time), start_ms + 1, kTimeMsMax);
  }
  return checks.Take();
}
Status Check(const UpdateDrop& update) {
  return Checks()
      .Id("id", update.id)
      .Moment("start_time", update.start_time)
      .Moment("end_time", update.end_time)
      .Number("low_stock", update.low_stock, 0, kQuantityMax)
      .Number("max_per_order", update.max_per_order, 0, kQuantityMax)
      .Number("max_per_user", update.max_per_user, 0, kQuantityMax)
      .Number("price", update.price_minor_units, 0, kMoneyMax)
      .OptionalId("actor", update.actor)
      .OptionalKey(update.key)
      .Take();
}
Status Check(const ChangeDrop& change) {
  return Checks()
      .Id("id", change.id)
      .OptionalId("actor", change.actor)
      .OptionalKey(change.key)
      .Take();
}
Status Check(const Restock& restock) {
  Checks checks;
  checks.Id("id", restock.id)
      .Number("quantity", restock.quantity, -kQuantityMax, kQuantityMax)
      .OptionalId("actor", restock.actor)
      .NeedsKey(restock.key);
  if (restock.quantity == 0) checks.Number("quantity", 0, 1, kQuantityMax);
  return checks.Take();
}

Status Check(const FollowCreator& follow) {
  return Checks()
      .Id("creator", follow.creator)
      .Id("user", follow.user)
      .OptionalId("actor", follow.actor)
      .Take();
}
Status Check(const MarkRead& mark) { return Checks().Id("user", mark.user).Take(); }

Status Check(const CreateAccount& create) {
  return Checks()
      .OptionalId("id", create.account.id)
      .Text("name", create.account.name, 1, kNameCharactersMax)
      .Text("email", create.account.email, 3, 254)
      .Text("bio", create.account.bio, 0, kTextCharactersMax)
      .Text("birthday", create.account.birthday, 0, kNameCharactersMax)
      .Secret("password_hash", create.account.password_hash)
      .OptionalId("actor", create.actor)
      .Take();
}
Status Check(const UpdateAccount& update) {
  Checks checks;
  checks.Id("id", update.id).OptionalId("actor", update.actor);
  if (update.name) checks.Text("name", *update.name, 1, kNameCharactersMax);
  if (update.bio) checks.Text("bio", *update.bio, 0, kTextCharactersMax);
  if (update.password_hash) checks.Secret("password_hash", *update.password_hash);
  return checks.Take();
}
Status Check(const ChangeAccount& change) {
  return Checks().Id("id", change.id).OptionalId("actor", change.actor).Take();
}
Status Check(const OpenSession& open) {
  return Checks()
      .OptionalId("id", UserId(open.session.id))
      .Id("user", open.session.user)
      .Secret("token_hash", open.session.token_hash)
      .Secret("previous_token_hash", open.session.previous_token_hash)
      .Take();
}
Status Check(const RotateSession& rotate) {
  return Checks().Id("id", UserId(rotate.id)).Secret("new_hash", rotate.new_hash).Take();
}
Status Check(const RevokeSession& revoke) { return Checks().Id("id", UserId(revoke.id)).Take(); }

}  // namespace

Status Validate(const PlaceOrder& order) {
  const bool good = order.drop.valid() && order.user.valid() && order.key.valid() &&
                    order.quantity >= 1 && order.quantity <= kQuantityMax &&
                    order.product.empty() && order.actor.empty() && !order.ttl_seconds;
  if (good) return OkStatus();  // The hot path: no builder.
  return Checks()
      .Id("drop", order.drop)
      .Id("user", order.user)
      .NeedsKey(order.key)
      .Number("quantity", order.quantity, 1, kQuantityMax)
      .OptionalId("product", order.product)
      .OptionalId("actor", order.actor)
      .Ttl("ttl_seconds", order.ttl_seconds)
      .Take();
}

Status Validate(const Request& request) {
  return std::visit(
      [](const auto& command) {
        if constexpr (std::is_same_v<std::decay_t<decltype(command)>, PlaceOrder>) {
          return Validate(command);
        } else {
          return Check(command);
        }
      },
      request);
}

Status ValidatePage(const PageRequest& page) {
  return Checks().Number("limit", page.limit, 1, 100).Take();
}

std::string FoldEmail(std::string email) {
  for (char& c : email) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return email;
}

Status InvalidId(std::string_view name, std::string_view text) {
  return {StatusCode::kInvalidArgument,
          std::string(name) + " " + Quoted(text) + (text.empty() ? " is empty" : " is no id")};
}

Status ValidateId(std::string_view name, std::string_view id) {
  return Checks().Id(std::string(name).c_str(), UserId(id)).Take();
}

}  // namespace livedrops
