// StockAudit: adds up the stock of every drop from the log alone, row after row while the shop is
// open, with nothing of the engine's: as `livedrops verify` does for a whole database at once.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>

#include "livedrops/spi/storage.h"
#include "server/gateway/log.h"

namespace livedrops::server {

// The sums up to a row. Memory: some 50 bytes for each drop.
class StockSums : public LogSink {
 public:
  void OnOrder(const OrderRow& row) override;
  void OnEvent(const EventRow& row) override;

  std::uint64_t seq() const { return seq_; }
  // Units that are held or sold now and do not exist.
  std::int64_t oversold() const { return oversold_; }
  // Ledger entries so far whose balance is not the sum.
  std::int64_t wrong_balances() const { return wrong_balances_; }

 private:
  void Move(std::uint64_t drop_no, std::int64_t delta, std::int64_t balance);

  std::unordered_map<std::uint64_t, std::int64_t> left_;  // By drop_no.
  std::uint64_t seq_ = 0;
  std::int64_t oversold_ = 0;
  std::int64_t wrong_balances_ = 0;
};

class StockAudit {
 public:
  // Both must outlive it. What it finds goes to `log`, too.
  StockAudit(Storage* storage, Log* log);
  ~StockAudit();
  StockAudit(const StockAudit&) = delete;
  StockAudit& operator=(const StockAudit&) = delete;

  // Reads no more; what was found can still be asked for.
  void Stop();

  // Threading: any thread. As of the row `seq`, which follows the log's head within seconds.
  std::uint64_t seq() const { return seq_; }
  std::int64_t oversold() const { return oversold_; }
  std::int64_t wrong_balances() const { return wrong_balances_; }

 private:
  void Run();
  bool WaitForTurn();
  // True when more rows may be there.
  bool ReadOn();
  void Publish();

  Storage& storage_;
  Log& log_;
  std::string epoch_;
  StockSums sums_;
  std::atomic<std::uint64_t> seq_{0};
  std::atomic<std::int64_t> oversold_{0};
  std::atomic<std::int64_t> wrong_balances_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool closing_ = false;
  std::thread thread_;
};

}  // namespace livedrops::server
