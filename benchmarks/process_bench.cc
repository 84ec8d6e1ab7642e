// What takes a process of its own: several sellers on one file, a crash, memory.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <sstream>

#include "benchmarks/child.h"

#if __has_include("src/simulation/verify.h")
#include "src/simulation/verify.h"
#endif

namespace livedrops::benchmarks {
namespace {

constexpr int kSellMs = 1'500;
constexpr std::int64_t kOrders = 1'000'000;

// Each process keeps 256 orders in flight on the same drop of the same file.
void BM_Processes(benchmark::State& state) {
  const std::string url = "sqlite:" + NewPath("processes.db");
  {
    const auto service = OpenShop(url);
    (void)MakeDrop(*service, "hot", 100'000'000);
    if (!service->Close().ok()) Die("cannot close");
  }
  for (auto _ : state) {
    std::vector<std::unique_ptr<Child>> children;
    for (int i = 0; i < state.range(0); ++i) {
      const std::vector<std::string> arguments = {"sell", url, "hot", std::to_string(i + 1), "256"};
      children.push_back(std::make_unique<Child>("seller_main", arguments));
    }
    for (const auto& child : children) (void)child->ReadLine();
    for (const auto& child : children) child->Say(std::to_string(kSellMs));
    double sum = 0;
    double least = 1e18;
    double p99 = 0;
    for (const auto& child : children) {
      std::istringstream line(child->ReadLine());
      double granted = 0;
      double milliseconds = 0;
      line >> granted >> milliseconds;
      sum += granted;
      least = std::min(least, granted);
      p99 = std::max(p99, milliseconds);
      child->Wait();
    }
    state.SetIterationTime(kSellMs / 1e3);
    state.counters["orders_per_second"] = sum / kSellMs * 1e3;
    // 1: all sold the same number.
    state.counters["least_share"] = least * static_cast<double>(state.range(0)) / sum;
    state.counters["p99_ms"] = p99;
  }
}
BENCHMARK(BM_Processes)->Name("processes/sqlite")->Arg(2)->Arg(4)->Iterations(1)->UseManualTime();

double SecondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// From the open call to the first new order answered, after a kill -9 with a million orders sold.
void BM_Restart(benchmark::State& state) {
  const std::string url = "sqlite:" + NewPath("restart.db");
  for (auto _ : state) {
    {
      Child seller("seller_main", {"fill", url, "hot", std::to_string(kOrders)});
      (void)seller.ReadLine();
      seller.Kill();
    }
    const auto start = std::chrono::steady_clock::now();
    const auto service = OpenShop(url);
    const double ready = SecondsSince(start);
    state.SetIterationTime(ready);
    state.counters["ready_s"] = ready;
    const auto drop = service->drops().Get(DropId("hot"));
    if (!drop.ok() || drop->current_stock != 0) Die("orders were lost");
#if __has_include("src/simulation/verify.h")
    const auto verify_start = std::chrono::steady_clock::now();
    const auto report = Verify(service->reads().storage());
    if (!report.ok() || !report->ok) Die("the shop does not verify after the crash");
    state.counters["verify_all_s"] = SecondsSince(verify_start);
#endif
  }
}
BENCHMARK(BM_Restart)->Name("restart/sqlite/1M_orders")->Iterations(1)->UseManualTime();

void BM_Memory(benchmark::State& state) {
  for (auto _ : state) {
    const std::string url = "sqlite:" + NewPath("memory.db");
    const auto start = std::chrono::steady_clock::now();
    Child seller("seller_main", {"memory", url, std::to_string(kOrders)});
    state.counters["bytes_per_order"] = std::stod(seller.ReadLine());
    seller.Wait();
    state.SetIterationTime(SecondsSince(start));
  }
}
BENCHMARK(BM_Memory)->Name("memory/live_drop_of_1M_orders")->Iterations(1)->UseManualTime();

}  // namespace
}  // namespace livedrops::benchmarks
