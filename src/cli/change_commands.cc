// livedrops create-creator, create-product, create-drop, follow, order, confirm, cancel, restock.
#include <functional>
#include <iostream>

#include "cli/output.h"
#include "cli/shop.h"

namespace livedrops::cli {
namespace {

// A command that changes the shop: its options, and what it sends.
struct Change {
  CLI::App* command = nullptr;
  std::string url;
  std::string key;
  std::string actor;
};
using Shared = std::shared_ptr<Change>;

Shared AddChange(CLI::App& app, const char* name, const char* text) {
  auto change = std::make_shared<Change>();
  change->command = app.add_subcommand(name, text);
  AddStorageOption(change->command, &change->url);
  return change;
}

void AddKey(const Shared& change, const char* text) {
  change->command->add_option("--key", change->key, text)->type_name("KEY");
}
void AddActor(const Shared& change) {
  change->command->add_option("--actor", change->actor, "who acts, for the audit")->type_name("ID");
}

// What a refusal carries besides its outcome.
Json Refusal(const Reply& reply) {
  Json json;
  json["outcome"] = ToString(reply.outcome);
  json["detail"] = Explain(reply.outcome);
  const bool out = reply.outcome == Outcome::sold_out || reply.outcome == Outcome::held_out;
  if (out) json["remaining"] = reply.remaining;
  if (reply.retry_at) json["retryAt"] = ToText(*reply.retry_at);
  return json;
}

void PrintObject(const Json& json, Context* context) {
  if (context->json) return PrintLine(json);
  std::vector<std::pair<std::string, std::string>> facts;
  for (const auto& [name, value] : json.items()) {
    facts.emplace_back(name, value.is_string() ? value.get<std::string>() : value.dump());
  }
  PrintFacts(facts);
}

// The answer: the object with its outcome, exit code 0; or the refusal, exit code 1.
void Answer(const Reply& reply, Json json, Context* context) {
  if (!reply.status.ok()) return Fail(context, reply.status);
  const bool done = Granted(reply.outcome) || reply.outcome == Outcome::done ||
                    reply.outcome == Outcome::repeated;
  if (!done) {
    context->exit_code = kRefused;
    if (context->json) return PrintLine(Refusal(reply));
    Complain("refused, " + std::string(ToString(reply.outcome)) + ": " +
             std::string(Explain(reply.outcome)));
    return;
  }
  json["outcome"] = ToString(reply.outcome);
  if (reply.repeated) json["repeated"] = true;
  PrintObject(json, context);
}

// Opens the shop, sends the command, closes.
void Send(const Change& change, bool create, Context* context,
          const std::function<void(Service&)>& send) {
  auto service = OpenShop(change.url, create);
  if (!service.ok()) return Fail(context, service.status());
  send(**service);
  CloseShop(service->get(), context);
}

// The order a command names; not_found when the text is no order id at all.
std::optional<OrderId> NamedOrder(const std::string& text, Context* context) {
  const auto id = OrderId::Parse(text);
  if (!id) {
    Fail(context, {StatusCode::kInvalidArgument, "order \"" + text + "\" is no order id"});
  }
  return id;
}

bool ReadTime(const char* name, const std::string& text, std::optional<Time>* time,
              Context* context) {
  if (text.empty()) return true;
  *time = ParseTime(text);
  if (*time) return true;
  Fail(context, {StatusCode::kInvalidArgument,
                 std::string(name) + " \"" + text +
                     "\" is neither RFC 3339 (2026-12-01T12:00:00Z) nor milliseconds since 1970"});
  return false;
}

// --- creators, products, drops -------------------------------------------------------------------

void AddCreateCreator(CLI::App& app, Context* context) {
  const Shared change =
      AddChange(app, "create-creator", "make an account of a creator, print its id");
  auto account = std::make_shared<Account>();
  auto id = std::make_shared<std::string>();
  account->role = Role::creator;
  change->command->add_option("--name", account->name, "name")->required();
  change->command->add_option("--email", account->email, "email, unique over all accounts")
      ->required();
  change->command->add_option("--id", *id, "id; one is made when absent");
  change->command->add_option("--bio", account->bio, "what the creator tells about himself");
  AddActor(change);
  change->command->callback([=] {
    Send(*change, true, context, [&](Service& service) {
      CreateAccount create{*account, UserId(change->actor)};
      create.account.id = UserId(*id);
      const Reply reply = service.accounts().Create(create);
      Answer(reply, {{"creatorId", reply.id}}, context);
    });
  });
}

void AddCreateProduct(CLI::App& app, Context* context) {
  const Shared change = AddChange(app, "create-product", "make a product, print it");
  auto create = std::make_shared<CreateProduct>();
  auto ids = std::make_shared<std::pair<std::string, std::string>>();
  auto currency = std::make_shared<std::string>("USD");
  change->command->add_option("--id", ids->first, "id; one is made when absent");
  change->command->add_option("--creator", ids->second, "whose product it is")->required();
  change->command->add_option("--name", create->name, "name")->required();
  change->command->add_option("--desc", create->description, "description");
  change->command->add_option("--price", create->price.minor_units, "in minor units: 1999 is 19.99")
      ->required();
  change->command->add_option("--currency", *currency, "ISO 4217 code")->capture_default_str();
  AddKey(change, "makes a creation without an id repeatable");
  AddActor(change);
  change->command->callback([=] {
    const auto parsed = Currency::Parse(*currency);
    if (!parsed) {
      return Fail(context, {StatusCode::kInvalidArgument,
                            "currency \"" + *currency + "\" is no ISO 4217 code"});
    }
    create->price.currency = *parsed;
    create->id = ProductId(ids->first);
    create->creator = CreatorId(ids->second);
    create->key = Key(change->key);
    create->actor = UserId(change->actor);
    Send(*change, true, context, [&](Service& service) {
      const Reply reply = service.products().Create(*create);
      Answer(reply, reply.product ? ToJson(*reply.product) : Json::object(), context);
    });
  });
}

struct DropFlags {
  std::string id;
  std::string product;
  std::string creator;
  std::string start;
  std::string end;
  bool hold = false;
  CreateDrop create;
};

void OnCreateDrop(const Change& change, DropFlags* flags, Context* context) {
  CreateDrop& create = flags->create;
  std::optional<Time> end;
  if (!ReadTime("--start", flags->start, &create.start_time, context)) return;
  if (!ReadTime("--end", flags->end, &end, context)) return;
  create.end_time = end.value_or(Time());
  create.id = DropId(flags->id);
  create.product = ProductId(flags->product);
  create.creator = CreatorId(flags->creator);
  create.confirmation = flags->hold ? Confirmation::hold : Confirmation::direct;
  create.key = Key(change.key);
  create.actor = UserId(change.actor);
  Send(change, true, context, [&](Service& service) {
    const Reply reply = service.drops().Create(create);
    Answer(reply, reply.drop ? ToJson(*reply.drop, service.reads().Now()) : Json::object(),
           context);
  });
}

void AddCreateDrop(CLI::App& app, Context* context) {
  const Shared change = AddChange(app, "create-drop", "make a drop of a product, print it");
  auto flags = std::make_shared<DropFlags>();
  CreateDrop& create = flags->create;
  CLI::App* command = change->command;
  command->add_option("--id", flags->id, "id; one is made when absent");
  command->add_option("--product", flags->product, "what it sells")->required();
  command->add_option("--creator", flags->creator, "must be the product's creator");
  command->add_option("--stock", create.stock, "units for sale")->required();
  command->add_option("--start", flags->start, "RFC 3339 or milliseconds; absent: now");
  command->add_option("--end", flags->end, "RFC 3339 or milliseconds")->required();
  command->add_option("--low-stock", create.low_stock, "tell when so many units are left");
  command->add_option("--max-per-order", create.max_per_order, "0: no limit");
  command->add_option("--max-per-user", create.max_per_user, "0: no limit");
  command->add_flag("--hold", flags->hold, "orders hold their units until they are confirmed");
  command->add_option("--hold-seconds", create.hold_seconds, "how long a hold lives, 30 to 3600")
      ->capture_default_str();
  AddKey(change, "makes a creation without an id repeatable");
  AddActor(change);
  command->callback([=] { OnCreateDrop(*change, flags.get(), context); });
}

void AddRestock(CLI::App& app, Context* context) {
  const Shared change = AddChange(app, "restock", "add units to a drop, or take some out");
  auto drop = std::make_shared<std::string>();
  auto quantity = std::make_shared<std::int64_t>(0);
  change->command->add_option("drop,--drop", *drop, "drop id")->required();
  change->command->add_option("--quantity", *quantity, "units; negative takes out")->required();
  change->command->add_option("--key", change->key, "adjustment id: makes a retry safe")
      ->required();
  AddActor(change);
  change->command->callback([=] {
    Send(*change, false, context, [&](Service& service) {
      const Reply reply = service.drops().Restock(
          {DropId(*drop), *quantity, UserId(change->actor), Key(change->key)});
      Answer(reply, reply.drop ? ToJson(*reply.drop, service.reads().Now()) : Json::object(),
             context);
    });
  });
}

// --- follows -------------------------------------------------------------------------------------

void AddFollow(CLI::App& app, Context* context) {
  const Shared change = AddChange(app, "follow", "let a user follow a creator");
  auto ids = std::make_shared<std::pair<std::string, std::string>>();
  auto undo = std::make_shared<bool>(false);
  change->command->add_option("--creator", ids->first, "who is followed")->required();
  change->command->add_option("--user", ids->second, "who follows")->required();
  change->command->add_flag("--undo", *undo, "stop following");
  AddActor(change);
  change->command->callback([=] {
    Send(*change, false, context, [&](Service& service) {
      const Reply reply = service.follows().Set(
          {CreatorId(ids->first), UserId(ids->second), !*undo, UserId(change->actor)});
      Json json{{"creatorId", ids->first}, {"userId", ids->second}, {"following", !*undo}};
      if (reply.since) json["since"] = ToText(*reply.since);
      Answer(reply, std::move(json), context);
    });
  });
}

// --- orders --------------------------------------------------------------------------------------

struct OrderFlags {
  std::string drop;
  std::string user;
  std::string product;
  std::string deadline;
  std::optional<std::int32_t> ttl_seconds;
  bool hold = false;
  PlaceOrder order;
};

void OnOrder(const Change& change, OrderFlags* flags, Context* context) {
  PlaceOrder& order = flags->order;
  if (!ReadTime("--deadline", flags->deadline, &order.deadline, context)) return;
  order.drop = DropId(flags->drop);
  order.user = UserId(flags->user);
  order.product = ProductId(flags->product);
  order.key = Key(change.key);
  order.actor = UserId(change.actor);
  order.ttl_seconds = flags->ttl_seconds;
  if (flags->hold) order.hold = true;
  Send(change, false, context, [&](Service& service) {
    Reply reply = service.orders().Place(order);
    reply.order.user = order.user;
    Answer(reply, ToJson(reply.order), context);
  });
}

void AddOrder(CLI::App& app, Context* context) {
  const Shared change = AddChange(app, "order", "order units of a drop");
  auto flags = std::make_shared<OrderFlags>();
  CLI::App* command = change->command;
  command->add_option("--drop", flags->drop, "which drop")->required();
  command->add_option("--user", flags->user, "who orders")->required();
  command->add_option("--quantity", flags->order.quantity, "units")->capture_default_str();
  command->add_option("--key", change->key, "makes a retry safe: a new intent, a new key")
      ->required();
  command->add_option("--product", flags->product, "if given, it must be the drop's");
  command->add_option("--deadline", flags->deadline, "not decided from then on");
  command->add_flag("--hold", flags->hold, "hold the units until they are confirmed");
  command->add_option("--ttl-seconds", flags->ttl_seconds, "how long the hold lives, 30 to 3600");
  command->add_flag("--replace-hold", flags->order.replace_hold, "give the user's own hold back");
  AddActor(change);
  command->callback([=] { OnOrder(*change, flags.get(), context); });
}

// confirm and cancel are alike but for what they send.
template <class Command>
void AddOrderCommand(CLI::App& app, const char* name, const char* text,
                     Reply (Orders::*send)(const Command&), Context* context) {
  const Shared change = AddChange(app, name, text);
  auto id = std::make_shared<std::string>();
  auto quantity = std::make_shared<std::optional<std::int64_t>>();
  change->command->add_option("order,--order", *id, "order id")->required();
  change->command->add_option("--quantity", *quantity, "a part of its units");
  AddKey(change, "makes a retry safe");
  AddActor(change);
  change->command->callback([=] {
    const auto order = NamedOrder(*id, context);
    if (!order) return;
    Send(*change, false, context, [&](Service& service) {
      Orders orders = service.orders();
      const Reply reply =
          (orders.*send)({*order, *quantity, UserId(change->actor), Key(change->key)});
      Answer(reply, ToJson(reply.order), context);
    });
  });
}

}  // namespace

void AddChanges(CLI::App& app, Context* context) {
  AddCreateCreator(app, context);
  AddCreateProduct(app, context);
  AddCreateDrop(app, context);
  AddFollow(app, context);
  AddOrder(app, context);
  AddOrderCommand<ConfirmOrder>(app, "confirm", "turn a hold into a sale", &Orders::Confirm,
                                context);
  AddOrderCommand<CancelOrder>(app, "cancel", "return units of an order", &Orders::Cancel, context);
  AddRestock(app, context);
}

}  // namespace livedrops::cli
