// Conformance: reading the log, and the audit's list of it.
#include "testing/conformance_kit.h"

namespace livedrops::conformance {
namespace {

constexpr std::uint64_t kRows = 12;

// Orders and events in turns, over three commits. Seqs: 1 drop a, 2 drop b, then an order, an
// event...
Status WriteMixedLog(Storage& storage, Shop* shop) {
  shop->AddDrop("a");
  shop->AddDrop("b");
  LD_CONFORM(shop->Commit(storage));
  while (shop->NextSeq() <= kRows) {
    const bool first_drop = shop->NextSeq() % 4 < 2;
    OwnedOrder& order = shop->AddOrder(first_drop ? "a" : "b", "ann");
    if (shop->NextSeq() % 4 == 0) order.actor = "boss";
    shop->AddEvent(EventType::lowStock, "drop:b").actor = "ann";
    if (shop->NextSeq() == 7) LD_CONFORM(shop->Commit(storage));
  }
  return shop->Commit(storage);
}

// The seqs from `last` down to `first` for which `wanted` holds.
template <class Wanted>
std::vector<std::uint64_t> Down(std::uint64_t last, std::uint64_t first, Wanted wanted) {
  std::vector<std::uint64_t> seqs;
  for (std::uint64_t seq = last; seq >= first; --seq) {
    if (wanted(seq)) seqs.push_back(seq);
  }
  return seqs;
}
std::vector<std::uint64_t> Down(std::uint64_t last, std::uint64_t first) {
  return Down(last, first, [](std::uint64_t) { return true; });
}

Status LogKeepsOrdersAndEventsInOrder(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  LD_CONFORM(WriteMixedLog(storage, &shop));
  LogNotes log;
  LD_CONFORM(storage.ReadLog(0, 1000, log));
  LD_CONFORM_ROWS(shop.log(), log.rows);
  return OkStatus();
}

Status LogReadsOnFromEveryPosition(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  LD_CONFORM(WriteMixedLog(storage, &shop));
  for (std::int64_t limit = 1; limit <= 5; ++limit) {
    for (std::size_t after = 0; after <= kRows; ++after) {
      const auto first = shop.log().begin() + static_cast<std::ptrdiff_t>(after);
      const std::ptrdiff_t count = std::min(limit, shop.log().end() - first);
      LogNotes log;
      LD_CONFORM(storage.ReadLog(after, limit, log));
      LD_CONFORM_ROWS(std::vector<std::string>(first, first + count), log.rows);
    }
  }
  return OkStatus();
}

Status LogBeyondTheHeadIsEmpty(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  LD_CONFORM(WriteMixedLog(storage, &shop));
  LogNotes log;
  LD_CONFORM(storage.ReadLog(kRows + 5, 10, log));
  LD_CONFORM_ROWS(std::vector<std::string>(), log.rows);
  return OkStatus();
}

// Lists and compares with the given seqs.
Status Lists(Storage& storage, const Shop& shop, const EventQuery& query,
             const std::vector<std::uint64_t>& seqs) {
  std::vector<Event> events;
  LD_CONFORM(storage.ListEvents(query, &events));
  LD_CONFORM_ROWS(shop.ExpectedEvents(seqs), Texts(events));
  return OkStatus();
}

Status EventsAreListedNewestFirst(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  LD_CONFORM(WriteMixedLog(storage, &shop));
  return Lists(storage, shop, {}, Down(kRows, 1));
}

Status EventsAreListedInPages(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  LD_CONFORM(WriteMixedLog(storage, &shop));
  for (const int limit : {1, 2, 5}) {
    EventQuery query;
    query.limit = limit;
    for (std::uint64_t seq = kRows + 1; seq > 1; --seq) {
      query.before_seq = seq;
      const std::uint64_t first = seq > static_cast<std::uint64_t>(limit) ? seq - limit : 1;
      LD_CONFORM(Lists(storage, shop, query, Down(seq - 1, first)));
    }
    query.before_seq = 1;
    LD_CONFORM(Lists(storage, shop, query, {}));
  }
  return OkStatus();
}

// Of an order placed by its user himself the user is the actor.
Status EventsAreFilteredByActor(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  LD_CONFORM(WriteMixedLog(storage, &shop));
  for (const char* actor : {"ann", "boss", "actor", "nobody"}) {
    EventQuery query;
    query.actor = actor;
    const auto wanted = [&](std::uint64_t seq) { return shop.ExpectedEvent(seq).actor == actor; };
    LD_CONFORM(Lists(storage, shop, query, Down(kRows, 1, wanted)));
  }
  return OkStatus();
}

Status EventsAreFilteredByAction(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  LD_CONFORM(WriteMixedLog(storage, &shop));
  shop.AddOrder("a", "ben", 1, 60);
  LD_CONFORM(shop.Commit(storage));
  for (const EventType type : {EventType::orderConfirmed, EventType::orderHeld, EventType::lowStock,
                               EventType::dropScheduled, EventType::soldOut}) {
    EventQuery query;
    query.action = type;
    const auto wanted = [&](std::uint64_t seq) { return shop.ExpectedEvent(seq).type == type; };
    LD_CONFORM(Lists(storage, shop, query, Down(shop.head().seq, 1, wanted)));
  }
  return OkStatus();
}

Status EventsAreFilteredBySubject(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  LD_CONFORM(WriteMixedLog(storage, &shop));
  EventQuery query;
  query.subject = shop.ExpectedOrder(5).id.str();
  LD_CONFORM(Lists(storage, shop, query, {5}));
  query.subject = "a";
  LD_CONFORM(Lists(storage, shop, query, {1}));
  query.subject = "nothing";
  LD_CONFORM(Lists(storage, shop, query, {}));
  return OkStatus();
}

Status EventsAreFilteredByTime(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  LD_CONFORM(WriteMixedLog(storage, &shop));
  EventQuery query;
  query.from = TimeOf(4);
  LD_CONFORM(Lists(storage, shop, query, Down(kRows, 4)));
  query.to = TimeOf(9);
  LD_CONFORM(Lists(storage, shop, query, Down(8, 4)));
  query.from.reset();
  LD_CONFORM(Lists(storage, shop, query, Down(8, 1)));
  query.to = TimeOf(1);
  LD_CONFORM(Lists(storage, shop, query, {}));
  return OkStatus();
}

Status EventFiltersAddUp(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  LD_CONFORM(WriteMixedLog(storage, &shop));
  EventQuery query;
  query.actor = "ann";
  query.action = EventType::lowStock;
  query.from = TimeOf(5);
  query.to = TimeOf(11);
  query.before_seq = 10;
  query.limit = 2;
  LD_CONFORM(Lists(storage, shop, query, {8, 6}));
  return OkStatus();
}

}  // namespace

std::vector<ConformanceCase> LogCases() {
  return {LD_CASE(LogKeepsOrdersAndEventsInOrder), LD_CASE(LogReadsOnFromEveryPosition),
          LD_CASE(LogBeyondTheHeadIsEmpty),        LD_CASE(EventsAreListedNewestFirst),
          LD_CASE(EventsAreListedInPages),         LD_CASE(EventsAreFilteredByActor),
          LD_CASE(EventsAreFilteredByAction),      LD_CASE(EventsAreFilteredBySubject),
          LD_CASE(EventsAreFilteredByTime),        LD_CASE(EventFiltersAddUp)};
}

}  // namespace livedrops::conformance
