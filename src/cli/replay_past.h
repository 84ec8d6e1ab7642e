// What earlier runs of the same replay left in the log.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "livedrops/spi/storage.h"

namespace livedrops::cli {

struct PastOrder {
  OrderId id;
  std::string user;
  std::int64_t quantity = 0;
};
struct PastCancel {
  OrderId order;
  std::int64_t units = 0;
};

class ReplayPast : private LogSink {
 public:
  // Reads the log after `after_seq`. Errors: those of the storage.
  Status Read(Storage* storage, std::uint64_t after_seq);

  // The order of this line, or null. `code` is the drop's id.
  const PastOrder* FindOrder(const std::string& code, const std::string& user,
                             const std::string& key) const;
  // What the cancelling line has cancelled; null for nothing.
  const std::vector<PastCancel>* FindCancels(const std::string& code, const std::string& user,
                                             const std::string& key) const;

 private:
  void OnOrder(const OrderRow& row) override;
  void OnEvent(const EventRow& row) override;

  std::uint64_t last_seq_ = 0;
  std::unordered_map<std::uint64_t, std::string> drops_;              // By number.
  std::unordered_map<std::string, PastOrder> orders_;                 // By "drop user key".
  std::unordered_map<std::string, std::vector<PastCancel>> cancels_;  // Likewise.
};

}  // namespace livedrops::cli
