// OrderIndex: orders by user and by drop without an index on the commit path, where one would cost
// nine tenths of the speed. New orders are remembered in memory (OrderTail); every so many are
// sorted by a helper thread and written as a run, a slice in each commit that follows. What is in
// neither is scanned, so that every process sees all orders, and after a crash nothing is missing.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>

#include "base/siphash.h"
#include "livedrops/spi/storage.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/order_run.h"
#include "storage/sqlite/order_tail.h"

namespace livedrops::sqlite {

// Whose orders: a user's or a drop's.
struct OrderKey {
  std::string_view kind;
  std::uint32_t key = 0;
};

// Threading: WriteSlice, CommitEnded and Forget are called by the writing thread, Visit by any.
class OrderIndex {
 public:
  // `secret` keys the hash of user ids and must be the database's own, always the same.
  OrderIndex(int run_size, const ShopInfo& shop);

  // --- writing ---

  // Called inside a commit's transaction, behind its rows: writes a slice of the run at hand.
  Status WriteSlice(Connection& connection, const CommitBatch& batch, const Head& expected);
  void CommitEnded(const CommitBatch& batch, const Head& expected, bool committed);
  // What became of the last commit is not known: what was being written is begun anew.
  void Forget();

  // --- reading ---

  OrderKey KeyOfUser(std::string_view user) const;
  OrderKey KeyOfDrop(std::uint64_t drop_no) const;

  // Orders that may have this key, after < seq <= until.
  struct Search {
    OrderKey key;
    std::uint64_t after = 0;
    std::uint64_t until = 0;
    bool newest_first = false;
  };
  // Answers false when it has seen enough.
  using Use = std::function<bool(std::uint64_t seq)>;
  // Calls `use` with seqs in order. Must be called inside a snapshot; a seq may be newer than that,
  // and its order somebody else's.
  Status Visit(Connection& connection, const Search& search, const Use& use);

 private:
  // A run that is being written, and how far.
  struct Fill {
    SortedRun run;
    std::int64_t id = 0;
    std::size_t written = 0;  // Durable.
    std::size_t next = 0;     // With the present transaction.
    std::size_t budget = 0;   // Entries that may be written.
  };
  // Another process's unfinished run, and for how many of our commits it did not grow.
  struct Rival {
    std::int64_t id = 0;
    std::int64_t written = 0;
    int unchanged = 0;
  };

  // Reads into the tail what it lacks up to this seq.
  Status CatchUp(Connection& connection, std::uint64_t until);
  Status VisitRecent(Connection& connection, const Search& search, const Use& use, bool* more);
  Status VisitRuns(Connection& connection, const Search& search, const std::vector<StoredRun>& runs,
                   const Use& use, bool* more);
  Status Bring(Connection& connection, std::uint64_t from, std::uint64_t until, bool* done);
  void StartSorting();
  Status BeginFill(Connection& connection);
  Status ClaimRun(Connection& connection, bool* claimed);
  Status ContinueFill(Connection& connection);

  const std::size_t run_size_;
  const SipKey hash_key_;
  const std::int64_t owner_;
  OrderTail tail_;
  std::mutex catch_up_;  // Held by the one who reads into the tail.

  // Of the writing thread.
  std::uint64_t watermark_ = 0;  // As far as it is known: the tail may begin later.
  std::future<SortedRun> sorting_;
  std::optional<Fill> fill_;
  Rival rival_;
};

}  // namespace livedrops::sqlite
