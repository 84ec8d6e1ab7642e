// SickStorage: a storage in memory that a test can make unreadable, whose commits and lists it can
// hold, and that counts what is listed.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>

#include "livedrops/open.h"
#include "livedrops/spi/storage.h"

namespace livedrops::server {

// How the storage is; kept by the test while the service owns the storage.
class Health {
 public:
  void FailReads(bool fail) { reads_fail_ = fail; }
  bool reads_fail() const { return reads_fail_; }

  // From now on lists hang until they are let go.
  void HoldLists() { lists_held_ = true; }
  void LetListsGo() {
    lists_held_ = false;
    lists_held_.notify_all();
  }
  void PassList() {
    ++lists_;
    lists_held_.wait(true);
  }
  // Calls that list something, and the rows of drops that they gave.
  int lists() const { return lists_; }
  std::atomic<std::int64_t> drops_listed{0};

  // A standby was promoted: another epoch, once.
  void Promote(ShopInfo info) {
    promoted_ = std::move(info);
    other_info_ = &promoted_;
  }
  const ShopInfo* other_info() const { return other_info_; }

  // From now on commits hang until they are let go.
  void HoldCommits() {
    const std::lock_guard lock(mutex_);
    held_ = true;
  }
  void LetCommitsGo() {
    const std::lock_guard lock(mutex_);
    held_ = false;
    changed_.notify_all();
  }
  // A commit hangs now.
  void AwaitHeldCommit() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_ > 0; });
  }
  void PassCommit() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !held_; });
    --waiting_;
  }

 private:
  std::atomic<bool> reads_fail_{false};
  ShopInfo promoted_;
  std::atomic<const ShopInfo*> other_info_{nullptr};
  std::atomic<bool> lists_held_{false};
  std::atomic<int> lists_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = false;
  int waiting_ = 0;
};

class SickStorage final : public Storage, public Catalog {
 public:
  explicit SickStorage(std::shared_ptr<Health> health)
      : health_(std::move(health)), inner_(std::move(*OpenStorage("memory:"))) {}

  const ShopInfo& info() const override {
    const ShopInfo* const other = health_->other_info();
    return other == nullptr ? inner_->info() : *other;
  }
  Result<Head> ReadHead() override {
    if (health_->reads_fail()) return Sick();
    return inner_->ReadHead();
  }
  Status Commit(const CommitBatch& batch, const Head& expected) override {
    health_->PassCommit();
    return inner_->Commit(batch, expected);
  }
  Status Lock(Duration deadline) override { return inner_->Lock(deadline); }
  void Unlock() override { inner_->Unlock(); }
  Result<Head> Resolve(const std::function<EventRow(const Head& found)>& chain) override {
    return inner_->Resolve(chain);
  }
  Status ReadLog(std::uint64_t after_seq, std::int64_t limit, LogSink& sink) override {
    return health_->reads_fail() ? Sick() : inner_->ReadLog(after_seq, limit, sink);
  }
  Result<Head> LoadState(StateSink& sink) override { return inner_->LoadState(sink); }
  Status LoadOrders(std::span<const std::uint64_t> drop_nos, std::uint64_t until_seq,
                    OrderSink& sink) override {
    return inner_->LoadOrders(drop_nos, until_seq, sink);
  }
  Result<Order> GetOrder(std::uint64_t seq) override {
    if (health_->reads_fail()) return Sick();
    return inner_->GetOrder(seq);
  }
  Status ListOrders(const OrderQuery& query, std::vector<Order>* out) override {
    health_->PassList();
    return health_->reads_fail() ? Sick() : inner_->ListOrders(query, out);
  }
  Status ListEvents(const EventQuery& query, std::vector<Event>* out) override {
    health_->PassList();
    return health_->reads_fail() ? Sick() : inner_->ListEvents(query, out);
  }
  Status ReadChannel(const ChannelQuery& query, std::vector<Event>* out) override {
    return health_->reads_fail() ? Sick() : inner_->ReadChannel(query, out);
  }
  Catalog& catalog() override { return *this; }
  Status Close() override { return inner_->Close(); }

  Result<DropRow> GetDrop(const DropId& id) override {
    if (health_->reads_fail()) return Sick();
    return inner_->catalog().GetDrop(id);
  }
  Status ListDrops(const DropQuery& query, std::vector<DropRow>* out) override {
    health_->PassList();
    if (health_->reads_fail()) return Sick();
    Status listed = inner_->catalog().ListDrops(query, out);
    health_->drops_listed += std::ssize(*out);
    return listed;
  }
  Result<Product> GetProduct(const ProductId& id) override {
    if (health_->reads_fail()) return Sick();
    return inner_->catalog().GetProduct(id);
  }
  Result<ProductPage> ListProducts(const ProductFilter& filter, Time now) override {
    health_->PassList();
    if (health_->reads_fail()) return Sick();
    return inner_->catalog().ListProducts(filter, now);
  }
  Result<FollowEntry> GetFollow(const CreatorId& creator, const UserId& user) override {
    if (health_->reads_fail()) return Sick();
    return inner_->catalog().GetFollow(creator, user);
  }
  Status ListFollows(const FollowQuery& query, FollowPage* out) override {
    health_->PassList();
    return health_->reads_fail() ? Sick() : inner_->catalog().ListFollows(query, out);
  }
  Result<UserRow> GetUser(const UserId& id) override {
    if (health_->reads_fail()) return Sick();
    return inner_->catalog().GetUser(id);
  }
  Result<Account> GetAccount(const UserId& id) override {
    if (health_->reads_fail()) return Sick();
    return inner_->catalog().GetAccount(id);
  }
  Result<Account> FindAccount(const std::string& folded_email) override {
    if (health_->reads_fail()) return Sick();
    return inner_->catalog().FindAccount(folded_email);
  }
  Result<Session> GetSession(const std::string& id) override {
    if (health_->reads_fail()) return Sick();
    return inner_->catalog().GetSession(id);
  }
  Status ListSessions(const SessionQuery& query, std::vector<Session>* out) override {
    return health_->reads_fail() ? Sick() : inner_->catalog().ListSessions(query, out);
  }

 private:
  static Status Sick() { return {StatusCode::kUnavailable, "the test made it unreadable"}; }

  const std::shared_ptr<Health> health_;
  const std::unique_ptr<Storage> inner_;
};

}  // namespace livedrops::server
