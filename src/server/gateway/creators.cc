#include "server/gateway/creators.h"

#include "base/json_writer.h"

namespace livedrops::server {
namespace {

Result<bool> HasProducts(Service& service, const CreatorId& id) {
  ProductFilter filter;
  filter.creator = id;
  filter.limit = 1;
  const Result<ProductPage> products = service.products().List(filter);
  if (!products.ok()) return products.status();
  return products->total > 0;
}

}  // namespace

Result<bool> IsCreator(Service& service, const CreatorId& id) {
  if (!id.valid()) return false;
  const Result<Account> account = service.accounts().Get(UserId(id.view()));
  if (account.ok()) return account->role == Role::creator;
  if (account.status().code() != StatusCode::kNotFound) return account.status();
  return HasProducts(service, id);
}

Result<CreatorCard> ReadCreatorCard(Service& service, const CreatorId& id) {
  const Result<bool> known = IsCreator(service, id);
  if (!known.ok()) return known.status();
  if (!*known) return Status(StatusCode::kNotFound, "there is no such creator");
  CreatorCard card;
  if (const Result<Account> account = service.accounts().Get(UserId(id.view())); account.ok()) {
    card.name = account->name;
    card.bio = account->bio;
  }
  PageRequest one;
  one.limit = 1;
  const Result<FollowPage> followers = service.follows().Followers(id, one);
  if (!followers.ok()) return followers.status();
  card.followers = followers->total;
  return card;
}

std::string ToJson(const CreatorId& id, const CreatorCard& card, const FieldFilter& fields) {
  std::string body;
  JsonWriter json(&body);
  json.BeginObject();
  if (fields.Has("creatorId")) json.Member("creatorId", id.view());
  if (!card.name.empty() && fields.Has("name")) json.Member("name", card.name);
  if (!card.bio.empty() && fields.Has("bio")) json.Member("bio", card.bio);
  if (fields.Has("followers")) json.Member("followers", card.followers);
  json.EndObject();
  return body;
}

}  // namespace livedrops::server
