// The order index: whatever is written, crashed, taken over, lists show all orders, once, in order.
#include "storage/sqlite/order_index.h"

#include <random>
#include <thread>

#include "testing/conformance_kit.h"
#include "tests/unit/storage/sqlite/sqlite_kit.h"

namespace livedrops {
namespace {

using conformance::Shop;
using conformance::Texts;
using Seqs = std::vector<std::uint64_t>;

SqliteOptions ShortRuns(int size) {
  SqliteOptions options = FastSqlite();
  options.order_run_size = size;
  return options;
}

// Waits for a condition that commits bring about: runs are sorted by a helper thread.
template <class Condition>
void CommitUntil(Condition condition, const std::function<void()>& commit) {
  for (int i = 0; i < 20'000 && !condition(); ++i) commit();
  EXPECT_TRUE(condition());
}

class SqliteOrderIndex : public testing::Test {
 protected:
  SqliteOrderIndex() {
    shop_.AddDrop("a");
    shop_.AddDrop("b");
  }

  // Commits `count` orders of random users and drops.
  void Commit(Storage& storage, int count) {
    for (int i = 0; i < count; ++i) {
      const bool first = random_() % 3 != 0;
      const std::string user = "user" + std::to_string(random_() % 20);
      (first ? of_a_ : of_b_).push_back(shop_.NextSeq());
      of_user_[user].insert(of_user_[user].begin(), shop_.NextSeq());
      shop_.AddOrder(first ? "a" : "b", user);
    }
    if (random_() % 4 == 0) shop_.AddEvent(EventType::lowStock, "drop:a");
    const Status status = shop_.Commit(storage);
    ASSERT_TRUE(status.ok()) << status.ToString();
  }

  void ExpectListed(Storage& storage, const OrderQuery& query, const Seqs& seqs) {
    std::vector<Order> orders;
    const Status status = storage.ListOrders(query, &orders);
    ASSERT_TRUE(status.ok()) << status.ToString();
    EXPECT_EQ(Texts(orders), shop_.ExpectedOrders(seqs));
  }
  void ExpectAll(Storage& storage) {
    OrderQuery query;
    query.limit = 1'000'000;
    for (const auto& [user, seqs] : of_user_) {
      query.user = UserId(user);
      ExpectListed(storage, query, seqs);
    }
    query.user = UserId();
    query.drop = DropId("a");
    ExpectListed(storage, query, of_a_);
    query.drop = DropId("b");
    ExpectListed(storage, query, of_b_);
  }
  void ExpectPages(Storage& storage, OrderQuery query, const Seqs& all) {
    query.limit = 7;
    for (std::size_t seen = 0; seen < all.size(); seen += 7) {
      const auto end = std::min(all.size(), seen + 7);
      ExpectListed(storage, query, Seqs(&all[seen], &all[seen] + (end - seen)));
      query.after_seq = all[end - 1];
    }
  }
  std::int64_t FinishedRuns() {
    return std::stoll(
        RunSql(path_, "SELECT count(*) FROM order_runs WHERE written = entries").at(0));
  }
  std::int64_t UnfinishedRuns() {
    return std::stoll(
        RunSql(path_, "SELECT count(*) FROM order_runs WHERE written < entries").at(0));
  }

  TempDirectory directory_;
  const std::string path_ = directory_.File("shop.db");
  std::mt19937_64 random_{1};
  Shop shop_;
  Seqs of_a_;
  Seqs of_b_;
  std::map<std::string, Seqs> of_user_;
};

TEST_F(SqliteOrderIndex, RunsAreWrittenAndRead) {
  const auto storage = OpenOrDie(path_, ShortRuns(300));
  CommitUntil([&] { return FinishedRuns() >= 4; }, [&] { Commit(*storage, 40); });
  ExpectAll(*storage);
  OrderQuery of_user;
  of_user.user = UserId("user7");
  ExpectPages(*storage, of_user, of_user_["user7"]);
  OrderQuery of_drop;
  of_drop.drop = DropId("b");
  ExpectPages(*storage, of_drop, of_b_);
  // The runs follow each other, and hold every order up to the watermark once for each kind.
  EXPECT_EQ(RunSql(path_,
                   "SELECT count(*) FROM order_runs r WHERE after_seq <> coalesce((SELECT"
                   " max(last_seq) FROM order_runs p WHERE p.last_seq < r.last_seq), 0)"),
            std::vector<std::string>{"0"});
  EXPECT_EQ(
      RunSql(path_,
             "SELECT kind, sum(length(b.entries)) / 8 = (SELECT count(*) FROM orders WHERE seq"
             " <= (SELECT max(last_seq) FROM order_runs WHERE written = entries))"
             " FROM order_blocks b JOIN order_runs r USING (run)"
             " WHERE r.written = r.entries GROUP BY kind"),
      (std::vector<std::string>{"d|1", "u|1"}));
}

TEST_F(SqliteOrderIndex, DamagedRunsAreBuiltAgainOnDemand) {
  {
    const auto storage = OpenOrDie(path_, ShortRuns(300));
    CommitUntil([&] { return FinishedRuns() >= 2; }, [&] { Commit(*storage, 40); });
  }
  RunSql(path_, "DELETE FROM order_blocks WHERE kind = 'd'");
  OrderQuery query;
  query.drop = DropId("a");
  query.limit = 1'000'000;
  std::vector<Order> orders;
  ASSERT_TRUE(OpenOrDie(path_, ShortRuns(300))->ListOrders(query, &orders).ok());
  EXPECT_LT(orders.size(), of_a_.size());
  const auto storage = OpenSqliteStorage(path_, {.rebuild_lists = true}, ShortRuns(300));
  ASSERT_TRUE(storage.ok()) << storage.status().ToString();
  EXPECT_EQ(FinishedRuns(), 0);
  ExpectAll(**storage);
  CommitUntil([&] { return FinishedRuns() >= 2; }, [&] { Commit(**storage, 40); });
  ExpectAll(**storage);
}

TEST_F(SqliteOrderIndex, AnotherProcessAndAReopenedOneSeeTheSame) {
  auto storage = OpenOrDie(path_, ShortRuns(200));
  const auto other = OpenOrDie(path_, ShortRuns(200));
  for (int round = 0; round < 6; ++round) {
    for (int i = 0; i < 10; ++i) Commit(round % 2 == 0 ? *storage : *other, 30);
    ExpectAll(*storage);
    ExpectAll(*other);
    storage = OpenOrDie(path_, ShortRuns(200));
    ExpectAll(*storage);
  }
}

// Nobody can tell a dead builder from a slow one: its run is taken over when it does not grow.
TEST_F(SqliteOrderIndex, AnUnfinishedRunIsBegunAnewAfterACrash) {
  auto storage = OpenOrDie(path_, ShortRuns(3000));
  CommitUntil([&] { return UnfinishedRuns() == 1; }, [&] { Commit(*storage, 60); });
  storage = OpenOrDie(path_, ShortRuns(3000));
  ExpectAll(*storage);
  CommitUntil([&] { return FinishedRuns() >= 1; }, [&] { Commit(*storage, 5); });
  EXPECT_LE(UnfinishedRuns(), 1);
  ExpectAll(*storage);
}

TEST_F(SqliteOrderIndex, ABuilderWhoseRunWasDeletedNotices) {
  const auto storage = OpenOrDie(path_, ShortRuns(3000));
  CommitUntil([&] { return UnfinishedRuns() == 1; }, [&] { Commit(*storage, 60); });
  RunSql(path_, "DELETE FROM order_blocks; DELETE FROM order_runs");
  Commit(*storage, 60);
  ExpectAll(*storage);
  CommitUntil([&] { return FinishedRuns() == 1; }, [&] { Commit(*storage, 60); });
  ExpectAll(*storage);
}

TEST_F(SqliteOrderIndex, ARunWhoseBuilderDiedIsTakenOver) {
  const auto survivor = OpenOrDie(path_, ShortRuns(2000));
  auto builder = OpenOrDie(path_, ShortRuns(2000));
  CommitUntil([&] { return UnfinishedRuns() == 1; }, [&] { Commit(*builder, 60); });
  builder = nullptr;
  CommitUntil([&] { return FinishedRuns() >= 1; }, [&] { Commit(*survivor, 5); });
  ExpectAll(*survivor);
}

TEST_F(SqliteOrderIndex, ACommitThatFailsLeavesTheRunAsItWas) {
  const auto storage = OpenOrDie(path_, ShortRuns(500));
  while (FinishedRuns() < 3) {
    Commit(*storage, 50);
    Shop broken = shop_;
    broken.AddOrder("a", "user1");
    broken.batch().drops.back().drop.held = -1;
    EXPECT_EQ(broken.Commit(*storage).code(), StatusCode::kBrokenInvariant);
  }
  ExpectAll(*storage);
}

TEST_F(SqliteOrderIndex, ABarrierBetweenSlicesLosesNothing) {
  const auto storage = OpenOrDie(path_, ShortRuns(800));
  Commit(*storage, 10);
  CommitUntil([&] { return UnfinishedRuns() == 1; }, [&] { Commit(*storage, 60); });
  // The shop learns of the barrier by writing the same row.
  Shop with_barrier = shop_;
  with_barrier.AddEvent(EventType::recovered, "shop:1");
  const EventRow barrier = with_barrier.batch().events.back();
  ASSERT_TRUE(storage->Resolve([&](const Head&) { return barrier; }).ok());
  ExpectAll(*storage);
  const Result<Head> head = storage->ReadHead();
  ASSERT_TRUE(head.ok());
  EXPECT_EQ(head->seq, barrier.seq);
}

// Readers in the middle of everything: what was committed before a list began is in it.
TEST_F(SqliteOrderIndex, ReadersBesideAWriterMissNothing) {
  const auto storage = OpenOrDie(path_, ShortRuns(100));
  Commit(*storage, 1);
  std::atomic<bool> done{false};
  std::atomic<std::uint64_t> committed{0};
  std::atomic<int> lists{0};
  const auto read = [&] {
    while (!done || lists < 3) {
      const std::uint64_t at_least = committed;
      std::vector<Order> orders;
      OrderQuery query;
      query.drop = DropId("a");
      query.limit = 1'000'000;
      const Status status = storage->ListOrders(query, &orders);
      ASSERT_TRUE(status.ok()) << status.ToString();
      ASSERT_GE(orders.size(), at_least);
      for (std::size_t i = 1; i < orders.size(); ++i) ASSERT_GT(orders[i].seq, orders[i - 1].seq);
      ++lists;
    }
  };
  std::thread first(read);
  std::thread second(read);
  for (int i = 0; i < 200; ++i) {
    Commit(*storage, 20);
    committed = of_a_.size();
  }
  done = true;
  first.join();
  second.join();
  ExpectAll(*storage);
}

// --- parts
// -----------------------------------------------------------------------------------------

TEST(SqliteOrderTail, FindsByKeyInRange) {
  sqlite::OrderTail tail;
  std::vector<sqlite::TailEntry> entries;
  for (std::uint64_t seq = 1; seq <= 40'000; ++seq) {
    entries.push_back({seq * 2, static_cast<std::uint32_t>(seq % 1000), 7});
  }
  ASSERT_TRUE(tail.Append(0, 80'001, entries));
  EXPECT_FALSE(tail.Append(5, 6, {}));
  EXPECT_EQ(tail.covered(), 80'001u);
  const auto view = tail.Look();
  const auto find = [&](std::uint32_t key, std::uint64_t first, std::uint64_t last, bool down) {
    Seqs found;
    EXPECT_TRUE(view.Visit({&sqlite::OrderTail::Chunk::users, key, first, last, down},
                           [&](std::uint64_t seq) { return found.push_back(seq), true; }));
    return found;
  };
  EXPECT_EQ(find(3, 0, UINT64_MAX, false).size(), 40u);
  EXPECT_EQ(find(3, 0, UINT64_MAX, true).size(), 40u);
  EXPECT_EQ(find(3, 2006, 6006, false), (Seqs{2006, 4006, 6006}));
  EXPECT_EQ(find(3, 2006, 6006, true), (Seqs{6006, 4006, 2006}));
  EXPECT_EQ(find(3, 2007, 6005, true), (Seqs{4006}));
  EXPECT_TRUE(find(1000, 0, UINT64_MAX, false).empty());
  EXPECT_EQ(view.CountAfter(0), 40'000u);
  EXPECT_EQ(view.CountAfter(79'998), 1u);
  EXPECT_EQ(view.CountAfter(80'000), 0u);
  const auto taken = view.Take(79'990, 3);
  ASSERT_EQ(taken.size(), 3u);
  EXPECT_EQ(taken.front().seq, 79'992u);
}

TEST(SqliteOrderTail, TrimsWholeChunksOnly) {
  sqlite::OrderTail tail;
  std::vector<sqlite::TailEntry> entries;
  for (std::uint64_t seq = 1; seq <= 40'000; ++seq) entries.push_back({seq, 0, 0});
  ASSERT_TRUE(tail.Append(0, 40'000, entries));
  const auto old = tail.Look();
  tail.Trim(20'000);
  const auto view = tail.Look();
  EXPECT_EQ(view.after, sqlite::OrderTail::kChunkSize);
  EXPECT_EQ(view.count, 40'000 - sqlite::OrderTail::kChunkSize);
  EXPECT_EQ(old.count, 40'000u);  // Who looks sees on.
  EXPECT_EQ(old.Take(0, 1).front().seq, 1u);
}

TEST(SqliteOrderRun, IsSortedByKeyThenSeq) {
  std::mt19937 random(1);
  std::vector<sqlite::TailEntry> orders;
  for (std::uint64_t seq = 101; seq <= 2100; ++seq) {
    const auto user = static_cast<std::uint32_t>(random() & 0x7fffffff);
    orders.push_back({seq, user, static_cast<std::uint32_t>(random() % 3)});
  }
  const sqlite::SortedRun run = sqlite::SortRun(100, orders);
  EXPECT_TRUE(std::is_sorted(run.by_user.begin(), run.by_user.end()));
  EXPECT_TRUE(std::is_sorted(run.by_drop.begin(), run.by_drop.end()));
  EXPECT_EQ(run.last_seq, 2100u);
  EXPECT_EQ(sqlite::BlockBorder(run, 1), 400u);
  EXPECT_EQ(sqlite::BlockBorder(run, 1999), 2000u);
  EXPECT_EQ(sqlite::BlockBorder(run, 2001), 2400u);
  EXPECT_EQ(sqlite::BlockBorder(run, 4000), 4000u);
}

}  // namespace
}  // namespace livedrops
