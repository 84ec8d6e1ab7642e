// The invoices of an online shop, as in the UCI "Online Retail" data set: one line of CSV for each
// article of an invoice,
// `InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID, Country`. An invoice
// whose number begins with C cancels.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "cli/text_file.h"
#include "livedrops/types.h"

namespace livedrops::cli {

struct RetailLine {
  std::uint64_t number = 0;  // Of the line in the file, the header being line 1.
  std::string bad;           // Why it is a bad line; empty: a good one, and all of the rest is set.
  bool cancels = false;
  std::string code;  // As an id: "p:85123A"
  std::string user;  // "c:17850", "guest:536414"
  std::string key;   // "536365:2"
  std::string description;
  std::int64_t quantity = 0;  // Of a cancellation: units to cancel, not negative.
  double unit_price = 0;
};

class RetailFile {
 public:
  static Result<RetailFile> Open(const std::string& path);
  // False at the end and after an error of the file.
  bool Next(RetailLine* line);
  const Status& status() const { return file_.status(); }

 private:
  explicit RetailFile(TextFile file) : file_(std::move(file)) {}
  bool NextText(std::string* text);
  void ReadColumns(const std::string& text);

  TextFile file_;
  std::deque<std::string> put_back_;
  std::uint64_t number_ = 0;
  std::vector<std::string> columns_;
  std::string malformed_;  // Why `columns_` are not to be used.
};

// `prefix` + text, each byte that no id may have written as _xx in hex.
std::string IdOf(std::string_view prefix, std::string_view text);

}  // namespace livedrops::cli
