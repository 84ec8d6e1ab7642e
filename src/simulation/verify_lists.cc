#include "simulation/verify_lists.h"

#include "core/drop_state.h"

namespace livedrops {
namespace {

constexpr int kPageRows = 4'096;
// A list of a user is a query, up to a millisecond over a network: so many at most, spread over
// all. The lists of drops are read whole; both kinds are built, and lost, together.
constexpr std::size_t kUserListsMax = 2'000;

class ListChecker {
 public:
  ListChecker(Storage* storage, const Head& head, VerifyFindings* findings)
      : storage_(*storage), until_seq_(head.seq), findings_(*findings) {}

  Status Check(const std::string& subject, OrderQuery query, std::int64_t expected) {
    query.limit = kPageRows;
    std::int64_t listed = 0;
    do {
      Status read = storage_.ListOrders(query, &page_);
      if (read.code() == StatusCode::kCorrupt) {
        findings_.Add(Invariant::readable, subject, read.message());
        return OkStatus();
      }
      if (!read.ok()) return read;
      for (const Order& order : page_) {
        const std::uint64_t seq = SeqOf(order.id);
        if (seq == query.after_seq) {
          findings_.Add(Invariant::orders_listed, subject, "lists " + order.id.str() + " twice");
        }
        query.after_seq = seq;
        if (seq <= until_seq_) ++listed;
      }
    } while (std::ssize(page_) == kPageRows);
    if (listed == expected) return OkStatus();
    findings_.Add(Invariant::orders_listed, subject,
                  "its list has " + std::to_string(listed) + " orders, the log has " +
                      std::to_string(expected));
    return OkStatus();
  }

 private:
  Storage& storage_;
  const std::uint64_t until_seq_;
  VerifyFindings& findings_;
  std::vector<Order> page_;
};

}  // namespace

Status CheckLists(Storage& storage, const Head& head, LogFold& log, VerifyFindings* findings) {
  const auto& drops = log.drops().drops();
  std::vector<std::int64_t> orders(drops.size());
  for (const FoldedOrder& order : log.drops().orders()) ++orders[order.drop];
  ListChecker checker(&storage, head, findings);
  OrderQuery query;
  for (std::size_t i = 0; i < orders.size(); ++i) {
    query.drop = drops[i]->row.drop.id;
    Status status = checker.Check("drop " + query.drop.str(), query, orders[i]);
    if (!status.ok()) return status;
  }
  query.drop = DropId();
  const std::size_t step = 1 + log.orders_of_users.size() / kUserListsMax;
  std::size_t number = 0;
  std::int64_t lists = std::ssize(drops);
  for (const auto& [user, expected] : log.orders_of_users) {
    if (number++ % step != 0) continue;
    query.user = UserId(user);
    Status status = checker.Check("user " + user, query, expected);
    if (!status.ok()) return status;
    ++lists;
  }
  findings->Count("order_lists", lists);
  return OkStatus();
}

}  // namespace livedrops
