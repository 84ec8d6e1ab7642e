// What the commands print: JSON lines or tables on standard output, the rest on standard error.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/time_text.h"
#include "cli/commands.h"
#include "livedrops/audit.h"
#include "livedrops/drops.h"
#include "livedrops/follows.h"
#include "livedrops/orders.h"
#include "livedrops/products.h"

namespace livedrops::cli {

using Json = nlohmann::ordered_json;  // Keys stay in the order in which they are written down.

// One object on one line of standard output, flushed: a reader at the other end of a pipe sees it
// at once. Bytes that are not UTF-8 become U+FFFD.
void PrintLine(const Json& json);

// Columns as wide as their widest cell; numbers to the right.
void PrintTable(const std::vector<std::string>& header,
                const std::vector<std::vector<std::string>>& rows);
// "name  value" lines.
void PrintFacts(const std::vector<std::pair<std::string, std::string>>& facts);

// False, with a complaint, when what was printed did not all reach standard output.
bool FlushOutput();

// "livedrops: <message>" on standard error.
void Complain(std::string_view message);
// Complains and sets the exit code that belongs to the status.
void Fail(Context* context, const Status& status);

// 1234567 -> "1,234,567"
std::string Grouped(std::int64_t number);
std::string Fixed(double number, int decimals);

// As base/time_text.h does, and besides milliseconds since 1970 and a date alone. Nothing for any
// other text.
std::optional<Time> ParseTime(const std::string& text);

// The domain objects of CONTRACT §2; an event is written by base/event_json.h.
Json ToJson(const Order& order);
Json ToJson(const Drop& drop, Time now);
Json ToJson(const Product& product);

// A bar on standard error while something long goes on; nothing when that is no terminal.
class ProgressBar {
 public:
  explicit ProgressBar(std::string title);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  void Show(std::uint64_t done, std::uint64_t total);

 private:
  std::string title_;
  bool visible_;
  int shown_percent_ = -1;
};

}  // namespace livedrops::cli
