// Decisions alone: an engine on memory storage, one thread, batches of 1,000 new orders.
#include <benchmark/benchmark.h>

#include <chrono>
#include <vector>

#include "benchmarks/shop.h"
#include "livedrops/engine.h"

namespace livedrops::benchmarks {
namespace {

constexpr std::int64_t kBatch = 1'000;
constexpr std::int64_t kOrders = 500'000;

void BM_Decide(benchmark::State& state) {
  auto storage = OpenStorage("memory:");
  if (!storage.ok()) Die(storage.status().ToString());
  const auto engine = Engine::Open(std::move(*storage));
  if (!engine.ok()) Die(engine.status().ToString());
  std::vector<PlaceOrder> orders(kBatch);
  std::vector<Reply> replies(kBatch);
  const DropId drop = MakeDrop(**engine, "drop", kOrders);
  for (PlaceOrder& order : orders) order.drop = drop;
  for (auto _ : state) {
    std::chrono::duration<double> seconds{};
    for (std::int64_t sold = 0; sold < kOrders; sold += kBatch) {
      for (std::int64_t i = 0; i < kBatch; ++i) {
        PlaceOrder& order = orders[static_cast<std::size_t>(i)];
        order.user = UserId("u" + std::to_string((sold + i) % 100'000));
        order.key = Key("9f3c2ab1-0001-4000-8000-" + std::to_string(100'000'000'000 + sold + i));
      }
      const auto start = std::chrono::steady_clock::now();
      (*engine)->orders().PlaceBatch(orders, replies);
      seconds += std::chrono::steady_clock::now() - start;
      if (!Granted(replies.back().outcome)) Die("an order was refused");
    }
    state.SetIterationTime(seconds.count());
  }
  state.SetItemsProcessed(state.iterations() * kOrders);
}
BENCHMARK(BM_Decide)->Name("decide/memory")->Iterations(1)->UseManualTime();

}  // namespace
}  // namespace livedrops::benchmarks
