// Decisions on products, follows, accounts and sessions.
#include "base/form.h"
#include "core/decider.h"
#include "core/validate.h"

namespace livedrops {
namespace {

std::string BodyOf(const CreateProduct& create) {
  return FormWriter()
      .Add("creator", create.creator.view())
      .Add("name", create.name)
      .Add("desc", create.description)
      .Add("price", create.price.minor_units)
      .Add("currency", create.price.currency.view())
      .Take();
}

std::string BodyOf(const UpdateProduct& update) {
  FormWriter body;
  if (update.name) body.Add("name", *update.name);
  if (update.description) body.Add("desc", *update.description);
  if (update.price) {
    body.Add("price", update.price->minor_units).Add("currency", update.price->currency.view());
  }
  if (update.media_url) body.Add("media", *update.media_url);
  return body.Take();
}

Product ProductAsCreated(const CreateProduct& create, const std::string& id, Time at) {
  return {
      ProductId(id), create.creator, create.name, create.description, create.price, "", 1, at, at};
}

// False when the reply is made: the thing is not there, or cannot be read.
template <class T>
bool Found(const Result<T>& read, Reply* reply) {
  if (read.ok()) return true;
  if (read.status().code() == StatusCode::kNotFound) {
    reply->outcome = Outcome::not_found;
  } else {
    reply->status = read.status();
  }
  return false;
}

}  // namespace

void Decider::Decide(const FollowCreator& follow, Reply* reply) {
  const bool follows = state_.IsFollowing(follow.creator.view(), follow.user.view());
  reply->outcome = Outcome::done;
  if (follows == follow.follow) {
    reply->repeated = true;
    return;
  }
  const EventType type = follow.follow ? EventType::followed : EventType::unfollowed;
  const UserId& actor = follow.actor.empty() ? follow.user : follow.actor;
  EventRow row = CreatorEvent(type, follow.creator.view(), follow.user.view(), actor.view());
  row.body = FormWriter().Add("creator", follow.creator.view()).Take();
  Emit(std::move(row));
  reply->seq = state_.head().seq;
  if (follow.follow) reply->since = now_;
}

void Decider::Decide(const CreateProduct& create, const PendingTables& tables, Reply* reply) {
  const std::string body = BodyOf(create);
  const std::string text = create.id.str() + "&" + body;
  const UserId actor = create.actor.empty() ? UserId(create.creator.view()) : create.actor;
  Command command = Identify("createProduct", actor, create.key, text);
  if (create.key.empty() && !create.id.empty()) {
    // The id makes a creation repeatable too, whatever became of the product since.
    command.scoped_key = "createProduct|id|" + create.id.str();
    command.fingerprint = Fingerprint(text);
  }
  const KeyCheck key = CheckKey(&command, reply);
  if (key == KeyCheck::kDiffers) {
    if (create.key.empty()) reply->outcome = Outcome::conflict;
    return;
  }
  if (key == KeyCheck::kRepeated && create.id.empty()) {
    // Whoever gave no id is told of the product that was made, whatever became of it since.
    reply->product = std::make_shared<Product>(
        ProductAsCreated(create, command.earlier->subject, command.earlier->at));
    return;
  }
  std::string id = create.id.str();
  if (!id.empty()) {
    const Result<Product> earlier = tables.GetProduct(ProductId(id));
    if (earlier.ok()) {
      const bool same =
          key == KeyCheck::kRepeated ||
          (earlier->creator == create.creator && earlier->version == 1 &&
           earlier->name == create.name && earlier->description == create.description &&
           earlier->price == create.price);
      reply->outcome = same ? Outcome::done : Outcome::conflict;
      reply->repeated = same;
      if (same) reply->product = std::make_shared<Product>(*earlier);
      return;
    }
    if (earlier.status().code() != StatusCode::kNotFound || key == KeyCheck::kRepeated) {
      // Deleted since then: an id is not given to another product.
      return (void)Found(earlier, reply);
    }
  }
  if (id.empty()) id = options_.ids->NewId(now_);
  ProductRow made;
  made.product = ProductAsCreated(create, id, now_);
  EventRow row = CreatorEvent(EventType::productCreated, create.creator.view(), id, actor.view());
  row.creator = create.creator.view();
  row.body = body;
  EmitForCommand(std::move(row), command, reply);
  reply->product = std::make_shared<Product>(made.product);
  batch_->products.push_back(std::move(made));
}

void Decider::Decide(const UpdateProduct& update, const PendingTables& tables, Reply* reply) {
  const std::string body = BodyOf(update);
  Command command = Identify("updateProduct|" + update.id.str(), update.actor, update.key, body);
  const KeyCheck key = CheckKey(&command, reply);
  if (key == KeyCheck::kDiffers) return;
  Result<Product> product = tables.GetProduct(update.id);
  if (!Found(product, reply)) return;
  if (key == KeyCheck::kNew && update.if_version && *update.if_version != product->version) {
    reply->outcome = Outcome::precondition_failed;
  } else if (key == KeyCheck::kNew && !body.empty()) {
    if (update.name) product->name = *update.name;
    if (update.description) product->description = *update.description;
    if (update.price) product->price = *update.price;
    if (update.media_url) product->media_url = *update.media_url;
    ++product->version;
    product->updated_at = now_;
    EventRow row = CreatorEvent(EventType::productUpdated, product->creator.view(),
                                update.id.view(), command.actor.view());
    row.creator = product->creator.view();
    row.body = body;
    EmitForCommand(std::move(row), command, reply);
    batch_->products.push_back({*product, false});
  } else {
    reply->repeated = true;
  }
  reply->product = std::make_shared<Product>(*product);
}

void Decider::Decide(const DeleteProduct& del, const PendingTables& tables, Reply* reply) {
  Command command = Identify("deleteProduct|" + del.id.str(), del.actor, del.key, "");
  if (CheckKey(&command, reply) != KeyCheck::kNew) return;
  const Result<Product> product = tables.GetProduct(del.id);
  if (!Found(product, reply)) return;
  if (del.if_version && *del.if_version != product->version) {
    reply->outcome = Outcome::precondition_failed;
    return;
  }
  if (state_.SellsProduct(del.id.view())) {
    reply->outcome = Outcome::drop_state;
    return;
  }
  EventRow row = CreatorEvent(EventType::productDeleted, product->creator.view(), del.id.view(),
                              command.actor.view());
  row.creator = product->creator.view();
  EmitForCommand(std::move(row), command, reply);
  ProductRow gone{*product, true};
  ++gone.product.version;
  gone.product.updated_at = now_;
  batch_->products.push_back(std::move(gone));
}

void Decider::Decide(const CreateAccount& create, const PendingTables& tables, Reply* reply) {
  Account account = create.account;
  if (!account.id.empty()) {
    const Result<Account> earlier = tables.GetAccount(account.id);
    if (earlier.ok()) reply->outcome = Outcome::conflict;
    if (!earlier.ok() && earlier.status().code() != StatusCode::kNotFound) {
      reply->status = earlier.status();
    }
    if (earlier.ok() || !reply->status.ok()) return;
  }
  account.email = FoldEmail(account.email);
  const Result<Account> taken = tables.FindAccount(account.email);
  if (taken.ok()) {
    reply->outcome = Outcome::email_taken;
    return;
  }
  if (taken.status().code() != StatusCode::kNotFound) {
    reply->status = taken.status();
    return;
  }
  if (account.id.empty()) account.id = UserId(options_.ids->NewId(now_));
  account.created_at = now_;
  const UserId actor = create.actor.empty() ? account.id : create.actor;
  EventRow row =
      UserEvent(EventType::accountCreated, account.id.view(), account.id.view(), actor.view());
  row.body = FormWriter().Add("role", ToString(account.role)).Take();
  Emit(std::move(row));
  reply->seq = state_.head().seq;
  reply->id = account.id.str();
  batch_->accounts.push_back(std::move(account));
}

void Decider::Decide(const UpdateAccount& update, const PendingTables& tables, Reply* reply) {
  Result<Account> account = tables.GetAccount(update.id);
  if (!Found(account, reply)) return;
  const bool replaced =
      update.expected_password_hash && *update.expected_password_hash != account->password_hash;
  if (account->erased || replaced) {
    reply->outcome = Outcome::conflict;
    return;
  }
  if (update.name) account->name = *update.name;
  if (update.password_hash) account->password_hash = *update.password_hash;
  if (update.bio) account->bio = *update.bio;
  const UserId& actor = update.actor.empty() ? update.id : update.actor;
  Emit(UserEvent(EventType::accountUpdated, update.id.view(), update.id.view(), actor.view()));
  reply->seq = state_.head().seq;
  reply->id = update.id.str();
  batch_->accounts.push_back(*account);
}

void Decider::Decide(const ChangeAccount& change, const PendingTables& tables, Reply* reply) {
  Result<Account> account = tables.GetAccount(change.id);
  if (!Found(account, reply)) return;
  reply->id = change.id.str();
  const bool erase = change.action == AccountAction::erase;
  const bool disable = change.action == AccountAction::disable;
  if (account->erased && !erase) {
    reply->outcome = Outcome::conflict;
    return;
  }
  if (erase ? account->erased : account->disabled == disable) {
    reply->repeated = true;
    return;
  }
  EventType type = disable ? EventType::accountDisabled : EventType::accountEnabled;
  account->disabled = disable || erase;
  if (erase) {
    type = EventType::accountErased;
    account->erased = true;
    account->name.clear();
    account->email.clear();
    account->password_hash.clear();
    account->bio.clear();
    account->birthday.clear();
  }
  const UserId& actor = change.actor.empty() ? change.id : change.actor;
  Emit(UserEvent(type, change.id.view(), change.id.view(), actor.view()));
  reply->seq = state_.head().seq;
  batch_->accounts.push_back(*account);
}

void Decider::Decide(const OpenSession& open, const PendingTables& tables, Reply* reply) {
  Session session = open.session;
  if (session.id.empty()) session.id = options_.ids->NewId(now_);
  const Result<Session> earlier = tables.GetSession(session.id);
  if (earlier.ok()) {
    reply->outcome = Outcome::conflict;
    return;
  }
  if (earlier.status().code() != StatusCode::kNotFound) {
    reply->status = earlier.status();
    return;
  }
  session.rotated_at = now_;
  Emit(UserEvent(EventType::sessionOpened, session.user.view(), session.id, session.user.view()));
  reply->seq = state_.head().seq;
  reply->id = session.id;
  batch_->sessions.push_back(std::move(session));
}

void Decider::Decide(const RotateSession& rotate, const PendingTables& tables, Reply* reply) {
  Result<Session> session = tables.GetSession(rotate.id);
  if (!Found(session, reply)) return;
  reply->id = rotate.id;
  if (session->revoked || session->token_hash != rotate.expected_hash) {
    reply->outcome = Outcome::conflict;
    return;
  }
  session->previous_token_hash = session->token_hash;
  session->token_hash = rotate.new_hash;
  session->rotated_at = now_;
  session->expires_at = rotate.expires_at;
  Emit(UserEvent(EventType::sessionRotated, session->user.view(), rotate.id, session->user.view()));
  reply->seq = state_.head().seq;
  batch_->sessions.push_back(*session);
}

void Decider::Decide(const RevokeSession& revoke, const PendingTables& tables, Reply* reply) {
  Result<Session> session = tables.GetSession(revoke.id);
  if (!Found(session, reply)) return;
  reply->id = revoke.id;
  if (session->revoked) {
    reply->repeated = true;
    return;
  }
  session->revoked = true;
  const UserId& actor = revoke.actor.empty() ? session->user : revoke.actor;
  Emit(UserEvent(EventType::sessionRevoked, session->user.view(), revoke.id, actor.view()));
  reply->seq = state_.head().seq;
  batch_->sessions.push_back(*session);
}

}  // namespace livedrops
