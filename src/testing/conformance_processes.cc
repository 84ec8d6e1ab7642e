// Conformance: several processes and threads on one database, the write lock, barriers, closing.
#include <atomic>
#include <functional>
#include <thread>

#include "testing/conformance_kit.h"

namespace livedrops::conformance {
namespace {

// Not waiting: a case has no time.
constexpr Duration kNow{0};
constexpr Duration kLong{10'000};

EventRow Barrier(const Head& found) {
  EventRow row;
  row.seq = found.seq + 1;
  row.aggregate = "shop:" + std::to_string(row.seq);
  row.aggregate_seq = 1;
  row.at = TimeOf(row.seq);
  row.hash = MakeHash(row.seq, 99);
  return row;
}

Shop ShopWithDrop(std::uint8_t salt = 0) {
  Shop shop(salt);
  shop.AddDrop("drop");
  return shop;
}

Status ReopenedDatabaseIsTheSame(StorageFactory& factory) {
  Shop shop = ShopWithDrop();
  std::vector<std::string> before;
  ShopInfo info;
  {
    LD_CONFORM_CREATE(storage);
    shop.AddOrder("drop", "user", 2, 600);
    shop.AddProduct("product");
    shop.AddFollow("creator", "user", TimeOf(1));
    shop.AddAccount("user", "user@example.com");
    shop.AddSession("session", "user");
    shop.AddChange(2, OrderStatus::confirmed, 1);
    LD_CONFORM(shop.Commit(storage));
    LD_CONFORM_GET(dump, Dump(storage));
    before = dump;
    info = storage.info();
    LD_CONFORM(storage.Close());
  }
  LD_CONFORM_OPEN(storage);
  LD_CONFORM_GET(after, Dump(storage));
  LD_CONFORM_ROWS(before, after);
  LD_CONFORM_SAME(info.epoch, storage.info().epoch);
  LD_CONFORM_SAME(info.secret, storage.info().secret);
  shop.AddOrder("drop", "user");
  return shop.Commit(storage);
}

Status CommittedIsDurableWithoutClose(StorageFactory& factory) {
  Shop shop = ShopWithDrop();
  {
    LD_CONFORM_CREATE(storage);
    LD_CONFORM(shop.Commit(storage));
  }
  LD_CONFORM_OPEN(storage);
  LD_CONFORM_GET(head, storage.ReadHead());
  LD_CONFORM_SAME(shop.head(), head);
  return OkStatus();
}

Status DatabasesHaveInfosOfTheirOwn(StorageFactory& factory) {
  LD_CONFORM_GET(first, factory.Create());
  const ShopInfo info = first->info();
  LD_CONFORM(first->Close());
  LD_CONFORM_CREATE(second);
  const bool differs = info.epoch != second.info().epoch && info.secret != second.info().secret &&
                       !info.epoch.empty() && info.secret != ShopInfo().secret;
  LD_CONFORM_SAME(1, differs);
  return OkStatus();
}

Status CommitsShowInOtherProcesses(StorageFactory& factory) {
  LD_CONFORM_CREATE(first);
  LD_CONFORM_OPEN(second);
  LD_CONFORM_SAME(first.info().epoch, second.info().epoch);
  LD_CONFORM_SAME(first.info().secret, second.info().secret);
  Shop shop = ShopWithDrop();
  for (int i = 0; i < 6; ++i) {
    shop.AddOrder("drop", "user");
    LD_CONFORM(shop.Commit(i % 2 == 0 ? first : second));
    LD_CONFORM_GET(in_first, Dump(first));
    LD_CONFORM_GET(in_second, Dump(second));
    LD_CONFORM_ROWS(in_first, in_second);
    LD_CONFORM_SAME(Text(shop.head()), in_second.front());
  }
  return OkStatus();
}

Status ProcessesFenceEachOther(StorageFactory& factory) {
  LD_CONFORM_CREATE(first);
  LD_CONFORM_OPEN(second);
  Shop shop = ShopWithDrop();
  Shop rival = ShopWithDrop(1);
  LD_CONFORM(shop.Commit(first));
  LD_CONFORM_CODE(kFenced, rival.Commit(second));
  shop.AddOrder("drop", "user");
  LD_CONFORM(shop.Commit(second));
  LogNotes log;
  LD_CONFORM(first.ReadLog(0, 100, log));
  LD_CONFORM_ROWS(shop.log(), log.rows);
  return OkStatus();
}

// Of a commit beside another one: fenced, or unavailable when it does not wait for the other.
Status IsLost(const Status& status) {
  if (status.code() == StatusCode::kUnavailable) return OkStatus();
  return HasCode(StatusCode::kFenced, status);
}

// Two threads with one storage each decide on the same head, again and again: one commit wins.
Status OneOfTwoCommitsWins(StorageFactory& factory) {
  LD_CONFORM_CREATE(first);
  LD_CONFORM_OPEN(second);
  Shop shop = ShopWithDrop();
  LD_CONFORM(shop.Commit(first));
  for (int round = 0; round < 30; ++round) {
    Shop rival = shop;
    shop.AddOrder("drop", "ann");
    rival.AddOrder("drop", "ben");
    Status of_rival;
    std::thread other([&] { of_rival = rival.Commit(second); });
    const Status mine = shop.Commit(first);
    other.join();
    LD_CONFORM_SAME(1, mine.ok() != of_rival.ok());
    LD_CONFORM(IsLost(mine.ok() ? of_rival : mine));
    if (!mine.ok()) shop = rival;
    LD_CONFORM_GET(head, first.ReadHead());
    LD_CONFORM_SAME(shop.head(), head);
  }
  LogNotes log;
  LD_CONFORM(second.ReadLog(0, 100, log));
  LD_CONFORM_ROWS(shop.log(), log.rows);
  return OkStatus();
}

// --- the write lock ----------------------------------------------------------------------------

Status LockKeepsOthersOut(StorageFactory& factory) {
  LD_CONFORM_CREATE(first);
  LD_CONFORM_OPEN(second);
  LD_CONFORM(first.Lock(kNow));
  LD_CONFORM_CODE(kUnavailable, second.Lock(kNow));
  first.Unlock();
  LD_CONFORM(second.Lock(kNow));
  LD_CONFORM_CODE(kUnavailable, first.Lock(kNow));
  second.Unlock();
  return OkStatus();
}

Status CommitUsesAndReleasesTheLock(StorageFactory& factory) {
  LD_CONFORM_CREATE(first);
  LD_CONFORM_OPEN(second);
  LD_CONFORM(first.Lock(kNow));
  Shop shop = ShopWithDrop();
  LD_CONFORM(shop.Commit(first));
  shop.AddOrder("drop", "user");
  LD_CONFORM(shop.Commit(second));
  LD_CONFORM(second.Lock(kNow));
  second.Unlock();
  return OkStatus();
}

Status RefusedCommitReleasesTheLock(StorageFactory& factory) {
  LD_CONFORM_CREATE(first);
  LD_CONFORM_OPEN(second);
  Shop shop = ShopWithDrop();
  LD_CONFORM(first.Lock(kNow));
  Shop fenced = shop;
  LD_CONFORM_CODE(kFenced, fenced.CommitOn(first, Head{5, MakeHash(5, 0)}));
  LD_CONFORM(second.Lock(kNow));
  Shop broken = shop;
  broken.batch().drops[0].drop.held = -1;
  LD_CONFORM(IsRefused(broken.Commit(second)));
  LD_CONFORM(first.Lock(kNow));
  first.Unlock();
  return shop.Commit(second);
}

Status UnlockWithoutALockIsHarmless(StorageFactory& factory) {
  LD_CONFORM_CREATE(first);
  LD_CONFORM_OPEN(second);
  first.Unlock();
  LD_CONFORM(first.Lock(kNow));
  second.Unlock();
  LD_CONFORM_CODE(kUnavailable, second.Lock(kNow));
  first.Unlock();
  first.Unlock();
  LD_CONFORM(second.Lock(kNow));
  second.Unlock();
  return OkStatus();
}

Status ReadsGoOnWhileLocked(StorageFactory& factory) {
  LD_CONFORM_CREATE(first);
  LD_CONFORM_OPEN(second);
  Shop shop = ShopWithDrop();
  LD_CONFORM(shop.Commit(first));
  LD_CONFORM_GET(before, Dump(first));
  LD_CONFORM(first.Lock(kNow));
  LD_CONFORM_GET(in_first, Dump(first));
  LD_CONFORM_GET(in_second, Dump(second));
  LD_CONFORM_ROWS(before, in_first);
  LD_CONFORM_ROWS(before, in_second);
  first.Unlock();
  return OkStatus();
}

// Under the lock the head cannot move: what was read under it is still true in the commit.
Status LockHolderIsNotFenced(StorageFactory& factory) {
  LD_CONFORM_CREATE(first);
  LD_CONFORM_OPEN(second);
  Shop shop = ShopWithDrop();
  LD_CONFORM(shop.Commit(first));
  Shop rival = shop;
  rival.AddOrder("drop", "ben");
  LD_CONFORM(first.Lock(kNow));
  Status of_rival;
  std::thread other([&] { of_rival = rival.Commit(second); });
  shop.AddOrder("drop", "ann");
  const Status mine = shop.Commit(first);
  other.join();
  LD_CONFORM(mine);
  return IsLost(of_rival);
}

Status WaitingForTheLockEndsWithIt(StorageFactory& factory) {
  LD_CONFORM_CREATE(first);
  LD_CONFORM_OPEN(second);
  LD_CONFORM(first.Lock(kNow));
  std::atomic<bool> released{false};
  Status waited;
  std::thread other([&] {
    bool is_last_try = false;  // A storage that does not wait needs more than one.
    do {
      is_last_try = released;
      waited = second.Lock(kLong);
    } while (!waited.ok() && !is_last_try);
    second.Unlock();
  });
  first.Unlock();
  released = true;
  other.join();
  return waited;
}

// --- barriers ----------------------------------------------------------------------------------

Status ResolveWritesTheBarrier(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop = ShopWithDrop();
  LD_CONFORM(shop.Commit(storage));
  for (int round = 0; round < 2; ++round) {
    LD_CONFORM_GET(before, storage.ReadHead());
    std::string given;
    LD_CONFORM_GET(found, storage.Resolve([&](const Head& head) {
      given = Text(head);
      return Barrier(head);
    }));
    LD_CONFORM_SAME(before, found);
    LD_CONFORM_SAME(before, given);
    const EventRow barrier = Barrier(before);
    LD_CONFORM_GET(after, storage.ReadHead());
    LD_CONFORM_SAME((Head{barrier.seq, barrier.hash}), after);
    LogNotes log;
    LD_CONFORM(storage.ReadLog(before.seq, 10, log));
    LD_CONFORM_ROWS(std::vector<std::string>{Text(barrier)}, log.rows);
  }
  return OkStatus();
}

Status ResolveWorksOnAnEmptyDatabase(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  LD_CONFORM_GET(found, storage.Resolve(Barrier));
  LD_CONFORM_SAME(Head(), found);
  LD_CONFORM_GET(head, storage.ReadHead());
  LD_CONFORM_SAME(1, static_cast<std::int64_t>(head.seq));
  return OkStatus();
}

Status BarrierKeepsTheCommitInDoubtOut(StorageFactory& factory) {
  LD_CONFORM_CREATE(first);
  LD_CONFORM_OPEN(second);
  Shop shop = ShopWithDrop();
  LD_CONFORM_GET(found, first.Resolve(Barrier));
  LD_CONFORM_GET(before, Dump(first));
  LD_CONFORM_CODE(kFenced, shop.CommitOn(first, found));
  LD_CONFORM_CODE(kFenced, shop.CommitOn(second, found));
  LD_CONFORM_GET(after, Dump(second));
  LD_CONFORM_ROWS(before, after);
  return OkStatus();
}

Status ResolveFindsTheCommitsOfOthers(StorageFactory& factory) {
  LD_CONFORM_CREATE(first);
  LD_CONFORM_OPEN(second);
  Shop shop = ShopWithDrop();
  LD_CONFORM(shop.Commit(second));
  LD_CONFORM_GET(found, first.Resolve(Barrier));
  LD_CONFORM_SAME(shop.head(), found);
  return OkStatus();
}

// --- closing -----------------------------------------------------------------------------------

// Every call that can fail, one by one.
std::vector<Status> CallAll(Storage& storage) {
  Shop shop = ShopWithDrop();
  LogNotes log;
  StateNotes state;
  OrderNotes order_notes;
  std::vector<Order> orders;
  std::vector<Event> events;
  std::vector<DropRow> drops;
  std::vector<Session> sessions;
  FollowPage follows;
  const std::uint64_t drop_nos[] = {1};
  Catalog& catalog = storage.catalog();
  return {storage.ReadHead().status(),
          shop.Commit(storage),
          storage.Lock(kNow),
          storage.Resolve(Barrier).status(),
          storage.ReadLog(0, 10, log),
          storage.LoadState(state).status(),
          storage.LoadOrders(drop_nos, 10, order_notes),
          storage.GetOrder(1).status(),
          storage.ListOrders({}, &orders),
          storage.ListEvents({}, &events),
          storage.ReadChannel({}, &events),
          catalog.ListFollows({}, &follows),
          catalog.GetDrop(DropId("drop")).status(),
          catalog.ListDrops({}, &drops),
          catalog.GetProduct(ProductId("product")).status(),
          catalog.ListProducts({}, TimeOf(1)).status(),
          catalog.GetFollow(CreatorId("creator"), UserId("user")).status(),
          catalog.GetUser(UserId("user")).status(),
          catalog.GetAccount(UserId("user")).status(),
          catalog.FindAccount("user@example.com").status(),
          catalog.GetSession("session").status(),
          catalog.ListSessions({}, &sessions),
          storage.Close()};
}

Status ClosedStorageAnswersClosed(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop = ShopWithDrop();
  LD_CONFORM(shop.Commit(storage));
  LD_CONFORM(storage.Close());
  int number = 0;
  for (const Status& status : CallAll(storage)) {
    LD_CONFORM(Same("call " + std::to_string(++number) + " of CallAll", "closed",
                    std::string(ToString(status.code()))));
  }
  storage.Unlock();
  return OkStatus();
}

Status ClosingOneLeavesTheOther(StorageFactory& factory) {
  LD_CONFORM_CREATE(first);
  LD_CONFORM_OPEN(second);
  Shop shop = ShopWithDrop();
  LD_CONFORM(shop.Commit(first));
  LD_CONFORM(first.Lock(kNow));
  LD_CONFORM(first.Close());  // Gives its lock up.
  shop.AddOrder("drop", "user");
  LD_CONFORM(shop.Commit(second));
  LogNotes log;
  LD_CONFORM(second.ReadLog(0, 100, log));
  LD_CONFORM_ROWS(shop.log(), log.rows);
  return OkStatus();
}

Status DestroyedStorageGivesItsLockUp(StorageFactory& factory) {
  LD_CONFORM_GET(first, factory.Create());
  LD_CONFORM_OPEN(second);
  LD_CONFORM(first->Lock(kNow));
  first = nullptr;
  LD_CONFORM(second.Lock(kNow));
  second.Unlock();
  return OkStatus();
}

// --- readers beside a writer -------------------------------------------------------------------

// Commits have six rows, all of one drop, after its first row: whoever sees part of one, sees
// another number of rows, or a drop whose version is not the head's seq.
constexpr std::uint64_t kRowsPerCommit = 6;

bool IsWhole(std::uint64_t seq) { return seq % kRowsPerCommit == 1; }

Status ReadOnce(Storage& storage, std::uint64_t* last_seq) {
  LD_CONFORM_GET(head, storage.ReadHead());
  LD_CONFORM_SAME(1, IsWhole(head.seq) && head.seq >= *last_seq);
  *last_seq = head.seq;
  LogNotes log;
  LD_CONFORM(storage.ReadLog(0, 100'000, log));
  LD_CONFORM_SAME(1, IsWhole(log.rows.size()) && log.rows.size() >= head.seq);
  StateNotes state;
  LD_CONFORM_GET(state_head, storage.LoadState(state));
  LD_CONFORM_SAME(static_cast<std::int64_t>(state_head.seq),
                  static_cast<std::int64_t>(state.drops[1].drop.version));
  LD_CONFORM_GET(drop, storage.catalog().GetDrop(DropId("drop")));
  LD_CONFORM_SAME(1, IsWhole(drop.drop.version) && drop.drop.version >= state_head.seq);
  OrderQuery query;
  query.drop = DropId("drop");
  query.limit = 100'000;
  std::vector<Order> orders;
  LD_CONFORM(storage.ListOrders(query, &orders));
  LD_CONFORM_SAME(1, orders.size() % (kRowsPerCommit - 1) == 0);
  return OkStatus();
}

Status ReadUntil(const std::atomic<bool>& done, Storage& storage) {
  std::uint64_t last_seq = 0;
  while (!done) LD_CONFORM(ReadOnce(storage, &last_seq));
  return ReadOnce(storage, &last_seq);
}

Status WriteWhole(Storage& storage, Shop* shop) {
  for (int i = 0; i < 60; ++i) {
    for (std::uint64_t row = 1; row < kRowsPerCommit; ++row) shop->AddOrder("drop", "user");
    shop->AddEvent(EventType::lowStock, "drop:drop");
    LD_CONFORM(shop->Commit(storage));
  }
  return OkStatus();
}

Status ReadersSeeAllOfACommitOrNothing(StorageFactory& factory) {
  LD_CONFORM_CREATE(first);
  LD_CONFORM_OPEN(second);
  Shop shop = ShopWithDrop();
  LD_CONFORM(shop.Commit(first));
  std::atomic<bool> done{false};
  Status beside;
  Status elsewhere;
  std::thread reader([&] { beside = ReadUntil(done, first); });
  std::thread process([&] { elsewhere = ReadUntil(done, second); });
  const Status written = WriteWhole(first, &shop);
  done = true;
  reader.join();
  process.join();
  LD_CONFORM(written);
  LD_CONFORM(beside);
  LD_CONFORM(elsewhere);
  return OkStatus();
}

}  // namespace

std::vector<ConformanceCase> ProcessCases() {
  return {LD_CASE(ReopenedDatabaseIsTheSame),
          LD_CASE(CommittedIsDurableWithoutClose),
          LD_CASE(DatabasesHaveInfosOfTheirOwn),
          LD_CASE(CommitsShowInOtherProcesses),
          LD_CASE(ProcessesFenceEachOther),
          LD_CASE(OneOfTwoCommitsWins),
          LD_CASE(LockKeepsOthersOut),
          LD_CASE(CommitUsesAndReleasesTheLock),
          LD_CASE(RefusedCommitReleasesTheLock),
          LD_CASE(UnlockWithoutALockIsHarmless),
          LD_CASE(ReadsGoOnWhileLocked),
          LD_CASE(LockHolderIsNotFenced),
          LD_CASE(WaitingForTheLockEndsWithIt),
          LD_CASE(ResolveWritesTheBarrier),
          LD_CASE(ResolveWorksOnAnEmptyDatabase),
          LD_CASE(BarrierKeepsTheCommitInDoubtOut),
          LD_CASE(ResolveFindsTheCommitsOfOthers),
          LD_CASE(ClosedStorageAnswersClosed),
          LD_CASE(ClosingOneLeavesTheOther),
          LD_CASE(DestroyedStorageGivesItsLockUp),
          LD_CASE(ReadersSeeAllOfACommitOrNothing)};
}

}  // namespace livedrops::conformance
