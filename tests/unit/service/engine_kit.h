// What the tests of the engines start from: a shop in memory at a time that stands still.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "../../conformance/memory_factory.h"
#include "livedrops/engine.h"
#include "livedrops/testing/faulty_storage.h"
#include "livedrops/testing/sim_clock.h"

namespace livedrops {

inline constexpr std::int64_t kStartMs = 1'700'000'000'000;
inline Time At(std::int64_t ms) { return TimeFromMs(kStartMs + ms); }

inline PlaceOrder OrderOf(const std::string& drop, const std::string& user, const std::string& key,
                          std::int64_t quantity = 1) {
  PlaceOrder order;
  order.drop = DropId(drop);
  order.user = UserId(user);
  order.key = Key(key);
  order.quantity = quantity;
  return order;
}

inline CreateProduct ProductOf(const std::string& id, const std::string& creator = "c1",
                               std::int64_t price = 1000) {
  CreateProduct product;
  product.id = ProductId(id);
  product.creator = CreatorId(creator);
  product.name = "a product";
  product.price.minor_units = price;
  return product;
}

inline CreateDrop DropOf(const std::string& id, std::int64_t stock,
                         Confirmation confirmation = Confirmation::direct,
                         const std::string& product = "p1") {
  CreateDrop drop;
  drop.id = DropId(id);
  drop.product = ProductId(product);
  drop.end_time = TimeFromMs(253'402'300'799'999);
  drop.stock = stock;
  drop.confirmation = confirmation;
  return drop;
}

// True when the call did its job; prints the status else.
inline bool Ok(const Reply& reply) {
  if (!reply.status.ok()) ADD_FAILURE() << reply.status.ToString();
  return reply.status.ok();
}
inline bool Ok(const Status& status) {
  if (!status.ok()) ADD_FAILURE() << status.ToString();
  return status.ok();
}

// An engine on a database that outlives it, with a storage that fails when it is told to.
class EngineTest : public testing::Test {
 protected:
  EngineTest() {
    options_.clock = &clock_;
    options_.ids = &ids_;
    Open();
    Ok(engine_->products().Create(ProductOf("p1")));
  }

  // Opens the engine, again if it was open: a restart.
  void Open() {
    engine_.reset();
    auto opened = Engine::Open(NewStorage(), options_);
    ASSERT_TRUE(opened.ok()) << opened.status().ToString();
    engine_ = std::move(*opened);
  }
  std::unique_ptr<Storage> NewStorage() {
    return NewFaultyStorage(OpenMemoryStorage(database_), faults_);
  }
  // A second process's engine, without faults.
  std::unique_ptr<Engine> OpenOther() {
    auto opened = Engine::Open(OpenMemoryStorage(database_), options_);
    EXPECT_TRUE(opened.ok()) << opened.status().ToString();
    return std::move(*opened);
  }
  void MakeDrop(const std::string& id, std::int64_t stock,
                Confirmation confirmation = Confirmation::direct) {
    EXPECT_EQ(engine_->drops().Create(DropOf(id, stock, confirmation)).outcome, Outcome::done);
  }
  Reply Place(const std::string& drop, const std::string& user, const std::string& key,
              std::int64_t quantity = 1) {
    return engine_->orders().Place(OrderOf(drop, user, key, quantity));
  }
  // All in one call; `commits_` tells how many commits there were before.
  std::vector<Reply> Execute(const std::vector<Request>& requests) {
    std::vector<RequestRef> refs(requests.size());
    std::vector<Reply> replies(requests.size());
    for (std::size_t i = 0; i < refs.size(); ++i) refs[i].other = &requests[i];
    commits_ = faults_->calls(StorageCall::commit);
    engine_->requests().Execute(refs, replies);
    return replies;
  }
  std::int32_t StockOf(const std::string& drop) {
    const auto found = engine_->drops().Get(DropId(drop));
    return found.ok() ? found->current_stock : -1;
  }
  std::vector<Event> Log() {
    auto events = engine_->notifications().Log(0, 10'000);
    EXPECT_TRUE(events.ok());
    return events.ok() ? std::move(*events) : std::vector<Event>();
  }
  int Count(EventType type) {
    const auto events = Log();
    return static_cast<int>(
        std::ranges::count_if(events, [type](const Event& event) { return event.type == type; }));
  }

  std::shared_ptr<MemoryDatabase> database_ = NewMemoryDatabase({.seed = 7});
  std::shared_ptr<FaultInjector> faults_ = std::make_shared<FaultInjector>();
  SimClock clock_{TimeFromMs(kStartMs)};
  SequentialIds ids_;
  EngineOptions options_;
  std::unique_ptr<Engine> engine_;
  std::uint64_t commits_ = 0;
};

}  // namespace livedrops
