#include "tests/scenarios/engine_shop.h"

#include <stdexcept>

namespace livedrops::scenarios {
namespace {

std::optional<Time> TimeOf(const Step& step, const std::string& name) {
  const auto text = step.option(name);
  if (!text) return std::nullopt;
  const auto offset = ParseTime(*text);
  if (!offset) throw std::runtime_error("no time: " + *text);
  return TimeFromMs(kScenarioStartMs + *offset);
}

std::optional<std::int64_t> NumberOf(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  return std::stoll(*text);
}

std::optional<std::int64_t> NumberOf(const Step& step, const std::string& name) {
  return NumberOf(step.option(name));
}

std::optional<std::int64_t> NumberAt(const Step& step, std::size_t place) {
  if (place >= step.words.size()) return std::nullopt;
  return std::stoll(step.words[place]);
}

std::string Offset(Time time) { return TimeText(ToMs(time) - kScenarioStartMs); }

void AddDrop(const Drop& drop, Answer* answer) {
  auto& facts = answer->facts;
  facts["stock"] = std::to_string(drop.current_stock);
  facts["held"] = std::to_string(drop.held);
  facts["init"] = std::to_string(drop.init_stock);
  facts["adjust"] = std::to_string(drop.adjust);
  facts["status"] = std::string(ToString(drop.status));
  facts["start"] = Offset(drop.start_time);
  facts["end"] = Offset(drop.end_time);
  facts["price"] = std::to_string(drop.price.minor_units);
  facts["version"] = std::to_string(drop.version);
}

void AddOrder(const Order& order, Answer* answer) {
  auto& facts = answer->facts;
  facts["quantity"] = std::to_string(order.quantity);
  facts["amount"] = std::to_string(order.amount.minor_units);
  facts["status"] = std::string(ToString(order.status));
  facts["created"] = Offset(order.created_at);
  if (order.expires_at) facts["expires"] = Offset(*order.expires_at);
}

Answer AnswerOf(const Status& status) {
  Answer answer;
  answer.words = {std::string(status.ok() ? "done" : ToString(status.code()))};
  answer.detail = status.message();
  return answer;
}

}  // namespace

EngineShop::EngineShop(OpenStorage open) : open_storage_(std::move(open)) {
  options_.clock = &clock_;
  options_.ids = &ids_;
}
EngineShop::~EngineShop() = default;

const std::map<std::string, EngineShop::Handler>& EngineShop::Handlers() {
  static const std::map<std::string, Handler> handlers = {
      {"options", &EngineShop::Options},
      {"at", &EngineShop::At},
      {"restart", &EngineShop::Restart},
      {"product", &EngineShop::MakeProduct},
      {"update-product", &EngineShop::ChangeProduct},
      {"delete-product", &EngineShop::RemoveProduct},
      {"drop", &EngineShop::MakeDrop},
      {"update", &EngineShop::ChangeFacts},
      {"start", &EngineShop::Act},
      {"pause", &EngineShop::Act},
      {"resume", &EngineShop::Act},
      {"end", &EngineShop::Act},
      {"cancel-drop", &EngineShop::Act},
      {"restock", &EngineShop::AddStock},
      {"order", &EngineShop::Place},
      {"confirm", &EngineShop::Confirm},
      {"extend", &EngineShop::Extend},
      {"cancel", &EngineShop::Cancel},
      {"follow", &EngineShop::SetFollow},
      {"unfollow", &EngineShop::SetFollow},
      {"account", &EngineShop::MakeAccount},
      {"expect", &EngineShop::ExpectDrop},
      {"expect-order", &EngineShop::ExpectOrder},
      {"expect-followers", &EngineShop::ExpectFollowers},
      {"events", &EngineShop::ListEvents},
  };
  return handlers;
}

std::optional<Answer> EngineShop::Do(const Step& step) {
  const auto handler = Handlers().find(step.verb());
  if (handler == Handlers().end()) return std::nullopt;
  try {
    if (engine_ == nullptr && step.verb() != "options") Open();
    return (this->*handler->second)(step);
  } catch (const std::exception& bad) {
    Answer answer;
    answer.words = {"unreadable"};
    answer.detail = bad.what();
    return answer;
  }
}

// The shop that every scenario begins with: product p1 of creator c1 for 10.00.
void EngineShop::Open() {
  auto engine = Engine::Open(open_storage_(), options_);
  if (!engine.ok()) throw std::runtime_error(engine.status().ToString());
  engine_ = std::move(*engine);
  if (engine_->products().Get(ProductId("p1")).ok()) return;
  CreateProduct product;
  product.id = ProductId("p1");
  product.creator = CreatorId("c1");
  product.name = "p1";
  product.price.minor_units = 1000;
  const Reply reply = engine_->products().Create(product);
  if (!reply.status.ok()) throw std::runtime_error(reply.status.ToString());
}

Answer EngineShop::AnswerOf(const Reply& reply) const {
  if (!reply.status.ok()) return scenarios::AnswerOf(reply.status);
  Answer answer;
  answer.words = {std::string(ToString(reply.outcome))};
  answer.repeated = reply.repeated;
  if (reply.drop != nullptr) AddDrop(*reply.drop, &answer);
  if (!reply.order.id.empty()) AddOrder(reply.order, &answer);
  if (reply.outcome == Outcome::sold_out || reply.outcome == Outcome::held_out) {
    answer.facts["remaining"] = std::to_string(reply.remaining);
  }
  if (reply.retry_at) answer.facts["retry"] = Offset(*reply.retry_at);
  if (reply.product != nullptr) {
    answer.facts["price"] = std::to_string(reply.product->price.minor_units);
    answer.facts["version"] = std::to_string(reply.product->version);
  }
  if (reply.since) answer.facts["since"] = Offset(*reply.since);
  return answer;
}

Answer EngineShop::Options(const Step& step) {
  const std::string late = step.option("lateConfirm").value_or("refuse");
  options_.late_confirm = late == "refund"   ? LateConfirm::refund
                          : late == "rehold" ? LateConfirm::rehold
                                             : LateConfirm::refuse;
  const bool cancel = step.option("holdsAtEnd").value_or("confirm") == "cancel";
  options_.holds_at_end = cancel ? HoldsAtEnd::cancel : HoldsAtEnd::confirm;
  const std::int64_t holds = NumberOf(step, "liveHoldsPerUser").value_or(100);
  options_.live_holds_per_user_max = static_cast<int>(holds);
  return scenarios::AnswerOf(OkStatus());
}

Answer EngineShop::At(const Step& step) {
  const auto offset = ParseTime(step.word(1));
  if (!offset) throw std::runtime_error("no time: " + step.word(1));
  clock_.Set(TimeFromMs(kScenarioStartMs + *offset));
  return scenarios::AnswerOf(OkStatus());
}

Answer EngineShop::Restart(const Step&) {
  engine_.reset();
  Open();
  return scenarios::AnswerOf(OkStatus());
}

Answer EngineShop::MakeProduct(const Step& step) {
  CreateProduct create;
  create.id = ProductId(step.word(1));
  create.creator = CreatorId(step.option("creator").value_or("c1"));
  create.name = step.option("name").value_or(step.word(1));
  create.price.minor_units = NumberOf(step, "price").value_or(1000);
  create.key = Key(step.option("key").value_or(""));
  return AnswerOf(engine_->products().Create(create));
}

Answer EngineShop::ChangeProduct(const Step& step) {
  UpdateProduct update;
  update.id = ProductId(step.word(1));
  update.name = step.option("name");
  if (const auto price = NumberOf(step, "price")) update.price = Money{*price, Currency()};
  if (const auto version = NumberOf(step, "ifVersion")) {
    update.if_version = static_cast<std::uint64_t>(*version);
  }
  return AnswerOf(engine_->products().Update(update));
}

Answer EngineShop::RemoveProduct(const Step& step) {
  DeleteProduct del;
  del.id = ProductId(step.word(1));
  return AnswerOf(engine_->products().Delete(del));
}

Answer EngineShop::MakeDrop(const Step& step) {
  CreateDrop create;
  create.id = DropId(step.word(1));
  create.product = ProductId(step.option("product").value_or("p1"));
  create.creator = CreatorId(step.option("creator").value_or(""));
  create.start_time = TimeOf(step, "start");
  create.end_time = TimeOf(step, "end").value_or(TimeFromMs(kScenarioStartMs + 3'600'000));
  create.stock = NumberOf(step, "stock").value_or(10);
  create.low_stock = NumberOf(step, "lowStock").value_or(0);
  create.max_per_order = NumberOf(step, "maxPerOrder").value_or(0);
  create.max_per_user = NumberOf(step, "maxPerUser").value_or(0);
  const bool hold = step.option("confirmation").value_or("direct") == "hold";
  create.confirmation = hold ? Confirmation::hold : Confirmation::direct;
  create.hold_seconds = static_cast<std::int32_t>(NumberOf(step, "holdSeconds").value_or(600));
  create.key = Key(step.option("key").value_or(""));
  return AnswerOf(engine_->drops().Create(create));
}

Answer EngineShop::ChangeFacts(const Step& step) {
  UpdateDrop update;
  update.id = DropId(step.word(1));
  update.start_time = TimeOf(step, "start");
  update.end_time = TimeOf(step, "end");
  update.low_stock = NumberOf(step, "lowStock");
  update.max_per_order = NumberOf(step, "maxPerOrder");
  update.max_per_user = NumberOf(step, "maxPerUser");
  update.price_minor_units = NumberOf(step, "price");
  if (const auto version = NumberOf(step, "ifVersion")) {
    update.if_version = static_cast<std::uint64_t>(*version);
  }
  update.key = Key(step.option("key").value_or(""));
  return AnswerOf(engine_->drops().Update(update));
}

Answer EngineShop::Act(const Step& step) {
  static const std::map<std::string, DropAction> actions = {{"start", DropAction::start},
                                                            {"pause", DropAction::pause},
                                                            {"resume", DropAction::resume},
                                                            {"end", DropAction::end},
                                                            {"cancel-drop", DropAction::cancel}};
  ChangeDrop change;
  change.id = DropId(step.word(1));
  change.action = actions.at(step.verb());
  change.key = Key(step.option("key").value_or(""));
  return AnswerOf(engine_->drops().Change(change));
}

Answer EngineShop::AddStock(const Step& step) {
  Restock restock;
  restock.id = DropId(step.word(1));
  restock.quantity = NumberAt(step, 2).value_or(0);
  restock.key = Key(step.option("key").value_or(""));
  return AnswerOf(engine_->drops().Restock(restock));
}

Answer EngineShop::Place(const Step& step) {
  PlaceOrder order;
  order.drop = DropId(step.word(1));
  order.user = UserId(step.word(2));
  order.key = Key(step.word(3));
  order.quantity = NumberAt(step, 4).value_or(1);
  order.product = ProductId(step.option("product").value_or(""));
  order.deadline = TimeOf(step, "deadline");
  if (const auto hold = step.option("hold")) order.hold = *hold == "yes";
  if (const auto ttl = NumberOf(step, "ttl")) order.ttl_seconds = static_cast<std::int32_t>(*ttl);
  order.replace_hold = step.option("replaceHold").value_or("no") == "yes";
  order.actor = UserId(step.option("actor").value_or(""));
  const Reply reply = engine_->orders().Place(order);
  const std::string name = step.word(1) + "/" + step.word(2) + "/" + step.word(3);
  if (reply.status.ok() && Granted(reply.outcome)) orders_[name] = reply.order.id;
  Answer answer = AnswerOf(reply);
  // A repeated order has the first one's id.
  const bool other = reply.outcome == Outcome::repeated && orders_.contains(name) &&
                     orders_.at(name) != reply.order.id;
  if (other) answer.words = {"repeated-with-another-id"};
  return answer;
}

// A name that stands for no order stands for an unknown one.
OrderId EngineShop::OrderOf(const std::string& name) const {
  const auto found = orders_.find(name);
  if (found != orders_.end()) return found->second;
  return OrderId::Parse("01890a5d-ac96-774b-bcce-b302099a8057").value_or(OrderId());
}

Answer EngineShop::Confirm(const Step& step) {
  ConfirmOrder confirm;
  confirm.order = OrderOf(step.word(1));
  confirm.quantity = NumberAt(step, 2);
  confirm.key = Key(step.option("key").value_or(""));
  return AnswerOf(engine_->orders().Confirm(confirm));
}

Answer EngineShop::Extend(const Step& step) {
  ExtendOrder extend;
  extend.order = OrderOf(step.word(1));
  extend.ttl_seconds = static_cast<std::int32_t>(NumberAt(step, 2).value_or(600));
  extend.key = Key(step.option("key").value_or(""));
  return AnswerOf(engine_->orders().Extend(extend));
}

Answer EngineShop::Cancel(const Step& step) {
  CancelOrder cancel;
  cancel.order = OrderOf(step.word(1));
  cancel.quantity = NumberAt(step, 2);
  cancel.key = Key(step.option("key").value_or(""));
  return AnswerOf(engine_->orders().Cancel(cancel));
}

Answer EngineShop::SetFollow(const Step& step) {
  FollowCreator follow;
  follow.creator = CreatorId(step.word(1));
  follow.user = UserId(step.word(2));
  follow.follow = step.verb() == "follow";
  return AnswerOf(engine_->follows().Set(follow));
}

Answer EngineShop::MakeAccount(const Step& step) {
  CreateAccount create;
  create.account.id = UserId(step.word(1));
  create.account.name = step.word(1);
  create.account.email = step.option("email").value_or("");
  return AnswerOf(engine_->accounts().Create(create));
}

Answer EngineShop::ExpectDrop(const Step& step) {
  if (Status advanced = engine_->Advance(); !advanced.ok()) return scenarios::AnswerOf(advanced);
  const auto drop = engine_->drops().Get(DropId(step.word(1)));
  Answer answer = scenarios::AnswerOf(drop.ok() ? OkStatus() : drop.status());
  if (drop.ok()) AddDrop(*drop, &answer);
  return answer;
}

Answer EngineShop::ExpectOrder(const Step& step) {
  if (Status advanced = engine_->Advance(); !advanced.ok()) return scenarios::AnswerOf(advanced);
  const auto order = engine_->orders().Get(OrderOf(step.word(1)));
  Answer answer = scenarios::AnswerOf(order.ok() ? OkStatus() : order.status());
  if (order.ok()) AddOrder(*order, &answer);
  return answer;
}

Answer EngineShop::ExpectFollowers(const Step& step) {
  const auto page = engine_->follows().Followers(CreatorId(step.word(1)));
  Answer answer = scenarios::AnswerOf(page.ok() ? OkStatus() : page.status());
  if (page.ok()) answer.facts["total"] = std::to_string(page->total);
  return answer;
}

Answer EngineShop::ListEvents(const Step& step) {
  Answer answer;
  if (Status advanced = engine_->Advance(); !advanced.ok()) return scenarios::AnswerOf(advanced);
  const auto events = engine_->notifications().Log(0, 10'000);
  if (!events.ok()) return scenarios::AnswerOf(events.status());
  for (const Event& event : *events) {
    if (event.aggregate != "drop:" + step.word(1)) continue;
    std::string text(ToString(event.type));
    // `events d1 times=yes` also checks when.
    if (step.option("times")) text += "@" + Offset(event.at);
    answer.words.push_back(text);
  }
  return answer;
}

}  // namespace livedrops::scenarios
