// Batch: what is decided together and committed at once.
#pragma once

#include <vector>

#include "core/state.h"
#include "livedrops/spi/storage.h"

namespace livedrops {

// The rows of one commit, and how to take the decisions back.
struct Batch {
  std::uint64_t number = 0;  // Never 0, never used twice.
  Head before;
  std::vector<OrderRow> orders;
  std::vector<EventRow> events;
  std::vector<ProductRow> products;
  std::vector<Account> accounts;
  std::vector<Session> sessions;
  Touched touched;
  UndoLog undo;

  // The rows of the tables as they are after the batch; filled in by Seal.
  std::vector<DropRow> drop_rows;
  std::vector<CreatorRow> creator_rows;
  std::vector<UserRow> user_rows;
  std::vector<OrderChange> order_changes;
  std::vector<FollowRow> follow_rows;
  Head after;

  // True when a commit would write nothing.
  bool empty() const {
    return orders.empty() && events.empty() && sessions.empty() && accounts.empty() &&
           touched.users.empty();
  }
  std::size_t rows() const { return orders.size() + events.size(); }

  // Forgets everything, keeps the memory.
  void Reset(std::uint64_t new_number, const Head& head);
  // Copies the touched rows out of the state, each once: the state goes on while this commits.
  void Seal(const State& state);
  CommitBatch View() const;
};

}  // namespace livedrops
