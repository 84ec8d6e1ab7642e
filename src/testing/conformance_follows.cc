// Conformance: follows in both directions.
#include <algorithm>

#include "testing/conformance_kit.h"

namespace livedrops::conformance {
namespace {

FollowEntry Entry(const std::string& creator, const std::string& user, Time since) {
  return {CreatorId(creator), UserId(user), since};
}

// Newest first, at the same time the smaller id first.
void SortFollows(std::vector<FollowEntry>* follows) {
  std::sort(follows->begin(), follows->end(), [](const FollowEntry& a, const FollowEntry& b) {
    if (a.since != b.since) return a.since > b.since;
    return std::tie(a.creator, a.user) < std::tie(b.creator, b.user);
  });
}

// Reads page after page with this limit; every page must show the exact total.
Status ListsInPages(Storage& storage, FollowQuery query, const std::vector<FollowEntry>& all) {
  const auto of_creator = [&] { return !query.creator.empty(); };
  std::vector<FollowEntry> found;
  while (true) {
    FollowPage page;
    LD_CONFORM(storage.catalog().ListFollows(query, &page));
    LD_CONFORM_SAME(std::ssize(all), page.total);
    if (page.data.empty()) break;
    const bool fits = std::ssize(page.data) <= query.limit && found.size() < all.size();
    if (!fits) return HasCode(StatusCode::kOk, {StatusCode::kCorrupt, "page is too long"});
    found.insert(found.end(), page.data.begin(), page.data.end());
    query.after_since = found.back().since;
    query.after_id = of_creator() ? found.back().user.str() : found.back().creator.str();
  }
  LD_CONFORM_ROWS(Texts(all), Texts(found));
  return OkStatus();
}

Status ListsInAllPageSizes(Storage& storage, FollowQuery query,
                           const std::vector<FollowEntry>& all) {
  for (const int limit : {1, 2, 3, 100}) {
    query.limit = limit;
    LD_CONFORM(ListsInPages(storage, query, all));
  }
  return OkStatus();
}

FollowQuery FollowersOf(std::string_view creator) {
  FollowQuery query;
  query.creator = CreatorId(creator);
  return query;
}
FollowQuery FollowedBy(std::string_view user) {
  FollowQuery query;
  query.user = UserId(user);
  return query;
}

void Add(Shop* shop, const std::vector<FollowEntry>& follows) {
  for (const FollowEntry& follow : follows) {
    shop->AddFollow(follow.creator.view(), follow.user.view(), follow.since);
  }
}

// `count` follows of creator "c", three at the same time each, written in mixed order.
std::vector<FollowEntry> TiedFollowers(int count) {
  std::vector<FollowEntry> follows;
  follows.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    const int mixed = i * 7 % count;
    follows.push_back(Entry("c", "user" + std::to_string(mixed), TimeOf(mixed / 3)));
  }
  return follows;
}

Status FollowersAreListedNewestFirst(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  std::vector<FollowEntry> follows = TiedFollowers(20);
  Add(&shop, follows);
  Add(&shop, {Entry("other", "user1", TimeOf(5))});
  LD_CONFORM(shop.Commit(storage));
  SortFollows(&follows);
  return ListsInAllPageSizes(storage, FollowersOf("c"), follows);
}

Status FollowedCreatorsAreListedNewestFirst(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  std::vector<FollowEntry> follows;
  follows.reserve(20);
  for (int i = 0; i < 20; ++i) {
    follows.push_back(Entry("creator" + std::to_string(i * 3 % 20), "u", TimeOf(i / 4)));
  }
  Add(&shop, follows);
  Add(&shop, {Entry("creator1", "other", TimeOf(5))});
  LD_CONFORM(shop.Commit(storage));
  SortFollows(&follows);
  return ListsInAllPageSizes(storage, FollowedBy("u"), follows);
}

Status NobodysFollowsAreEmpty(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  Add(&shop, {Entry("c", "u", TimeOf(1))});
  LD_CONFORM(shop.Commit(storage));
  LD_CONFORM(ListsInAllPageSizes(storage, FollowersOf("u"), {}));
  return ListsInAllPageSizes(storage, FollowedBy("c"), {});
}

Status EndedFollowsDisappear(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  const FollowEntry first = Entry("c", "u", TimeOf(1));
  const FollowEntry second = Entry("c", "v", TimeOf(2));
  Add(&shop, {first, second});
  LD_CONFORM(shop.Commit(storage));
  shop.AddFollow("c", "u", TimeOf(9), false);  // `since` need not be the one that is stored.
  LD_CONFORM(shop.Commit(storage));
  LD_CONFORM(ListsInAllPageSizes(storage, FollowersOf("c"), {second}));
  LD_CONFORM(ListsInAllPageSizes(storage, FollowedBy("u"), {}));
  LD_CONFORM_CODE(kNotFound, storage.catalog().GetFollow(first.creator, first.user));
  LD_CONFORM_GET(found, storage.catalog().GetFollow(second.creator, second.user));
  LD_CONFORM_SAME(second, found);
  return OkStatus();
}

Status FollowingAgainTakesItsNewPlace(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  Add(&shop, {Entry("c", "u", TimeOf(1)), Entry("c", "v", TimeOf(2))});
  LD_CONFORM(shop.Commit(storage));
  shop.AddFollow("c", "u", TimeOf(1), false);
  LD_CONFORM(shop.Commit(storage));
  const FollowEntry again = Entry("c", "u", TimeOf(3));
  Add(&shop, {again});
  LD_CONFORM(shop.Commit(storage));
  LD_CONFORM(ListsInAllPageSizes(storage, FollowersOf("c"), {again, Entry("c", "v", TimeOf(2))}));
  return ListsInAllPageSizes(storage, FollowedBy("u"), {again});
}

// A page goes on behind a row that is gone by now.
Status PagesGoOnBehindAnEndedFollow(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  std::vector<FollowEntry> follows = TiedFollowers(9);
  Add(&shop, follows);
  LD_CONFORM(shop.Commit(storage));
  SortFollows(&follows);
  const FollowEntry last_seen = follows[3];
  shop.AddFollow("c", last_seen.user.view(), last_seen.since, false);
  LD_CONFORM(shop.Commit(storage));
  FollowQuery query = FollowersOf("c");
  query.after_since = last_seen.since;
  query.after_id = last_seen.user.str();
  FollowPage page;
  LD_CONFORM(storage.catalog().ListFollows(query, &page));
  LD_CONFORM_ROWS(Texts(std::vector<FollowEntry>(follows.begin() + 4, follows.end())),
                  Texts(page.data));
  LD_CONFORM_SAME(8, page.total);
  return OkStatus();
}

Status ManyFollowersHaveAnExactTotal(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  std::vector<FollowEntry> follows = TiedFollowers(2000);
  Add(&shop, follows);
  LD_CONFORM(shop.Commit(storage));
  SortFollows(&follows);
  FollowQuery query = FollowersOf("c");
  query.limit = 97;
  return ListsInPages(storage, query, follows);
}

}  // namespace

std::vector<ConformanceCase> FollowCases() {
  return {LD_CASE(FollowersAreListedNewestFirst),  LD_CASE(FollowedCreatorsAreListedNewestFirst),
          LD_CASE(NobodysFollowsAreEmpty),         LD_CASE(EndedFollowsDisappear),
          LD_CASE(FollowingAgainTakesItsNewPlace), LD_CASE(PagesGoOnBehindAnEndedFollow),
          LD_CASE(ManyFollowersHaveAnExactTotal)};
}

}  // namespace livedrops::conformance
