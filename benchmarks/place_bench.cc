// Orders through the service on a durable SQLite file, in turns with a bare loop of the same rows.
#include <benchmark/benchmark.h>

#include <cmath>
#include <memory>

#include "benchmarks/shop.h"
#include "src/cli/bench_bare.h"
#include "src/cli/bench_crowd.h"

namespace livedrops::benchmarks {
namespace {

using std::chrono::milliseconds;

// The disk's speed drifts by 15 % within minutes: turns this short see the same disk.
constexpr milliseconds kTurn{500};
constexpr int kTurns = 3;
constexpr milliseconds kWarmUp{300};
constexpr std::int64_t kStock = 4'000'000;

cli::CrowdOptions CrowdFor(const DropId& drop, int in_flight) {
  cli::CrowdOptions options;
  options.drop = drop;
  options.in_flight = in_flight;
  options.seed = 0x5eed;
  return options;
}

void Report(benchmark::State& state, const cli::Histogram& latencies, const std::string& prefix) {
  state.counters[prefix + "p50_ms"] = latencies.Milliseconds(0.5);
  state.counters[prefix + "p99_ms"] = latencies.Milliseconds(0.99);
  state.counters[prefix + "p999_ms"] = latencies.Milliseconds(0.999);
}

void BM_Place(benchmark::State& state) {
  const std::string path = NewPath("place.db");
  const auto service = OpenShop("sqlite:" + path);
  const DropId drop = MakeDrop(*service, "hot", kStock);
  const auto bare = cli::BareLoop::Open(NewPath("bare.db"));
  if (!bare.ok()) Die(bare.status().ToString());
  cli::Crowd crowd(service.get(), CrowdFor(drop, static_cast<int>(state.range(0))));
  crowd.Start(kWarmUp);
  (void)crowd.Wait();
  crowd.ForgetLatencies();
  for (auto _ : state) {
    const ServiceStats before = service->stats();
    const std::uint64_t granted = crowd.counts().granted;
    double seconds = 0;
    double per_commit = 1;
    for (int turn = 0; turn < kTurns; ++turn) {
      crowd.Start(kTurn);
      seconds += crowd.Wait().count();
      const ServiceStats now = service->stats();
      per_commit = static_cast<double>(now.rows_committed - before.rows_committed) /
                   static_cast<double>(now.commits - before.commits);
      if (!(*bare)->Run(kTurn, static_cast<int>(std::lround(per_commit))).ok()) Die("bare loop");
    }
    state.SetIterationTime(seconds);
    const double rate = static_cast<double>(crowd.counts().granted - granted) / seconds;
    state.counters["orders_per_second"] = rate;
    state.counters["bare_per_second"] = (*bare)->rows_per_second();
    state.counters["ratio"] = rate / (*bare)->rows_per_second();
    state.counters["orders_per_commit"] = per_commit;
    Report(state, crowd.latencies(), "");
  }
  if (crowd.counts().refused + crowd.counts().failed != 0) Die("orders were refused");
}
BENCHMARK(BM_Place)
    ->Name("place/sqlite/in_flight")
    ->Arg(1)
    ->Arg(8)
    ->Arg(64)
    ->Arg(1000)
    ->Iterations(1)
    ->UseManualTime();

// One caller on his own drop while another drop sells at full load.
void BM_ColdDrop(benchmark::State& state) {
  const auto service = OpenShop("sqlite:" + NewPath("cold.db"));
  cli::Crowd hot(service.get(), CrowdFor(MakeDrop(*service, "hot", kStock), 1000));
  cli::Crowd cold(service.get(), CrowdFor(MakeDrop(*service, "cold", kStock), 1));
  for (auto _ : state) {
    for (const milliseconds duration : {kWarmUp, 3 * kTurn}) {
      hot.ForgetLatencies();
      cold.ForgetLatencies();
      const std::uint64_t before = hot.counts().granted;
      hot.Start(duration);
      cold.Start(duration);
      const double seconds = hot.Wait().count();
      (void)cold.Wait();
      state.counters["hot_per_second"] =
          static_cast<double>(hot.counts().granted - before) / seconds;
      if (duration != kWarmUp) state.SetIterationTime(seconds);
    }
    Report(state, cold.latencies(), "cold_");
  }
}
BENCHMARK(BM_ColdDrop)->Name("cold_drop/sqlite")->Iterations(1)->UseManualTime();

// Sold out: no order writes anything, but each batch of refusals looks once at the log's head.
void BM_Refuse(benchmark::State& state) {
  const auto service = OpenShop("sqlite:" + NewPath("refuse.db"));
  const DropId drop = MakeDrop(*service, "hot", kStock);
  cli::Crowd crowd(service.get(), CrowdFor(drop, static_cast<int>(state.range(0))));
  crowd.Start(kWarmUp);
  (void)crowd.Wait();
  SellOut(*service, drop);
  crowd.SendSameAgain(true);
  crowd.Start(kWarmUp);
  (void)crowd.Wait();
  for (auto _ : state) {
    const std::uint64_t before = crowd.counts().refused;
    crowd.Start(2 * kTurn);
    const double seconds = crowd.Wait().count();
    state.SetIterationTime(seconds);
    const auto refused = static_cast<double>(crowd.counts().refused - before);
    state.counters["refused_per_second"] = refused / seconds;
  }
}
BENCHMARK(BM_Refuse)
    ->Name("refuse/sqlite/in_flight")
    ->Arg(64)
    ->Arg(1000)
    ->Iterations(1)
    ->UseManualTime();

}  // namespace
}  // namespace livedrops::benchmarks
