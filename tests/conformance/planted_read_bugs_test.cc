// Planted bugs in lists, channels, pages and lookups.
#include <algorithm>

#include "tests/conformance/planted_bugs.h"

namespace livedrops {
namespace {

// Bugs that change what is asked, or what was answered.
#define LD_HOOK_MAKER(Maker, member)                  \
  template <class Change>                             \
  PlantedBug Maker(const char* name, Change change) { \
    PlantedBug bug{name, {}};                         \
    bug.hooks.member = change;                        \
    return bug;                                       \
  }
LD_HOOK_MAKER(AskOrders, order_query)
LD_HOOK_MAKER(AskEvents, event_query)
LD_HOOK_MAKER(AskChannel, channel_query)
LD_HOOK_MAKER(AskFollows, follow_query)
LD_HOOK_MAKER(AskDrops, drop_query)
LD_HOOK_MAKER(AskProducts, product_query)
LD_HOOK_MAKER(AskEmail, email_query)
LD_HOOK_MAKER(AnswerOrder, order)
LD_HOOK_MAKER(AnswerOrders, orders)
LD_HOOK_MAKER(AnswerEvents, events)
LD_HOOK_MAKER(AnswerFollows, follows)
LD_HOOK_MAKER(AnswerDrop, drop)
LD_HOOK_MAKER(AnswerDrops, drops)
LD_HOOK_MAKER(AnswerProduct, product)
LD_HOOK_MAKER(AnswerProducts, products)
LD_HOOK_MAKER(AnswerUser, user)
LD_HOOK_MAKER(AnswerAccount, account)
LD_HOOK_MAKER(AnswerSession, session)
LD_HOOK_MAKER(AskSessions, session_query)
LD_HOOK_MAKER(AnswerSessions, sessions)
#undef LD_HOOK_MAKER

const auto kReverse = [](auto& rows) { std::reverse(rows.begin(), rows.end()); };
// Unknown ids are found.
const auto kFindAll = [](auto& result) {
  using Value = std::remove_reference_t<decltype(*result)>;
  if (!result.ok()) result = Value();
};

// Rows of the same time come by descending id.
template <class Row, class SameTime>
void ReverseTies(std::vector<Row>* rows, SameTime same_time) {
  for (std::size_t i = 1; i < rows->size(); ++i) {
    if (same_time((*rows)[i - 1], (*rows)[i])) std::swap((*rows)[i - 1], (*rows)[i]);
  }
}

}  // namespace

std::vector<PlantedBug> ListBugs() {
  return {
      AskOrders("lists orders of every status", [](OrderQuery& query) { query.status.reset(); }),
      AskOrders("lists the last order again",
                [](OrderQuery& query) {
                  if (query.after_seq != 0) query.after_seq += query.drop.empty() ? 1 : -1;
                }),
      AskOrders("lists more orders than wanted", [](OrderQuery& query) { query.limit += 1; }),
      AnswerOrders("lists orders the other way", kReverse),
      AnswerOrders("lists 500 orders at most",
                   [](std::vector<Order>& orders) {
                     if (orders.size() > 500) orders.resize(500);
                   }),
      AnswerOrder("shows unknown orders", kFindAll),
      AnswerOrder("shows no keys",
                  [](Result<Order>& order) {
                    if (order.ok()) order->key = Key();
                  }),
      AnswerOrder("shows the first amount",
                  [](Result<Order>& order) {
                    if (order.ok()) order->amount.minor_units += 250;
                  }),
      AskEvents("lists events of every actor", [](EventQuery& query) { query.actor.clear(); }),
      AskEvents("lists events of every action", [](EventQuery& query) { query.action.reset(); }),
      AskEvents("lists events of every subject", [](EventQuery& query) { query.subject.clear(); }),
      AskEvents("lists events from any time", [](EventQuery& query) { query.from.reset(); }),
      AskEvents("lists events up to a time",
                [](EventQuery& query) {
                  if (query.to) *query.to += Duration(1);
                }),
      AskEvents("lists the last event again",
                [](EventQuery& query) { query.before_seq += query.before_seq != 0; }),
      AnswerEvents("shows events the other way", kReverse),
      AnswerEvents("shows no events of orders",
                   [](std::vector<Event>& events) {
                     std::erase_if(events, [](const Event& event) { return !event.order.empty(); });
                   }),
      AnswerEvents("shows no creators",
                   [](std::vector<Event>& events) {
                     for (Event& event : events) event.creator = CreatorId();
                   }),
      AskChannel("shows every row in every channel",
                 [](ChannelQuery& query) { query.channel.clear(); }),
      AskChannel("shows the row before again",
                 [](ChannelQuery& query) { query.after_seq -= query.after_seq != 0; }),
      AskChannel("ends a channel too early",
                 [](ChannelQuery& query) { query.until_seq -= query.until_seq > 1; }),
      AskChannel("knows one direction", [](ChannelQuery& query) { query.newest_first = false; }),
      AskFollows("pages begin with the last follow",
                 [](FollowQuery& query) {
                   if (!query.after_id.empty()) query.after_id.pop_back();
                 }),
      AskFollows("pages of follows never end", [](FollowQuery& query) { query.after_id.clear(); }),
      AskFollows("mixes the directions up",
                 [](FollowQuery& query) {
                   const UserId user(query.creator.view());
                   query.creator = CreatorId(query.user.view());
                   query.user = user;
                 }),
      AnswerFollows("counts the page",
                    [](FollowPage& page) { page.total = std::ssize(page.data); }),
      AnswerFollows("ties of follows come by descending id",
                    [](FollowPage& page) {
                      ReverseTies(&page.data, [](const FollowEntry& a, const FollowEntry& b) {
                        return a.since == b.since;
                      });
                    }),
      AnswerFollows("shows the oldest follow first", [](FollowPage& page) { kReverse(page.data); }),
  };
}

std::vector<PlantedBug> CatalogBugs() {
  return {
      AnswerDrop("finds unknown drops", kFindAll),
      AnswerDrop("shows the stock at the start",
                 [](Result<DropRow>& row) {
                   if (row.ok()) row->drop.current_stock = row->drop.init_stock;
                 }),
      AskDrops("lists drops of every creator",
               [](DropQuery& query) { query.creator = CreatorId(); }),
      AskDrops("lists drops of every product",
               [](DropQuery& query) { query.product = ProductId(); }),
      AskDrops("pages of drops never end", [](DropQuery& query) { query.after_id = DropId(); }),
      AnswerDrops("lists the oldest drop first", kReverse),
      AnswerDrops("lists drops without products",
                  [](std::vector<DropRow>& rows) {
                    for (DropRow& row : rows) row.drop.product = ProductId();
                  }),
      AnswerProduct("finds unknown and deleted products", kFindAll),
      AskProducts("lists products of every creator",
                  [](ProductFilter& filter, Time&) { filter.creator = CreatorId(); }),
      AskProducts("lists products of every status",
                  [](ProductFilter& filter, Time&) { filter.status.reset(); }),
      AskProducts("knows the statuses of an earlier time",
                  [](ProductFilter&, Time& now) { now -= std::chrono::seconds(1); }),
      AskProducts("counts pages from zero", [](ProductFilter& filter, Time&) { filter.page += 1; }),
      AnswerProducts("counts the page of products",
                     [](ProductPage& page) { page.total = std::ssize(page.data); }),
      AnswerProducts("lists the oldest product first",
                     [](ProductPage& page) { kReverse(page.data); }),
      AnswerUser("finds unknown users", kFindAll),
      AnswerAccount("finds unknown accounts", kFindAll),
      AnswerAccount(
          "shows no accounts",
          [](Result<Account>& account) { account = Status(StatusCode::kNotFound, "planted"); }),
      AskEmail("compares emails without the domain",
               [](std::string& email) {
                 if (email.starts_with("v@")) email[0] = 'u';
               }),
      AnswerSession("finds unknown sessions", kFindAll),
      AskSessions("lists sessions that have expired",
                  [](SessionQuery& query) { query.expires_after -= Duration(1); }),
      AskSessions("lists all sessions at once", [](SessionQuery& query) { query.limit = 100; }),
      AnswerSessions("lists the last session to expire first", kReverse),
      AnswerSessions("lists no session that was rotated",
                     [](std::vector<Session>& sessions) {
                       std::erase_if(sessions, [](const Session& s) { return s.id == "a"; });
                     }),
  };
}

}  // namespace livedrops
