// Planted bugs in commits, columns, present state and locks.
#include <algorithm>
#include <atomic>
#include <map>
#include <memory>

#include "tests/conformance/planted_bugs.h"

namespace livedrops {
namespace {

const Status kPlanted{StatusCode::kUnavailable, "planted"};

// A bug that changes batches before they are committed.
template <class Change>
PlantedBug Changing(const char* name, const Change& change) {
  PlantedBug bug{name, {}};
  bug.hooks.before_commit = [=](Storage&, ChangedBatch& batch, Head&) { change(batch); };
  return bug;
}

// A bug that looks into the storage before it changes the batch or the expected head.
template <class Change>
PlantedBug Looking(const char* name, Change change) {
  PlantedBug bug{name, {}};
  bug.hooks.before_commit = change;
  return bug;
}

template <class Change>
PlantedBug After(const char* name, Change change) {
  PlantedBug bug{name, {}};
  bug.hooks.after_commit = change;
  return bug;
}

// Moves the batch behind `head`, so that nobody notices that it was decided on another one.
void Move(ChangedBatch* batch, const Head& head) {
  const std::uint64_t first = std::min(batch->orders.empty() ? UINT64_MAX : batch->orders[0].seq,
                                       batch->events.empty() ? UINT64_MAX : batch->events[0].seq);
  const std::uint64_t shift = head.seq + 1 - first;
  for (OrderRow& row : batch->orders) row.seq += shift;
  for (EventRow& row : batch->events) row.seq += shift;
  batch->head.seq += shift;
}

// Writes one row of a batch that was refused.
void WritePart(Storage& inner, const CommitBatch& batch) {
  const Head head = *inner.ReadHead();
  EventRow row;
  row.seq = head.seq + 1;
  row.aggregate = batch.events.front().aggregate;
  CommitBatch part;
  part.events = {&row, 1};
  part.head = {row.seq, row.hash};
  (void)inner.Commit(part, head).ok();
}

PlantedBug KeepsViews() {
  PlantedBug bug{"keeps views after the commit", {}, "BatchMayChangeAfterItsCommit"};
  const auto kept = std::make_shared<std::map<std::uint64_t, OrderRow>>();
  bug.hooks.after_commit = [=](Storage&, const CommitBatch& batch, Status&) {
    for (const OrderRow& row : batch.orders) (*kept)[row.seq] = row;
  };
  bug.hooks.order = [=](Result<Order>& order) {
    if (order.ok()) order->user = UserId((*kept)[order->seq].user);
  };
  return bug;
}

template <class Change>
PlantedBug LogQuery(const char* name, Change change) {
  PlantedBug bug{name, {}};
  bug.hooks.log_query = change;
  return bug;
}

}  // namespace

std::vector<PlantedBug> CommitBugs() {
  return {
      Looking("ignores the fence",
              [](Storage& inner, ChangedBatch& batch, Head& expected) {
                const Result<Head> head = inner.ReadHead();
                if (!head.ok()) return;
                expected = *head;
                Move(&batch, expected);
              }),
      Looking("fences by the hash only",
              [](Storage& inner, ChangedBatch&, Head& expected) {
                const Result<Head> head = inner.ReadHead();
                if (head.ok() && head->hash == expected.hash) expected = *head;
              }),
      Looking("fences by the seq only",
              [](Storage& inner, ChangedBatch&, Head& expected) {
                const Result<Head> head = inner.ReadHead();
                if (head.ok() && head->seq == expected.seq) expected = *head;
              }),
      Looking("forgets what it commits",
              [](Storage& inner, ChangedBatch& batch, Head& expected) {
                const Result<Head> head = inner.ReadHead();
                if (!head.ok() || *head != expected) return;
                batch = ChangedBatch(CommitBatch());
                batch.head = expected;
              }),
      After("says unavailable for fenced",
            [](Storage&, const CommitBatch&, Status& status) {
              if (status.code() == StatusCode::kFenced) status = kPlanted;
            }),
      After("says ok to what it refused",
            [](Storage&, const CommitBatch&, Status& status) {
              if (status.code() == StatusCode::kBrokenInvariant) status = OkStatus();
            }),
      After("writes part of what it refuses",
            [](Storage& inner, const CommitBatch& batch, Status& status) {
              if (status.code() == StatusCode::kBrokenInvariant) WritePart(inner, batch);
            }),
      KeepsViews(),
      LogQuery("skips a row of the log",
               [](std::uint64_t& after, std::int64_t&) { after += after == 11 || after == 0; }),
      LogQuery(
          "reads 50 rows at most",
          [](std::uint64_t&, std::int64_t& limit) { limit = std::min<std::int64_t>(limit, 50); }),
      LogQuery("ignores the limit of the log",
               [](std::uint64_t&, std::int64_t& limit) { limit = 100'000; }),
      LogQuery(
          "reads the last row again",
          [](std::uint64_t& after, std::int64_t&) { after = std::min<std::uint64_t>(after, 11); }),
  };
}

std::vector<PlantedBug> ColumnBugs() {
  PlantedBug types{"does not know the newer event types", {}};
  types.hooks.event_row = [](EventRow& row) {
    row.type = std::min(row.type, EventType::orderHeld);
  };
  return {
      types,
      Changing("keeps 31 bits of money",
               [](ChangedBatch& batch) {
                 for (OrderRow& row : batch.orders) row.amount &= INT32_MAX;
                 for (DropRow& row : batch.drops) row.drop.price.minor_units &= INT32_MAX;
                 for (ProductRow& row : batch.products) row.product.price.minor_units &= INT32_MAX;
               }),
      Changing("keeps 63 bits of fingerprints",
               [](ChangedBatch& batch) {
                 for (EventRow& row : batch.events) row.fingerprint &= INT64_MAX;
                 for (DropRow& row : batch.drops) row.fingerprint &= INT64_MAX;
               }),
      Changing("loses actors",
               [](ChangedBatch& batch) {
                 for (OrderRow& row : batch.orders) row.actor = {};
                 for (EventRow& row : batch.events) row.actor.clear();
               }),
      Changing("loses subjects",
               [](ChangedBatch& batch) {
                 for (EventRow& row : batch.events) row.subject.clear();
               }),
      Changing("keeps seconds",
               [](ChangedBatch& batch) {
                 for (DropRow& row : batch.drops) {
                   row.drop.end_time = std::chrono::floor<std::chrono::seconds>(row.drop.end_time);
                 }
               }),
      Changing("loses the flags of drops",
               [](ChangedBatch& batch) {
                 for (DropRow& row : batch.drops) {
                   row.started = row.paused = row.ended = row.cancelled = false;
                 }
               }),
      Changing("sells in dollars only",
               [](ChangedBatch& batch) {
                 for (DropRow& row : batch.drops) row.drop.price.currency = Currency();
               }),
      Changing("loses keys of events",
               [](ChangedBatch& batch) {
                 for (EventRow& row : batch.events) row.key.clear();
               }),
      Changing("makes everybody a user",
               [](ChangedBatch& batch) {
                 for (Account& row : batch.accounts) row.role = Role::user;
               }),
  };
}

namespace {

PlantedBug ChangesTheLog() {
  PlantedBug bug{"changes the row of the log with its order", {}};
  const auto changed = std::make_shared<std::map<std::uint64_t, std::int32_t>>();
  bug.hooks.after_commit = [=](Storage&, const CommitBatch& batch, Status&) {
    for (const OrderChange& row : batch.order_changes) (*changed)[row.seq] = row.quantity;
  };
  bug.hooks.order_row = [=](OrderRow& row) {
    if (changed->contains(row.seq)) row.quantity = changed->at(row.seq);
  };
  return bug;
}

PlantedBug RemembersFirstFollow() {
  const auto since = std::make_shared<std::map<std::pair<CreatorId, UserId>, Time>>();
  return Changing("keeps the time of the first follow", [=](ChangedBatch& batch) {
    for (FollowRow& row : batch.follows) {
      row.since = since->try_emplace({row.creator, row.user}, row.since).first->second;
    }
  });
}

void KeepOldEmails(Storage& inner, ChangedBatch& batch, Head&) {
  for (Account& account : batch.accounts) {
    const Result<Account> old = inner.catalog().GetAccount(account.id);
    if (account.email.empty() && old.ok()) account.email = old->email;
  }
}

template <class Change>
PlantedBug LoadQuery(const char* name, Change change) {
  PlantedBug bug{name, {}};
  bug.hooks.load_query = change;
  return bug;
}

}  // namespace

std::vector<PlantedBug> StateBugs() {
  return {
      Changing("never changes an order", [](ChangedBatch& batch) { batch.order_changes.clear(); }),
      Looking("changes orders of earlier batches only",
              [](Storage&, ChangedBatch& batch, Head& expected) {
                std::erase_if(batch.order_changes,
                              [&](const OrderChange& change) { return change.seq > expected.seq; });
              }),
      ChangesTheLog(),
      Looking("writes a drop once",
              [](Storage& inner, ChangedBatch& batch, Head&) {
                std::erase_if(batch.drops, [&](const DropRow& row) {
                  return inner.catalog().GetDrop(row.drop.id).ok();
                });
              }),
      Changing("writes no products", [](ChangedBatch& batch) { batch.products.clear(); }),
      Changing("writes no creators", [](ChangedBatch& batch) { batch.creators.clear(); }),
      Changing("writes no users", [](ChangedBatch& batch) { batch.users.clear(); }),
      Changing("writes no accounts", [](ChangedBatch& batch) { batch.accounts.clear(); }),
      Changing("writes no sessions", [](ChangedBatch& batch) { batch.sessions.clear(); }),
      Changing("never ends a follow",
               [](ChangedBatch& batch) {
                 std::erase_if(batch.follows, [](const FollowRow& row) { return !row.follow; });
               }),
      RemembersFirstFollow(),
      Looking("keeps the email of an erased account", KeepOldEmails),
      LoadQuery("loads the orders of the first drop only",
                [](std::vector<std::uint64_t>& drop_nos, std::uint64_t&) {
                  if (drop_nos.size() > 1) drop_nos.resize(1);
                }),
      LoadQuery("loads the orders of all drops",
                [](std::vector<std::uint64_t>& drop_nos, std::uint64_t&) { drop_nos = {1, 2}; }),
      LoadQuery("loads orders up to the end",
                [](std::vector<std::uint64_t>&, std::uint64_t& until) { until = UINT64_MAX; }),
      LoadQuery("loads orders before a seq",
                [](std::vector<std::uint64_t>&, std::uint64_t& until) { --until; }),
  };
}

namespace {

PlantedBug Locking(const char* name, std::function<Status(Storage&, Duration)> lock) {
  PlantedBug bug{name, {}};
  bug.hooks.lock = std::move(lock);
  return bug;
}

template <class Resolve>
PlantedBug Resolving(const char* name, Resolve resolve) {
  PlantedBug bug{name, {}};
  bug.hooks.resolve = resolve;
  return bug;
}

// Only Unlock and Commit give the lock up, for both processes have the same hooks.
PlantedBug LockOutlivesItsOwner() {
  PlantedBug bug{"the lock outlives its owner", {}};
  const auto held = std::make_shared<std::atomic<bool>>(false);
  bug.hooks.lock = [=](Storage& inner, Duration deadline) {
    if (*held) return kPlanted;
    Status status = inner.Lock(deadline);
    *held = status.ok();
    return status;
  };
  bug.hooks.unlock = [=](Storage& inner) { inner.Unlock(), *held = false; };
  bug.hooks.after_commit = [=](Storage&, const CommitBatch&, Status&) { *held = false; };
  return bug;
}

PlantedBug LockKeepsReadersOut() {
  PlantedBug bug = LockOutlivesItsOwner();
  bug.name = "the lock keeps readers out";
  const auto held = std::make_shared<std::atomic<bool>>(false);
  bug.hooks.lock = [=](Storage& inner, Duration deadline) {
    *held = true;
    return inner.Lock(deadline);
  };
  bug.hooks.unlock = [=](Storage& inner) { inner.Unlock(), *held = false; };
  bug.hooks.head = [=](Result<Head>& head) {
    if (*held) head = kPlanted;
  };
  return bug;
}

PlantedBug HolderIsFenced() {
  PlantedBug bug{"fences who has the lock", {}};
  const auto held = std::make_shared<std::atomic<bool>>(false);
  bug.hooks.lock = [=](Storage& inner, Duration deadline) {
    *held = true;
    return inner.Lock(deadline);
  };
  bug.hooks.before_commit = [=](Storage&, ChangedBatch&, Head& expected) {
    if (*held) expected.seq += 100;
  };
  return bug;
}

PlantedBug Info(const char* name, void (*change)(ShopInfo& info)) {
  PlantedBug bug{name, {}};
  bug.hooks.info = change;
  return bug;
}

PlantedBug StaleHead() {
  PlantedBug bug{"shows the head before the last row", {}};
  bug.hooks.head = [](Result<Head>& head) {
    if (head.ok() && head->seq != 0) --head->seq;
  };
  return bug;
}

PlantedBug StaysOpen() {
  PlantedBug bug{"close does nothing", {}};
  bug.hooks.close = [](Storage&) { return OkStatus(); };
  return bug;
}

PlantedBug SeesOwnHead() {
  PlantedBug bug{"an empty log has a head", {}};
  bug.hooks.head = [](Result<Head>& head) {
    if (head.ok() && head->seq == 0) head->seq = 1;
  };
  return bug;
}

}  // namespace

std::vector<PlantedBug> LockBugs() {
  using Chain = const std::function<EventRow(const Head&)>&;
  return {
      Locking("the lock is none", [](Storage&, Duration) { return OkStatus(); }),
      Locking("nobody gets the lock", [](Storage&, Duration) { return kPlanted; }),
      LockOutlivesItsOwner(),
      LockKeepsReadersOut(),
      HolderIsFenced(),
      After("a commit leaves the lock behind", [](Storage& inner, const CommitBatch&,
                                                  Status&) { (void)inner.Lock(Duration(0)).ok(); }),
      StaysOpen(),
      StaleHead(),
      SeesOwnHead(),
      Info("databases share their identity",
           [](ShopInfo& info) { info.epoch = "same", info.secret = {1}; }),
      Info("every process has its own identity",
           [](ShopInfo& info) {
             static std::atomic<int> count{0};
             info.epoch += std::to_string(++count);
           }),
      Resolving("resolves by reading", [](Storage& inner, Chain) { return inner.ReadHead(); }),
      Resolving("returns the head after the barrier",
                [](Storage& inner, Chain chain) {
                  (void)inner.Resolve(chain).ok();
                  return inner.ReadHead();
                }),
  };
}

}  // namespace livedrops
