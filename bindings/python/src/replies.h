// Batches: columns of Python in, columns out.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "casts.h"
#include "livedrops/follows.h"
#include "livedrops/orders.h"

namespace livedrops::python {

// A column of texts: one str for all rows, or a sequence or array of str or bytes.
// Threading: the GIL must be held.
class TextColumn {
 public:
  TextColumn(const char* name, const py::object& given);
  // Nothing: one value for all rows.
  std::optional<std::size_t> size() const { return size_; }
  // The text of this row; it lives as long as the column. Throws TypeError with name and row.
  std::string_view At(std::size_t row) const;

 private:
  const char* name_;
  py::object rows_;  // A str, or a tuple.
  std::optional<std::size_t> size_;
};

class IntColumn {
 public:
  IntColumn(const char* name, const py::object& given);
  std::optional<std::size_t> size() const { return size_; }
  std::int64_t At(std::size_t row) const;

 private:
  const char* name_;
  py::object rows_;
  std::optional<std::size_t> size_;
};

// Orders to place, by column.
struct OrderColumns {
  TextColumn drops;
  TextColumn users;
  TextColumn keys;
  IntColumn quantities;
  PlaceOrder common;  // What is the same in all rows.
  std::size_t rows = 0;

  // Fills `orders` with the rows from `first` on.
  void Fill(std::size_t first, std::vector<PlaceOrder>* orders) const;
};

struct FollowColumns {
  TextColumn creators;
  TextColumn users;
  FollowCreator common;
  std::size_t rows = 0;

  void Fill(std::size_t first, std::vector<FollowCreator>* follows) const;
};

// The answers to a batch, 104 bytes a row; Reply has 900.
class Replies {
 public:
  struct Row {
    std::array<std::uint8_t, 16> order_id{};
    std::uint64_t seq = 0;
    std::int64_t amount = 0;
    std::int64_t created_at_ms = 0;
    std::int64_t expires_at_ms = 0;  // 0: not held.
    std::int64_t retry_at_ms = 0;    // 0: absent.
    std::int64_t since_ms = 0;       // 0: absent.
    std::int32_t quantity = 0;
    std::int32_t remaining = 0;
    std::uint32_t sale = 0;  // Of sales_.
    std::uint8_t status = 0;
    std::uint8_t outcome = 0;
    std::uint8_t order_status = 0;
    bool repeated = false;
  };

  explicit Replies(std::size_t rows) : rows_(rows) {}

  // Threading: one thread at a time.
  void Set(std::size_t row, const Reply& reply);

  std::size_t size() const { return rows_.size(); }
  const std::vector<Row>& rows() const { return rows_; }
  // Throws StatusError when the row failed.
  Reply At(std::size_t row) const;
  Status StatusAt(std::size_t row) const;

 private:
  // What orders of one drop have in common.
  struct Sale {
    DropId drop;
    ProductId product;
    Currency currency;
  };
  std::uint32_t SaleOf(const Order& order);

  std::vector<Row> rows_;
  std::vector<Sale> sales_;
  std::map<DropId, std::uint32_t> sale_by_drop_;
  std::map<std::size_t, std::string> messages_;  // Of the rows that failed.
};

}  // namespace livedrops::python
