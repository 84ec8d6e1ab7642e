// Follows: how fast they are written in batches, beside a bare loop of the same rows, and what the
// first and the deepest page of a creator with a million followers cost.
#include <benchmark/benchmark.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <vector>

#include "benchmarks/shop.h"

namespace livedrops::benchmarks {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::int64_t kBatch = 1'000;
constexpr std::int64_t kPerTurn = 20'000;
constexpr int kTurns = 3;
constexpr std::int64_t kFollowers = 1'000'000;
constexpr int kPageReads = 301;

double SecondsSince(Steady::time_point start) {
  return std::chrono::duration<double>(Steady::now() - start).count();
}

// In an order that is no order: ids of real users come like that, and their rows lie all over the
// trees.
std::string UserNumber(std::int64_t number) {
  const std::uint64_t mixed = static_cast<std::uint64_t>(number) * 0x9e3779b97f4a7c15ull;
  return "u" + std::to_string(mixed >> 24);
}

void FollowMany(Service& service, const std::string& creator, std::int64_t first,
                std::int64_t count) {
  std::vector<FollowCreator> follows(kBatch);
  std::vector<Reply> replies(kBatch);
  for (std::int64_t done = 0; done < count; done += kBatch) {
    for (std::int64_t i = 0; i < kBatch; ++i) {
      FollowCreator& follow = follows[static_cast<std::size_t>(i)];
      follow.creator = CreatorId(creator);
      follow.user = UserId(UserNumber(first + done + i));
    }
    service.follows().SetBatch(follows, replies);
    if (!replies.back().status.ok()) Die(replies.back().status.ToString());
  }
}

// The tables and indexes of the shop's own file, filled by prepared statements.
class BareFollows {
 public:
  BareFollows(const std::string& shop_path, const std::string& path) {
    sqlite3* shop = nullptr;
    Check(sqlite3_open_v2(shop_path.c_str(), &shop, SQLITE_OPEN_READONLY, nullptr), shop);
    Check(sqlite3_open(path.c_str(), &db_), db_);
    Execute(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 250;"
        "PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY;");
    sqlite3_stmt* schema = nullptr;
    Check(sqlite3_prepare_v2(shop,
                             "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND tbl_name IN"
                             " ('events', 'follows', 'users', 'creators') ORDER BY type DESC",
                             -1, &schema, nullptr),
          shop);
    while (sqlite3_step(schema) == SQLITE_ROW) {
      Execute(reinterpret_cast<const char*>(sqlite3_column_text(schema, 0)));
    }
    sqlite3_finalize(schema);
    sqlite3_close(shop);
    event_ = Prepare(
        "INSERT INTO events(seq, type, aggregate, aggregate_seq, at, actor, subject, body, "
        "idem_key,"
        " fingerprint, drop_no, order_seq, delta, balance, creator_id, user_id, hash)"
        " VALUES(?1, 'followed', 'creator:bare', ?1, ?2, ?3, ?3, '', NULL, 0, NULL, NULL, 0, 0,"
        " NULL, NULL, ?4)");
    follow_ = Prepare("INSERT OR REPLACE INTO follows VALUES('bare', ?1, ?2)");
    user_ = Prepare("INSERT OR REPLACE INTO users VALUES(?1, 1, 0)");
    creator_ = Prepare("INSERT OR REPLACE INTO creators VALUES('bare', ?1, ?1)");
  }
  ~BareFollows() {
    for (sqlite3_stmt* statement : {event_, follow_, user_, creator_}) sqlite3_finalize(statement);
    sqlite3_close(db_);
  }
  BareFollows(const BareFollows&) = delete;
  BareFollows& operator=(const BareFollows&) = delete;

  void Run(std::int64_t count) {
    for (std::int64_t done = 0; done < count; done += kBatch) Commit();
  }

 private:
  void Commit() {
    Execute("BEGIN IMMEDIATE");
    for (std::int64_t i = 0; i < kBatch; ++i) {
      const std::string user = UserNumber(++seq_);
      const std::int64_t at = 1'795'000'000'000 + seq_ / 100;
      const auto bind_user = [&user](sqlite3_stmt* statement, int place) {
        sqlite3_bind_text(statement, place, user.c_str(), static_cast<int>(user.size()),
                          SQLITE_STATIC);
      };
      sqlite3_bind_int64(event_, 1, seq_);
      sqlite3_bind_int64(event_, 2, at);
      bind_user(event_, 3);
      sqlite3_bind_blob(event_, 4, hash_.data(), static_cast<int>(hash_.size()), SQLITE_STATIC);
      Step(event_);
      bind_user(follow_, 1);
      sqlite3_bind_int64(follow_, 2, at);
      Step(follow_);
      bind_user(user_, 1);
      Step(user_);
    }
    sqlite3_bind_int64(creator_, 1, seq_);
    Step(creator_);
    Execute("COMMIT");
  }

  static void Check(int rc, sqlite3* db) {
    if (rc != SQLITE_OK) Die(std::string("bare follows: ") + sqlite3_errmsg(db));
  }
  void Execute(const char* sql) { Check(sqlite3_exec(db_, sql, nullptr, nullptr, nullptr), db_); }
  sqlite3_stmt* Prepare(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    Check(sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr), db_);
    return statement;
  }
  void Step(sqlite3_stmt* statement) {
    sqlite3_step(statement);
    Check(sqlite3_reset(statement), db_);
  }

  sqlite3* db_ = nullptr;
  sqlite3_stmt* event_ = nullptr;
  sqlite3_stmt* follow_ = nullptr;
  sqlite3_stmt* user_ = nullptr;
  sqlite3_stmt* creator_ = nullptr;
  std::array<unsigned char, 32> hash_{7, 7, 7};
  std::int64_t seq_ = 0;
};

void BM_Follow(benchmark::State& state) {
  const std::string path = NewPath("follow.db");
  const auto service = OpenShop("sqlite:" + path);
  FollowMany(*service, "creator", 0, kBatch);
  BareFollows bare(path, NewPath("bare-follow.db"));
  bare.Run(kBatch);
  for (auto _ : state) {
    double seconds = 0;
    double bare_seconds = 0;
    for (int turn = 0; turn < kTurns; ++turn) {
      auto start = Steady::now();
      FollowMany(*service, "creator", kBatch + turn * kPerTurn, kPerTurn);
      seconds += SecondsSince(start);
      start = Steady::now();
      bare.Run(kPerTurn);
      bare_seconds += SecondsSince(start);
    }
    state.SetIterationTime(seconds);
    state.counters["follows_per_second"] = kTurns * kPerTurn / seconds;
    state.counters["bare_per_second"] = kTurns * kPerTurn / bare_seconds;
    state.counters["ratio"] = bare_seconds / seconds;
  }
}
BENCHMARK(BM_Follow)->Name("follows/sqlite/batches_of_1000")->Iterations(1)->UseManualTime();

// Made once for all repetitions.
struct FamousCreator {
  FamousCreator() : service(OpenShop("sqlite:" + NewPath("famous.db"))) {
    FollowMany(*service, "famous", 0, kFollowers);
    PageRequest page;
    page.limit = 100;
    for (;;) {
      const auto rows = service->follows().Followers(CreatorId("famous"), page);
      if (!rows.ok()) Die(rows.status().ToString());
      if (rows->next_cursor.empty()) break;
      page.cursor = rows->next_cursor;
    }
    deepest = page.cursor;
  }
  // The median in microseconds.
  double ReadMicroseconds(const std::string& cursor) const {
    PageRequest page;
    page.limit = 100;
    page.cursor = cursor;
    std::vector<double> times;
    for (int i = 0; i < kPageReads; ++i) {
      const auto start = Steady::now();
      const auto rows = service->follows().Followers(CreatorId("famous"), page);
      times.push_back(SecondsSince(start) * 1e6);
      if (!rows.ok() || rows->data.size() != 100 || rows->total != kFollowers) Die("a wrong page");
    }
    std::nth_element(times.begin(), times.begin() + kPageReads / 2, times.end());
    return times[kPageReads / 2];
  }

  std::unique_ptr<Service> service;
  std::string deepest;
};

void BM_FollowerPages(benchmark::State& state) {
  static const FamousCreator famous;
  for (auto _ : state) {
    const double first = famous.ReadMicroseconds("");
    const double deepest = famous.ReadMicroseconds(famous.deepest);
    state.SetIterationTime((first + deepest) * kPageReads / 1e6);
    state.counters["first_page_us"] = first;
    state.counters["deepest_page_us"] = deepest;
    state.counters["deepest_to_first"] = deepest / first;
  }
}
BENCHMARK(BM_FollowerPages)->Name("pages/1M_followers")->Iterations(1)->UseManualTime();

}  // namespace
}  // namespace livedrops::benchmarks
