// Replay: sells the invoices of a file through a shop.
//
// Lines are decided in file order per drop. The run is marked in the database by a product
// "replay:…" that names the file's digest and the share. A run that was cut off goes on where it
// stopped: lines up to the last one that left a trace in its drop were decided already and are only
// looked up, the ones after it left none and are decided now; so its result is that of a run in one
// go. After a complete run everything is only looked up.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "cli/retail_file.h"
#include "livedrops/service.h"

namespace livedrops::cli {

// "0.5" exactly: a binary fraction would round 0.1 × 30 up to 4.
class Share {
 public:
  // 0 to 1000 with up to 6 decimals.
  static std::optional<Share> Parse(const std::string& text);
  // ⌈share × units⌉, at most 2^31-1.
  std::int64_t Of(std::int64_t units) const;
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::int64_t millionths_ = 0;
};

struct ReplayReport {
  std::int64_t lines = 0;
  std::int64_t bad_lines = 0;
  std::int64_t cancel_lines = 0;
  std::int64_t bounded_prices = 0;  // Codes whose price is none: it was taken as 0 or the largest.
  std::map<std::string, std::int64_t> orders;  // Order lines by outcome.
  std::int64_t cancelled_units = 0;
  std::int64_t unmatched_cancel_units = 0;
  std::int64_t units_sold = 0;
  std::int64_t drops = 0;
  std::int64_t sold_out_drops = 0;
  double selling_seconds = 0;
};

// What the whole file says about one StockCode.
struct CodePlan {
  std::string name;  // For people: the first description.
  std::int64_t price = 0;
  std::int64_t units = 0;           // Of its order lines.
  bool has_orders = false;          // Else it becomes no drop.
  std::uint64_t decided_until = 0;  // The last line that an earlier run left a trace of.
};

class Replay {
 public:
  using OnBadLine = std::function<void(std::uint64_t line, const std::string& reason)>;
  using OnProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

  Replay(std::string file, Share share);
  ~Replay();

  // Reads the file once: counts, prices, stocks. Needs no shop. Errors: unavailable.
  Status Survey(const OnBadLine& on_bad_line);
  // Sells it. Errors: those of the shop; invalid_argument when the shop's drops are not this
  // file's.
  Status Run(Service* service, const OnProgress& on_progress);

  const ReplayReport& report() const { return report_; }

 private:
  Status CheckDrops(Service* service);
  Status CreateDrops(Service* service);
  Status FindTraces();
  Status Sell(Service* service, const OnProgress& on_progress);
  Status CountSold(Service* service);

  std::string file_;
  Share share_;
  std::string digest_;
  std::unordered_map<std::string, CodePlan> codes_;
  std::vector<std::string> order_of_codes_;  // As they come in the file.
  ReplayReport report_;
  std::unique_ptr<class ReplayPast> past_;  // What earlier runs left; null for the first.
  bool complete_ = false;                   // An earlier run came to its end.
};

}  // namespace livedrops::cli
