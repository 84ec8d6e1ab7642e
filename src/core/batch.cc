#include "core/batch.h"

#include <algorithm>
#include <map>
#include <set>

namespace livedrops {
namespace {

// Keeps the last of the rows that name the same thing.
template <class Row, class KeyOf>
std::vector<Row> LastOfEach(const std::vector<Row>& rows, KeyOf key_of) {
  std::map<decltype(key_of(rows.front())), const Row*> last;
  for (const Row& row : rows) last[key_of(row)] = &row;
  std::vector<Row> out;
  out.reserve(last.size());
  for (const auto& [key, row] : last) out.push_back(*row);
  return out;
}

}  // namespace

void Batch::Reset(std::uint64_t new_number, const Head& head) {
  number = new_number;
  before = head;
  orders.clear();
  events.clear();
  products.clear();
  accounts.clear();
  sessions.clear();
  touched.Clear();
  undo.Clear();
  drop_rows.clear();
  creator_rows.clear();
  user_rows.clear();
  order_changes.clear();
  follow_rows.clear();
}

void Batch::Seal(const State& state) {
  after = state.head();
  if (products.size() > 1) {
    products = LastOfEach(products, [](const ProductRow& row) { return row.product.id.view(); });
  }
  if (accounts.size() > 1) {
    accounts = LastOfEach(accounts, [](const Account& account) { return account.id.view(); });
  }
  if (sessions.size() > 1) {
    sessions =
        LastOfEach(sessions, [](const Session& session) { return std::string_view(session.id); });
  }
  for (const DropState* drop : touched.drops) {
    drop_rows.push_back(drop->row);
    drop_rows.back().changed_at = state.time();
    drop_rows.back().drop.status = StatusAt(drop->row, state.time());
  }
  if (!touched.orders.empty()) {
    order_changes = LastOfEach(touched.orders, [](const OrderChange& row) { return row.seq; });
  }
  if (!touched.follows.empty()) {
    follow_rows = LastOfEach(touched.follows, [](const FollowRow& row) {
      return std::pair(row.creator.view(), row.user.view());
    });
  }
  for (const std::string& id : std::set(touched.creators.begin(), touched.creators.end())) {
    const CreatorState& creator = state.Creator(id);
    creator_rows.push_back({CreatorId(id), creator.followers, creator.aggregate_seq});
  }
  for (const std::string& id : std::set(touched.users.begin(), touched.users.end())) {
    const UserState& user = state.User(id);
    user_rows.push_back({UserId(id), user.following, user.aggregate_seq, user.read_up_to});
  }
}

CommitBatch Batch::View() const {
  return {.orders = orders,
          .events = events,
          .order_changes = order_changes,
          .drops = drop_rows,
          .products = products,
          .follows = follow_rows,
          .creators = creator_rows,
          .users = user_rows,
          .accounts = accounts,
          .sessions = sessions,
          .head = after};
}

}  // namespace livedrops
