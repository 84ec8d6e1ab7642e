// The conformance suite is seen to fail: every case finds a planted bug, every planted bug is found.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <set>

#include "tests/conformance/memory_factory.h"
#include "tests/conformance/tampered_storage.h"

namespace livedrops {
namespace {

struct Bug {
  const char* name;
  std::vector<std::string> found_by;
  void (*plant)(Hooks& hooks);
};

void Forget(auto& rows) { rows.clear(); }
template <class T>
Result<T> NotFound(const Result<T>&) {
  return Status(StatusCode::kNotFound, "planted");
}

// --- bugs in committing ------------------------------------------------------------------------

const Bug kCommitBugs[] = {
    {"ignores the fence", {}, [](Hooks& hooks) {
       hooks.before_commit = [](Storage& inner, ChangedBatch& batch, Head& expected) {
         expected = *inner.ReadHead();
         std::uint64_t shift = expected.seq + 1;
         for (EventRow& row : batch.events) row.seq = shift++;
         for (OrderRow& row : batch.orders) row.seq = shift++;
         if (shift == expected.seq + 1) return;
         batch.head.seq = shift - 1;
         batch.head.hash = batch.orders.empty() ? batch.events.back().hash
                                                : batch.orders.back().hash;
       };
     }},
    {"compares the head's seq only", {}, [](Hooks& hooks) {
       hooks.before_commit = [](Storage& inner, ChangedBatch&, Head& expected) {
         const Result<Head> head = inner.ReadHead();
         if (head.ok() && head->seq == expected.seq) expected = *head;
       };
     }},
    {"says unavailable for fenced", {}, [](Hooks& hooks) {
       hooks.after_commit = [](Storage&, const CommitBatch&, Status& status) {
         if (status.code() == StatusCode::kFenced) status = {StatusCode::kUnavailable, "planted"};
       };
     }},
    {"says ok to what it refused", {}, [](Hooks& hooks) {
       hooks.after_commit = [](Storage&, const CommitBatch&, Status& status) {
         if (status.code() == StatusCode::kBrokenInvariant) status = OkStatus();
       };
     }},
    {"writes the good rows of a bad batch", {}, [](Hooks& hooks) {
       hooks.after_commit = [](Storage& inner, const CommitBatch& batch, Status& status) {
         if (status.code() != StatusCode::kBrokenInvariant) return;
         const Head head = *inner.ReadHead();
         EventRow row = batch.events.front();
         row.seq = head.seq + 1;
         CommitBatch part;
         part.events = {&row, 1};
         part.head = {row.seq, row.hash};
         EXPECT_TRUE(inner.Commit(part, head).ok());
       };
     }},
    {"forgets what it commits", {}, [](Hooks& hooks) {
       hooks.before_commit = [](Storage& inner, ChangedBatch& batch, Head& expected) {
         const Result<Head> head = inner.ReadHead();
         if (!head.ok() || *head != expected) return;
         batch = ChangedBatch(CommitBatch());
         batch.head = expected;
       };
     }},
    {"keeps views after the commit", {}, [](Hooks& hooks) {
       const auto kept = std::make_shared<std::map<std::uint64_t, OrderRow>>();
       hooks.after_commit = [=](Storage&, const CommitBatch& batch, Status&) {
         for (const OrderRow& row : batch.orders) (*kept)[row.seq] = row;
       };
       hooks.order = [=](Result<Order>& order) {
         order->user = UserId(kept->at(order->seq).user);
         order->key = Key(kept->at(order->seq).key);
       };
     }},
    {"loses every third row of the log", {}, [](Hooks& hooks) {
       hooks.log_query = [](std::uint64_t& after, std::int64_t&) {
         if (after % 3 == 2) ++after;
       };
     }},
    {"reads no more than 100 rows", {}, [](Hooks& hooks) {
       hooks.log_query = [](std::uint64_t&, std::int64_t& limit) {
         limit = std::min<std::int64_t>(limit, 50);
       };
     }},
    {"ignores the limit of the log", {}, [](Hooks& hooks) {
       hooks.log_query = [](std::uint64_t&, std::int64_t& limit) { limit = 1000; };
     }},
    {"reads the last row when there is none", {}, [](Hooks& hooks) {
       hooks.log_query = [](std::uint64_t& after, std::int64_t&) {
         if (after > 12) after = 11;
       };
     }},
    {"keeps the last commit in a cache", {}, [](Hooks& hooks) {
       hooks.head = [](Result<Head>& head) {
         if (head.ok() && head->seq > 0) --head->seq;
       };
     }},
};

// --- bugs in columns ---------------------------------------------------------------------------

const Bug kColumnBugs[] = {
    {"keeps 32 bits of money", {}, [](Hooks& hooks) {
       hooks.before_commit = [](Storage&, ChangedBatch& batch, Head&) {
         for (OrderRow& row : batch.orders) row.amount &= 0x7fffffff;
         for (DropRow& row : batch.drops) row.drop.price.minor_units &= 0x7fffffff;
         for (ProductRow& row : batch.products) row.product.price.minor_units &= 0x7fffffff;
       };
     }},
    {"keeps 63 bits of fingerprints", {}, [](Hooks& hooks) {
       hooks.before_commit = [](Storage&, ChangedBatch& batch, Head&) {
         for (EventRow& row : batch.events) row.fingerprint &= INT64_MAX;
         for (DropRow& row : batch.drops) row.fingerprint &= INT64_MAX;
         for (ProductRow& row : batch.products) row.fingerprint &= INT64_MAX;
       };
     }},
    {"writes numbers of types", {}, [](Hooks& hooks) {
       hooks.event_row = [](EventRow& row) {
         if (row.type > EventType::orderHeld) row.type = EventType::orderHeld;
       };
     }},
    {"loses who acted", {}, [](Hooks& hooks) {
       hooks.before_commit = [](Storage&, ChangedBatch& batch, Head&) {
         for (OrderRow& row : batch.orders) row.actor = {};
       };
     }},
    {"loses subjects and times", {}, [](Hooks& hooks) {
       hooks.before_commit = [](Storage&, ChangedBatch& batch, Head&) {
         for (EventRow& row : batch.events) row.subject.clear(), row.at = Time();
       };
     }},
    {"loses the flags of drops", {}, [](Hooks& hooks) {
       hooks.before_commit = [](Storage&, ChangedBatch& batch, Head&) {
         for (DropRow& row : batch.drops) {
           row.started = row.paused = row.ended = row.cancelled = false;
           row.drop.held = 0;
         }
       };
     }},
    {"all money is in dollars", {}, [](Hooks& hooks) {
       hooks.before_commit = [](Storage&, ChangedBatch& batch, Head&) {
         for (DropRow& row : batch.drops) row.drop.price.currency = Currency();
       };
     }},
    {"loses keys", {}, [](Hooks& hooks) {
       hooks.before_commit = [](Storage&, ChangedBatch& batch, Head&) {
         for (EventRow& row : batch.events) row.key.clear();
       };
     }},
    {"loses roles", {}, [](Hooks& hooks) {
       hooks.before_commit = [](Storage&, ChangedBatch& batch, Head&) {
         for (Account& row : batch.accounts) row.role = Role::user;
       };
     }},
};

// --- bugs in the present state -----------------------------------------------------------------

const Bug kStateBugs[] = {
    {"never changes an order", {}, [](Hooks& hooks) {
       hooks.before_commit = [](Storage&, ChangedBatch& batch, Head&) {
         Forget(batch.order_changes);
       };
     }},
    {"changes only orders of earlier batches", {}, [](Hooks& hooks) {
       hooks.before_commit = [](Storage&, ChangedBatch& batch, Head& expected) {
         std::erase_if(batch.order_changes,
                       [&](const OrderChange& change) { return change.seq > expected.seq; });
       };
     }},
    {"changes the row of the log with the order", {}, [](Hooks& hooks) {
       const auto quantities = std::make_shared<std::map<std::uint64_t, std::int32_t>>();
       hooks.after_commit = [=](Storage&, const CommitBatch& batch, Status&) {
         for (const OrderChange& row : batch.order_changes) (*quantities)[row.seq] = row.quantity;
       };
       hooks.order_row = [=](OrderRow& row) {
         const auto changed = quantities->find(row.seq);
         if (changed != quantities->end()) row.quantity = changed->second;
       };
     }},
    {"writes a drop once", {}, [](Hooks& hooks) {
       hooks.before_commit = [](Storage& inner, ChangedBatch& batch, Head&) {
         std::erase_if(batch.drops, [&](const DropRow& row) {
           return inner.catalog().GetDrop(row.drop.id).ok();
         });
       };
     }},
    {"writes no products", {}, [](Hooks& hooks) {
       hooks.before_commit = [](Storage&, ChangedBatch& batch, Head&) { Forget(batch.products); };
     }},
    {"writes no counters", {}, [](Hooks& hooks) {
       hooks.before_commit = [](Storage&, ChangedBatch& batch, Head&) {
         Forget(batch.creators), Forget(batch.users);
       };
     }},
    {"writes no accounts and sessions", {}, [](Hooks& hooks) {
       hooks.before_commit = [](Storage&, ChangedBatch& batch, Head&) {
         Forget(batch.accounts), Forget(batch.sessions);
       };
     }},
    {"never ends a follow", {}, [](Hooks& hooks) {
       hooks.before_commit = [](Storage&, ChangedBatch& batch, Head&) {
         std::erase_if(batch.follows, [](const FollowRow& row) { return !row.follow; });
       };
     }},
    {"keeps the first follow for ever", {}, [](Hooks& hooks) {
       hooks.before_commit = [](Storage& inner, ChangedBatch& batch, Head&) {
         std::erase_if(batch.follows, [&](const FollowRow& row) {
           return row.follow && row.since > TimeOf(2);
         });
       };
     }},
    {"keeps the email of an erased account", {}, [](Hooks& hooks) {
       hooks.before_commit = [](Storage& inner, ChangedBatch& batch, Head&) {
         for (Account& account : batch.accounts) {
           const Result<Account> old = inner.catalog().GetAccount(account.id);
           if (account.email.empty() && old.ok()) account.email = old->email;
         }
       };
     }},
};
}  // namespace
}  // namespace livedrops
