// Conformance: the rows of the log that go to a channel.
#include "testing/conformance_kit.h"

namespace livedrops::conformance {
namespace {

using Seqs = std::vector<std::uint64_t>;

// What each row goes to:
//   1 drop d, creator c      2 drop e, creator c      3 user u (order)      4 user v (order)
//   5 drop d                 6 drop d, creator c      7 user u, for his order 3
//   8 creator c              9 creator b              10 user u (no order, no drop)
//   11 none (audit only)     12 user u (order of e)   13 drop d
const Seqs kDropD = {1, 5, 6, 13};
const Seqs kCreatorC = {1, 2, 6, 8};
const Seqs kUserU = {3, 7, 10, 12};
const Seqs kAll = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13};  // The channel "".

Status WriteChannels(Storage& storage, Shop* shop) {
  shop->AddDrop("d", "product", "c");
  shop->AddDrop("e", "product", "c");
  shop->AddOrder("d", "u");
  shop->AddOrder("d", "v");
  LD_CONFORM(shop->Commit(storage));
  shop->AddEvent(EventType::lowStock, "drop:d");
  shop->AddEvent(EventType::soldOut, "drop:d").creator = "c";
  shop->AddChange(3, OrderStatus::cancelled, 1);
  LD_CONFORM(shop->Commit(storage));
  shop->AddEvent(EventType::productUpdated, "creator:c").creator = "c";
  shop->AddEvent(EventType::productUpdated, "creator:b").creator = "b";
  shop->AddEvent(EventType::refundDue, "user:u").user = "u";
  shop->AddEvent(EventType::followed, "creator:c");  // Its `creator` is empty: no channel.
  shop->AddOrder("e", "u", 1, 60);
  shop->AddEvent(EventType::dropPaused, "drop:d");
  return shop->Commit(storage);
}

Status Shows(Storage& storage, const Shop& shop, const ChannelQuery& query, const Seqs& seqs) {
  std::vector<Event> events;
  LD_CONFORM(storage.ReadChannel(query, &events));
  LD_CONFORM_ROWS(shop.ExpectedEvents(seqs), Texts(events));
  return OkStatus();
}

ChannelQuery Of(const std::string& channel) {
  ChannelQuery query;
  query.channel = channel;
  return query;
}

Status DropChannelHasTheDropsEvents(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  LD_CONFORM(WriteChannels(storage, &shop));
  LD_CONFORM(Shows(storage, shop, Of("drop:d"), kDropD));
  return Shows(storage, shop, Of("drop:e"), {2});
}

Status CreatorChannelHasTheRowsThatNameHim(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  LD_CONFORM(WriteChannels(storage, &shop));
  LD_CONFORM(Shows(storage, shop, Of("creator:c"), kCreatorC));
  return Shows(storage, shop, Of("creator:b"), {9});
}

Status UserChannelHasHisEventsAndOrders(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  LD_CONFORM(WriteChannels(storage, &shop));
  LD_CONFORM(Shows(storage, shop, Of("user:u"), kUserU));
  return Shows(storage, shop, Of("user:v"), {4});
}

// In the batch that creates the order, too.
Status EventsOfAnOrderGoToItsUser(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  shop.AddDrop("d");
  shop.AddOrder("d", "u", 2, 60);
  shop.AddChange(2, OrderStatus::confirmed, 2);
  shop.AddOrder("d", "v");
  LD_CONFORM(shop.Commit(storage));
  shop.AddChange(2, OrderStatus::cancelled, 2);
  LD_CONFORM(shop.Commit(storage));
  LD_CONFORM(Shows(storage, shop, Of("user:u"), {2, 3, 5}));
  LD_CONFORM(Shows(storage, shop, Of("user:v"), {4}));
  LD_CONFORM(Shows(storage, shop, Of("drop:d"), {1}));
  std::vector<Event> listed;
  LD_CONFORM(storage.ListEvents({}, &listed));
  LD_CONFORM_ROWS(shop.ExpectedEvents({5, 4, 3, 2, 1}), Texts(listed));
  return OkStatus();
}

Status OtherChannelsAreEmpty(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  LD_CONFORM(WriteChannels(storage, &shop));
  // Same ids, other kinds; parts of ids; longer ids; other case.
  for (const char* channel : {"drop:u", "user:d", "creator:d", "user:c", "drop:", "user:",
                              "user:uu", "user:U", "drop:dd", "creator:", "user:nobody"}) {
    LD_CONFORM(Shows(storage, shop, Of(channel), {}));
  }
  return OkStatus();
}

// Every range, limit and direction of a channel whose rows are `all`.
Status ShowsEveryPart(Storage& storage, const Shop& shop, const std::string& channel,
                      const Seqs& all, bool newest_first) {
  ChannelQuery query = Of(channel);
  query.newest_first = newest_first;
  for (query.after_seq = 0; query.after_seq <= shop.head().seq + 1; ++query.after_seq) {
    for (query.until_seq = 0; query.until_seq <= shop.head().seq + 1; ++query.until_seq) {
      for (const int limit : {1, 2, 1000}) {
        query.limit = limit;
        Seqs expected;
        for (const std::uint64_t seq : all) {
          const bool inside =
              seq > query.after_seq && (query.until_seq == 0 || seq <= query.until_seq);
          if (inside) expected.insert(newest_first ? expected.begin() : expected.end(), seq);
        }
        if (expected.size() > static_cast<std::size_t>(limit)) expected.resize(limit);
        LD_CONFORM(Shows(storage, shop, query, expected));
      }
    }
  }
  return OkStatus();
}

Status ChannelsAreReadOldestFirst(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  LD_CONFORM(WriteChannels(storage, &shop));
  LD_CONFORM(ShowsEveryPart(storage, shop, "drop:d", kDropD, false));
  LD_CONFORM(ShowsEveryPart(storage, shop, "creator:c", kCreatorC, false));
  LD_CONFORM(ShowsEveryPart(storage, shop, "user:u", kUserU, false));
  return ShowsEveryPart(storage, shop, "", kAll, false);
}

Status ChannelsAreReadNewestFirst(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  LD_CONFORM(WriteChannels(storage, &shop));
  LD_CONFORM(ShowsEveryPart(storage, shop, "drop:d", kDropD, true));
  LD_CONFORM(ShowsEveryPart(storage, shop, "creator:c", kCreatorC, true));
  LD_CONFORM(ShowsEveryPart(storage, shop, "user:u", kUserU, true));
  return ShowsEveryPart(storage, shop, "", kAll, true);
}

}  // namespace

std::vector<ConformanceCase> ChannelCases() {
  return {LD_CASE(DropChannelHasTheDropsEvents),
          LD_CASE(CreatorChannelHasTheRowsThatNameHim),
          LD_CASE(UserChannelHasHisEventsAndOrders),
          LD_CASE(EventsOfAnOrderGoToItsUser),
          LD_CASE(OtherChannelsAreEmpty),
          LD_CASE(ChannelsAreReadOldestFirst),
          LD_CASE(ChannelsAreReadNewestFirst)};
}

}  // namespace livedrops::conformance
