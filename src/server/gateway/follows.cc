// Routes of follows and of creators' public pages.
#include "server/gateway/creators.h"
#include "server/gateway/handlers.h"
#include "server/gateway/query_reader.h"
#include "server/json/json_writer.h"

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
    if (reply.repeated && following.follows) return AnswerRepeated(self, following);
    following.since = reply.since;
    Answer(self, following);
  });
}

// One side of each entry.
template <class Other>
void AnswerPage(Context& context, const Result<FollowPage>& page, const char* name, Other other) {
  if (!page.ok()) return context.Refuse(page.status(), ProblemCode::invalid_cursor);
  std::string body;
  JsonWriter json(&body);
  json.BeginObject().Name("data").BeginArray();
  for (const FollowEntry& entry : page->data) {
    json.BeginObject().Member(name, other(entry)).Member("since", entry.since).EndObject();
  }
  json.EndArray();
  if (!page->next_cursor.empty()) json.Member("nextCursor", page->next_cursor);
  json.Member("total", page->total).EndObject();
  context.SendJson(200, std::move(body));
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
  AnswerPage(context, context.service().follows().Followers(creator, page), "userId",
             [](const FollowEntry& entry) { return entry.user.view(); });
}

void handle::following(Context& context) {
  const auto user = context.ParameterId<UserId>();
  PageRequest page;
  if (const auto problem = QueryReader(context.request).Page(&page).Finish()) {
    return context.Refuse(*problem);
  }
  if (const auto problem = context.CheckOwner(user.view())) return context.Refuse(*problem);
  if (!user.valid()) return context.Refuse(ProblemCode::not_found);
  AnswerPage(context, context.service().follows().Following(user, page), "creatorId",
             [](const FollowEntry& entry) { return entry.creator.view(); });
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
  const Result<std::string> body = CreatorJson(context.service(), id, fields);
  if (!body.ok()) return context.Refuse(body.status());
  Response response(200, "application/json", *body);
  response.Set("Cache-Control", "public, max-age=5");
  context.Send(std::move(response));
}

}  // namespace livedrops::server
