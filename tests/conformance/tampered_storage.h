// TamperedStorage: a decorator with planted bugs. Each hook changes what passes through.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "testing/owned_batch.h"

namespace livedrops {

// A batch that a bug may change; its order rows still show the caller's texts.
struct ChangedBatch : OwnedRows {
  explicit ChangedBatch(const CommitBatch& batch)
      : OwnedRows(batch), orders(batch.orders.begin(), batch.orders.end()) {}
  CommitBatch View() const { return ViewWith(orders); }

  std::vector<OrderRow> orders;
};

template <class... Arguments>
class Hook {
 public:
  template <class Function>
  Hook& operator=(Function function) {
    function_ = std::move(function);
    return *this;
  }
  explicit operator bool() const { return function_ != nullptr; }
  void operator()(Arguments... arguments) const {
    if (function_) function_(std::forward<Arguments>(arguments)...);
  }

 private:
  std::function<void(Arguments...)> function_;
};

struct Hooks {
  // Before and after the inner Commit.
  Hook<Storage&, ChangedBatch&, Head&> before_commit;
  Hook<Storage&, const CommitBatch&, Status&> after_commit;
  // Instead of the inner call, when set.
  std::function<Status(Storage&, Duration)> lock;
  std::function<void(Storage&)> unlock;
  std::function<Result<Head>(Storage&, const std::function<EventRow(const Head&)>&)> resolve;
  std::function<Status(Storage&)> close;
  // What the storage is asked.
  Hook<std::uint64_t&, std::int64_t&> log_query;
  Hook<std::vector<std::uint64_t>&, std::uint64_t&> load_query;
  Hook<OrderQuery&> order_query;
  Hook<EventQuery&> event_query;
  Hook<ChannelQuery&> channel_query;
  Hook<FollowQuery&> follow_query;
  Hook<DropQuery&> drop_query;
  Hook<ProductFilter&, Time&> product_query;
  Hook<std::string&> email_query;
  Hook<SessionQuery&> session_query;
  // What it answers.
  Hook<ShopInfo&> info;
  Hook<Result<Head>&> head;
  Hook<OrderRow&> order_row;
  Hook<EventRow&> event_row;
  Hook<DropRow&> drop_row;
  Hook<OrderChange&> present;
  Hook<Result<Order>&> order;
  Hook<std::vector<Order>&> orders;
  Hook<std::vector<Event>&> events;
  Hook<FollowPage&> follows;
  Hook<Result<DropRow>&> drop;
  Hook<std::vector<DropRow>&> drops;
  Hook<Result<Product>&> product;
  Hook<ProductPage&> products;
  Hook<Result<FollowEntry>&> follow;
  Hook<Result<UserRow>&> user;
  Hook<Result<Account>&> account;
  Hook<Result<Session>&> session;
  Hook<std::vector<Session>&> sessions;
};

std::unique_ptr<Storage> NewTamperedStorage(std::unique_ptr<Storage> inner,
                                            std::shared_ptr<const Hooks> hooks);

// --- implementation ----------------------------------------------------------------------------

class TamperedStorage : public Storage, private Catalog {
 public:
  TamperedStorage(std::unique_ptr<Storage> inner, std::shared_ptr<const Hooks> hooks)
      : inner_(std::move(inner)), hooks_(std::move(hooks)), info_(inner_->info()) {
    hooks_->info(info_);
  }

  const ShopInfo& info() const override { return info_; }
  Result<Head> ReadHead() override { return Change(inner_->ReadHead(), hooks_->head); }
  Status Commit(const CommitBatch& batch, const Head& expected) override {
    ChangedBatch changed(batch);
    Head changed_head = expected;
    hooks_->before_commit(*inner_, changed, changed_head);
    Status status = inner_->Commit(changed.View(), changed_head);
    hooks_->after_commit(*inner_, batch, status);
    return status;
  }
  Status Lock(Duration deadline) override {
    return hooks_->lock ? hooks_->lock(*inner_, deadline) : inner_->Lock(deadline);
  }
  void Unlock() override { hooks_->unlock ? hooks_->unlock(*inner_) : inner_->Unlock(); }
  Result<Head> Resolve(const std::function<EventRow(const Head&)>& chain) override {
    return hooks_->resolve ? hooks_->resolve(*inner_, chain) : inner_->Resolve(chain);
  }
  Status ReadLog(std::uint64_t after_seq, std::int64_t limit, LogSink& sink) override;
  Result<Head> LoadState(StateSink& sink) override;
  Status LoadOrders(std::span<const std::uint64_t> drop_nos, std::uint64_t until_seq,
                    OrderSink& sink) override;
  Result<Order> GetOrder(std::uint64_t seq) override {
    return Change(inner_->GetOrder(seq), hooks_->order);
  }
  Status ListOrders(const OrderQuery& query, std::vector<Order>* out) override {
    OrderQuery changed = query;
    hooks_->order_query(changed);
    return Change(inner_->ListOrders(changed, out), hooks_->orders, out);
  }
  Status ListEvents(const EventQuery& query, std::vector<Event>* out) override {
    EventQuery changed = query;
    hooks_->event_query(changed);
    return Change(inner_->ListEvents(changed, out), hooks_->events, out);
  }
  Status ReadChannel(const ChannelQuery& query, std::vector<Event>* out) override {
    ChannelQuery changed = query;
    hooks_->channel_query(changed);
    return Change(inner_->ReadChannel(changed, out), hooks_->events, out);
  }
  Catalog& catalog() override { return *this; }
  Status Close() override { return hooks_->close ? hooks_->close(*inner_) : inner_->Close(); }

 private:
  Result<DropRow> GetDrop(const DropId& id) override {
    return Change(inner_->catalog().GetDrop(id), hooks_->drop);
  }
  Status ListDrops(const DropQuery& query, std::vector<DropRow>* out) override {
    DropQuery changed = query;
    hooks_->drop_query(changed);
    return Change(inner_->catalog().ListDrops(changed, out), hooks_->drops, out);
  }
  Result<Product> GetProduct(const ProductId& id) override {
    return Change(inner_->catalog().GetProduct(id), hooks_->product);
  }
  Result<ProductPage> ListProducts(const ProductFilter& filter, Time now) override {
    ProductFilter changed = filter;
    hooks_->product_query(changed, now);
    Result<ProductPage> page = inner_->catalog().ListProducts(changed, now);
    if (page.ok()) hooks_->products(*page);
    return page;
  }
  Result<FollowEntry> GetFollow(const CreatorId& creator, const UserId& user) override {
    return Change(inner_->catalog().GetFollow(creator, user), hooks_->follow);
  }
  Status ListFollows(const FollowQuery& query, FollowPage* out) override {
    FollowQuery changed = query;
    hooks_->follow_query(changed);
    return Change(inner_->catalog().ListFollows(changed, out), hooks_->follows, out);
  }
  Result<UserRow> GetUser(const UserId& id) override {
    return Change(inner_->catalog().GetUser(id), hooks_->user);
  }
  Result<Account> GetAccount(const UserId& id) override {
    return Change(inner_->catalog().GetAccount(id), hooks_->account);
  }
  Result<Account> FindAccount(const std::string& folded_email) override {
    std::string changed = folded_email;
    hooks_->email_query(changed);
    return inner_->catalog().FindAccount(changed);
  }
  Result<Session> GetSession(const std::string& id) override {
    return Change(inner_->catalog().GetSession(id), hooks_->session);
  }
  Status ListSessions(const SessionQuery& query, std::vector<Session>* out) override {
    SessionQuery changed = query;
    hooks_->session_query(changed);
    return Change(inner_->catalog().ListSessions(changed, out), hooks_->sessions, out);
  }

  template <class T, class ResultHook>
  static Result<T> Change(Result<T> result, const ResultHook& hook) {
    hook(result);
    return result;
  }
  template <class OutHook, class Out>
  static Status Change(Status status, const OutHook& hook, Out* out) {
    if (status.ok()) hook(*out);
    return status;
  }

  std::unique_ptr<Storage> inner_;
  std::shared_ptr<const Hooks> hooks_;
  ShopInfo info_;
};

// Changes the rows of one read on their way to `sink`.
class TamperedSink : public LogSink, public OrderSink, public StateSink {
 public:
  explicit TamperedSink(const Hooks& hooks) : hooks_(hooks) {}

  void OnOrder(const OrderRow& row) override { log->OnOrder(Change(row, hooks_.order_row)); }
  void OnEvent(const EventRow& row) override { log->OnEvent(Change(row, hooks_.event_row)); }
  void OnOrder(const OrderRow& row, const OrderChange& present) override {
    orders->OnOrder(Change(row, hooks_.order_row), Change(present, hooks_.present));
  }
  void OnDrop(const DropRow& row) override { state->OnDrop(Change(row, hooks_.drop_row)); }
  void OnProduct(const ProductRow& row) override { state->OnProduct(row); }
  void OnCreator(const CreatorRow& row) override { state->OnCreator(row); }
  void OnUser(const UserRow& row) override { state->OnUser(row); }
  void OnFollow(const FollowRow& row) override { state->OnFollow(row); }
  void OnAccount(const Account& row) override { state->OnAccount(row); }
  void OnSession(const Session& row) override { state->OnSession(row); }
  void OnKey(const EventRow& row) override { state->OnKey(row); }

  LogSink* log = nullptr;
  OrderSink* orders = nullptr;
  StateSink* state = nullptr;

 private:
  template <class Row>
  static Row Change(Row row, const Hook<Row&>& hook) {
    hook(row);
    return row;
  }

  const Hooks& hooks_;
};

inline Status TamperedStorage::ReadLog(std::uint64_t after_seq, std::int64_t limit, LogSink& sink) {
  TamperedSink changed(*hooks_);
  changed.log = &sink;
  hooks_->log_query(after_seq, limit);
  return inner_->ReadLog(after_seq, limit, changed);
}

inline Result<Head> TamperedStorage::LoadState(StateSink& sink) {
  TamperedSink changed(*hooks_);
  changed.state = &sink;
  return inner_->LoadState(changed);
}

inline Status TamperedStorage::LoadOrders(std::span<const std::uint64_t> drop_nos,
                                          std::uint64_t until_seq, OrderSink& sink) {
  TamperedSink changed(*hooks_);
  changed.orders = &sink;
  std::vector<std::uint64_t> changed_nos(drop_nos.begin(), drop_nos.end());
  hooks_->load_query(changed_nos, until_seq);
  return inner_->LoadOrders(changed_nos, until_seq, changed);
}

inline std::unique_ptr<Storage> NewTamperedStorage(std::unique_ptr<Storage> inner,
                                                   std::shared_ptr<const Hooks> hooks) {
  return std::make_unique<TamperedStorage>(std::move(inner), std::move(hooks));
}

}  // namespace livedrops
