#include "simulation/verify_lists.h"

#include "core/drop_state.h"

namespace livedrops {
namespace {

constexpr int kPageRows = 4'096;

class ListChecker {
 public:
  ListChecker(Storage* storage, const Head& head, VerifyFindings* findings)
      : storage_(*storage), until_seq_(head.seq), findings_(*findings) {}

  Status Check(const std::string& subject, OrderQuery query, std::int64_t expected) {
    query.limit = kPageRows;
    std::int64_t listed = 0;
    do {
      const Status read = storage_.ListOrders(query, &page_);
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
    const Status status = checker.Check("drop " + query.drop.str(), query, orders[i]);
    if (!status.ok()) return status;
  }
  query.drop = DropId();
  for (const auto& [user, expected] : log.orders_of_users) {
    query.user = UserId(user);
    const Status status = checker.Check("user " + user, query, expected);
    if (!status.ok()) return status;
  }
  return OkStatus();
}

}  // namespace livedrops
