#include "server/gateway/stock_audit.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "base/form.h"

namespace livedrops::server {
namespace {

constexpr std::chrono::milliseconds kPause{1000};
// Of one reading, a millisecond: a reader that takes long keeps SQLite's log from starting again.
constexpr std::int64_t kRowsMax = 1'000;

std::int64_t Missing(std::int64_t left) { return std::max<std::int64_t>(0, -left); }

}  // namespace

void StockSums::OnOrder(const OrderRow& row) {
  seq_ = row.seq;
  Move(row.drop_no, -std::int64_t{row.quantity}, row.balance);
}

void StockSums::OnEvent(const EventRow& row) {
  seq_ = row.seq;
  if (row.type == EventType::dropScheduled) {
    left_[row.drop_no] = FormReader(row.body).NumberOr("stock", 0);
  } else if (row.delta != 0) {
    Move(row.drop_no, row.delta, row.balance);
  }
}

void StockSums::Move(std::uint64_t drop_no, std::int64_t delta, std::int64_t balance) {
  std::int64_t& left = left_[drop_no];
  oversold_ -= Missing(left);
  left += delta;
  oversold_ += Missing(left);
  wrong_balances_ += left != balance ? 1 : 0;
}

StockAudit::StockAudit(Storage* storage, Log* log)
    : storage_(*storage), log_(*log), thread_([this] { Run(); }) {}

StockAudit::~StockAudit() { Stop(); }

void StockAudit::Stop() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void StockAudit::Run() {
  // What it looks for is never there: orders go first. A system that refuses loses nothing else.
  static_cast<void>(setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), PRIO_MAX - 1));
  while (WaitForTurn()) {
    while (ReadOn()) {
      const std::lock_guard lock(mutex_);
      if (closing_) return;
    }
  }
}

bool StockAudit::WaitForTurn() {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, kPause, [this] { return closing_; });
}

bool StockAudit::ReadOn() {
  if (const std::string& epoch = storage_.info().epoch; epoch != epoch_) {
    epoch_ = epoch;  // Another history: the rows that were added up may not be in it.
    sums_ = StockSums();
  }
  const std::uint64_t before = sums_.seq();
  const Status read = storage_.ReadLog(before, kRowsMax, sums_);
  Publish();
  return read.ok() && sums_.seq() - before == kRowsMax;
}

void StockAudit::Publish() {
  seq_ = sums_.seq();
  // Said once: a wrong balance is followed by as many as the drop has entries.
  const bool was_well = oversold_ == 0 && wrong_balances_ == 0;
  oversold_ = sums_.oversold();
  wrong_balances_ = sums_.wrong_balances();
  const bool is_well = oversold_ == 0 && wrong_balances_ == 0;
  if (is_well || !was_well) return;
  log_.Say(LogLevel::error, "up to log row " + std::to_string(sums_.seq()) + " " +
                                std::to_string(sums_.oversold()) + " units are oversold and " +
                                std::to_string(sums_.wrong_balances()) +
                                " balances are wrong: run `livedrops verify`");
}

}  // namespace livedrops::server
