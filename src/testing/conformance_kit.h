// What the conformance cases are written with: checks, sinks that take notes, and a Shop that
// builds valid rows and knows what a storage must show for them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "livedrops/testing/storage_conformance.h"
#include "testing/conformance_text.h"
#include "testing/owned_batch.h"

// Each leaves the case with a Status that says what was expected and found.
#define LD_CONFORM(status_expression)                                             \
  do {                                                                            \
    if (const Status& conform_status = (status_expression); !conform_status.ok()) \
      return ::livedrops::conformance::At(#status_expression, conform_status);    \
  } while (false)
#define LD_CONFORM_CODE(code, expression) LD_CONFORM(HasCode(StatusCode::code, (expression)))
#define LD_CONFORM_SAME(expected, found) LD_CONFORM(Same(#found, Text(expected), Text(found)))
#define LD_CONFORM_ROWS(expected, found) LD_CONFORM(Same(#found, (expected), (found)))
// NOLINTBEGIN(bugprone-macro-parentheses): a name that is declared cannot stand in parentheses.
// Declares `name`, a reference to the value of a Result that must be ok.
#define LD_CONFORM_GET(name, result_expression) \
  auto name##_result = (result_expression);     \
  LD_CONFORM(name##_result.status());           \
  [[maybe_unused]] auto& name = *name##_result
// Declares `name`, a reference to a storage on a new database, or on the same one again.
#define LD_CONFORM_CREATE(name)                     \
  LD_CONFORM_GET(name##_pointer, factory.Create()); \
  Storage& name = *name##_pointer
#define LD_CONFORM_OPEN(name)                     \
  LD_CONFORM_GET(name##_pointer, factory.Open()); \
  Storage& name = *name##_pointer
// NOLINTEND(bugprone-macro-parentheses)
// An entry of a family's list.
#define LD_CASE(name) \
  ConformanceCase { #name, name }

namespace livedrops::conformance {

Status At(std::string_view expression, const Status& status);
Status HasCode(StatusCode expected, const Status& found);
template <class T>
Status HasCode(StatusCode expected, const Result<T>& found) {
  return HasCode(expected, found.status());
}
// Refused for what it is: neither ok nor anything that a retry could help.
Status IsRefused(const Status& found);

// --- sinks -------------------------------------------------------------------------------------

struct LogNotes : LogSink {
  void OnOrder(const OrderRow& row) override { rows.push_back(Text(row)); }
  void OnEvent(const EventRow& row) override { rows.push_back(Text(row)); }
  std::vector<std::string> rows;
};

struct StateNotes : StateSink {
  void OnDrop(const DropRow& row) override { drops[row.drop_no] = row, Add("", Text(row)); }
  void OnProduct(const ProductRow& row) override { Add("", Text(row)); }
  void OnCreator(const CreatorRow& row) override { Add("", Text(row)); }
  void OnUser(const UserRow& row) override { Add("", Text(row)); }
  void OnFollow(const FollowRow& row) override {
    Add(row.follow ? "" : "deleted ", Text(FollowEntry{row.creator, row.user, row.since}));
  }
  void OnAccount(const Account& row) override { Add("", Text(row)); }
  void OnSession(const Session& row) override { Add("", Text(row)); }
  void OnKey(const EventRow& row) override { Add("key of ", Text(row)); }

  // The order of the rows is the storage's own.
  std::vector<std::string> Sorted() const;

  std::map<std::uint64_t, DropRow> drops;

 private:
  void Add(std::string_view prefix, const std::string& text) {
    rows_.push_back(std::string(prefix) + text);
  }
  std::vector<std::string> rows_;
};

struct OrderNotes : OrderSink {
  void OnOrder(const OrderRow& row, const OrderChange& present) override {
    rows.push_back(Text(row) + " " + Text(present));
  }
  std::vector<std::string> rows;
};

// Everything that a storage shows, to be compared before and after what must change nothing.
Result<std::vector<std::string>> Dump(Storage& storage);

// --- rows --------------------------------------------------------------------------------------

// The time of the row at a log position: one second after the row before.
constexpr Time TimeOf(std::uint64_t seq) {
  return TimeFromMs(1'700'000'000'000 + static_cast<std::int64_t>(seq) * 1000);
}

// Made up: a storage keeps hashes, the engine computes them. `salt` tells two processes apart.
Hash MakeHash(std::uint64_t seq, std::uint8_t salt);

// Rows for the next commit, and what all committed ones amount to. Copy it before a commit that is
// meant to fail.
class Shop {
 public:
  explicit Shop(std::uint8_t salt = 0) : salt_(salt) {}

  // Each adds the log row and the state rows that it changes.
  DropRow& AddDrop(std::string_view id, std::string_view product = "product",
                   std::string_view creator = "creator");
  OwnedOrder& AddOrder(std::string_view drop, std::string_view user, std::int32_t quantity = 1,
                       std::int32_t ttl_seconds = 0);
  // The new state of an order, with its event. expires_at is kept for a hold.
  OrderChange& AddChange(std::uint64_t seq, OrderStatus status, std::int32_t quantity);
  EventRow& AddEvent(EventType type, const std::string& aggregate);
  Product& AddProduct(std::string_view id, std::string_view creator = "creator");
  void AddFollow(std::string_view creator, std::string_view user, Time since, bool follow = true);
  Account& AddAccount(std::string_view id, std::string_view email);
  Session& AddSession(std::string_view id, std::string_view user);

  // The batch so far; change its newest row as the case needs it.
  OwnedBatch& batch() { return batch_; }
  // The log position that the next row gets.
  std::uint64_t NextSeq() const { return batch_.head.seq + 1; }

  // Commits and, when that worked, takes note and begins a new batch.
  Status Commit(Storage& storage);
  Status CommitOn(Storage& storage, const Head& expected);

  const Head& head() const { return head_; }
  const DropRow& drop(std::string_view id) const { return drops_.at(std::string(id)); }

  // What a storage must show for the committed rows.
  const std::vector<std::string>& log() const { return log_; }
  Order ExpectedOrder(std::uint64_t seq) const;
  Event ExpectedEvent(std::uint64_t seq) const;
  std::string ExpectedLoaded(std::uint64_t seq) const;
  std::vector<std::string> ExpectedOrders(const std::vector<std::uint64_t>& seqs) const;
  std::vector<std::string> ExpectedEvents(const std::vector<std::uint64_t>& seqs) const;

 private:
  // Puts the row of this drop into the batch, once.
  void Touch(const std::string& drop);
  void TakeNote();

  std::uint8_t salt_;
  Head head_;
  OwnedBatch batch_;
  std::map<std::string, DropRow> drops_;
  std::map<std::string, std::uint64_t> aggregate_seqs_;
  std::vector<std::string> log_;
  std::map<std::uint64_t, OwnedOrder> orders_;
  std::map<std::uint64_t, OrderChange> states_;
  std::map<std::uint64_t, EventRow> events_;
};

// --- the families of cases ---------------------------------------------------------------------

std::vector<ConformanceCase> CommitCases();
std::vector<ConformanceCase> LogCases();
std::vector<ConformanceCase> StateCases();
std::vector<ConformanceCase> OrderCases();
std::vector<ConformanceCase> ChannelCases();
std::vector<ConformanceCase> FollowCases();
std::vector<ConformanceCase> CatalogCases();
std::vector<ConformanceCase> ProcessCases();

}  // namespace livedrops::conformance
