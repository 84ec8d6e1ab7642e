// Routes of follows and of creators' public pages.
#include "base/json_writer.h"
#include "server/gateway/creators.h"
#include "server/gateway/handlers.h"
#include "server/gateway/query_reader.h"

namespace livedrops::server {
namespace {

struct Following {
  CreatorId creator;
  UserId user;
  bool follows = false;
  std::optional<Time> since;
};

void Answer(Context& context, const Following& following) {
  std::string body;
  JsonWriter json(&body);
  json.BeginObject().Member("creatorId", following.creator.view());
  json.Member("userId", following.user.view()).Member("following", following.follows);
  if (following.since) json.Member("since", *following.since);
  json.EndObject();
  context.SendJson(200, std::move(body));
}

// Followed before: the engine knows that, the storage since when.
void AnswerRepeated(Context& context, Following following) {
  context.RunOn(context.shared.background, [following](Context& self) mutable {
    Storage& storage = self.service().reads().storage();
    const auto entry = storage.catalog().GetFollow(following.creator, following.user);
    if (entry.ok()) following.since = entry->since;
    Answer(self, following);
  });
}

void Set(Context& context, Following following) {
  if (following.user.empty()) following.user = context.subject();
  if (const auto problem = context.CheckOwner(following.user.view())) {
    return context.Refuse(*problem);
  }
  const Result<bool> known = IsCreator(context.service(), following.creator);
  if (!known.ok()) return context.Refuse(known.status());
  if (!*known) return context.Refuse(ProblemCode::not_found, "there is no such creator");
  const FollowCreator change{following.creator, following.user, following.follows,
                             context.subject()};
  context.Submit(change, [following](Context& self, const Reply& reply) mutable {
    self.shared.caches.FollowersChanged(following.creator);
    if (reply.repeated && following.follows) return AnswerRepeated(self, following);
    following.since = reply.since;
    Answer(self, following);
  });
}

// One side of each entry.
template <class Other>
std::string ToJson(const FollowPage& page, const char* name, Other other) {
  std::string body;
  JsonWriter json(&body);
  json.BeginObject().Name("data").BeginArray();
  for (const FollowEntry& entry : page.data) {
    json.BeginObject().Member(name, other(entry)).Member("since", entry.since).EndObject();
  }
  json.EndArray();
  if (!page.next_cursor.empty()) json.Member("nextCursor", page.next_cursor);
  json.Member("total", page.total).EndObject();
  return body;
}

Result<std::string> ReadFollowers(Service& service, const CreatorId& creator,
                                  const PageRequest& page) {
  const Result<FollowPage> found = service.follows().Followers(creator, page);
  if (!found.ok()) return found.status();
  return ToJson(*found, "userId", [](const FollowEntry& entry) { return entry.user.view(); });
}

// The page that every creator looks at, and that is still shown while the storage cannot be read.
void AnswerFirstFollowers(Context& context, const CreatorId& creator, const PageRequest& page) {
  const auto first =
      context.shared.caches.GetFollowers(creator, page.limit, [&]() -> Result<WrittenPage> {
        Result<std::string> body = ReadFollowers(context.service(), creator, page);
        if (!body.ok()) return body.status();
        return WrittenPage{std::make_shared<const std::string>(std::move(*body)), {}};
      });
  if (!first.ok()) return context.Refuse(first.status());
  context.stale |= first->stale;
  Response response(200);
  response.Set("Content-Type", "application/json");
  response.set_body(first->value->body);
  context.Send(std::move(response));
}

}  // namespace

void handle::follow(Context& context) {
  Following following;
  following.follows = true;
  ObjectReader body = context.Body();
  body.Required("creatorId", &following.creator).Optional("userId", &following.user);
  if (const auto problem = body.Finish()) return context.Refuse(*problem);
  Set(context, following);
}

// Some clients cannot send a body with DELETE: then the query says whom.
void handle::unfollow(Context& context) {
  Following following;
  if (context.request.body().empty()) {
    QueryReader query(context.request);
    query.Identifier("creatorId", &following.creator).Identifier("userId", &following.user);
    if (!context.request.Query("creatorId")) query.Refuse("creatorId", "is missing");
    if (const auto problem = query.Finish()) return context.Refuse(*problem);
  } else {
    ObjectReader body = context.Body();
    body.Required("creatorId", &following.creator).Optional("userId", &following.user);
    if (const auto problem = body.Finish()) return context.Refuse(*problem);
  }
  Set(context, following);
}

void handle::followers(Context& context) {
  const auto creator = context.ParameterId<CreatorId>();
  PageRequest page;
  if (const auto problem = QueryReader(context.request).Page(&page).Finish()) {
    return context.Refuse(*problem);
  }
  if (const auto problem = context.CheckOwner(creator.view())) return context.Refuse(*problem);
  if (!creator.valid()) return context.Refuse(ProblemCode::not_found);
  if (page.cursor.empty()) return AnswerFirstFollowers(context, creator, page);
  Result<std::string> body = ReadFollowers(context.service(), creator, page);
  if (!body.ok()) return context.Refuse(body.status(), ProblemCode::invalid_cursor);
  context.SendJson(200, std::move(*body));
}

void handle::following(Context& context) {
  const auto user = context.ParameterId<UserId>();
  PageRequest page;
  if (const auto problem = QueryReader(context.request).Page(&page).Finish()) {
    return context.Refuse(*problem);
  }
  if (const auto problem = context.CheckOwner(user.view())) return context.Refuse(*problem);
  if (!user.valid()) return context.Refuse(ProblemCode::not_found);
  const Result<FollowPage> found = context.service().follows().Following(user, page);
  if (!found.ok()) return context.Refuse(found.status(), ProblemCode::invalid_cursor);
  context.SendJson(200, ToJson(*found, "creatorId",
                               [](const FollowEntry& entry) { return entry.creator.view(); }));
}

void handle::is_following(Context& context) {
  CreatorId creator;
  UserId user = context.subject();
  QueryReader query(context.request);
  query.Identifier("creatorId", &creator).Identifier("userId", &user);
  if (!context.request.Query("creatorId")) query.Refuse("creatorId", "is missing");
  if (const auto problem = query.Finish()) return context.Refuse(*problem);
  const std::string_view owners[] = {user.view(), creator.view()};
  if (const auto problem = context.CheckOwner(owners)) return context.Refuse(*problem);
  const Result<bool> follows = context.service().follows().IsFollowing(creator, user);
  if (!follows.ok()) return context.Refuse(follows.status());
  std::string body;
  JsonWriter(&body).BeginObject().Member("following", *follows).EndObject();
  context.SendJson(200, std::move(body));
}

void handle::creator(Context& context) {
  const auto id = context.ParameterId<CreatorId>();
  FieldFilter fields;
  QueryReader query(context.request);
  if (const auto problem = query.Fields(kCreatorFields, &fields).Finish()) {
    return context.Refuse(*problem);
  }
  const Result<CreatorCard> card =
      context.shared.caches.GetCreator(context.service(), id, &context.stale);
  if (!card.ok()) return context.Refuse(card.status());
  Response response(200, "application/json", ToJson(id, *card, fields));
  if (!context.stale) response.Set("Cache-Control", "public, max-age=5");
  context.Send(std::move(response));
}

}  // namespace livedrops::server
