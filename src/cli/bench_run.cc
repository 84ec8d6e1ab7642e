#include "cli/bench_run.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "cli/bench_bare.h"

namespace livedrops::cli {
namespace {

using Steady = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr std::chrono::milliseconds kSamplePeriod{100};
// Not measured: the first orders find cold caches and an empty file.
constexpr double kWarmUpSeconds = 0.3;
// The crowd and the bare loop take turns of about this length, so that a disk whose speed drifts
// changes both alike.
constexpr double kTurnSeconds = 1.0;
constexpr double kSoldOutSecondsMax = 2.0;
// More than any machine sells: the drop must not sell out while it is measured.
constexpr double kOrdersPerSecondMax = 1'000'000;

std::chrono::nanoseconds Nanoseconds(double seconds) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(Seconds(seconds));
}

// Nothing when the reply says that it was done.
Status Failure(const char* what, const Reply& reply) {
  if (!reply.status.ok()) return reply.status;
  if (reply.outcome == Outcome::done) return OkStatus();
  return {StatusCode::kUnavailable,
          std::string(what) + ": " + std::string(ToString(reply.outcome))};
}

// One caller who wants another drop and waits for each answer.
class ColdCaller {
 public:
  ColdCaller(Service* service, const CrowdOptions& options) : crowd_(service, options) {}
  void Start(double seconds) { crowd_.Start(Nanoseconds(seconds)); }
  void Wait() { seconds_ += crowd_.Wait().count(); }
  void Forget() {
    crowd_.ForgetLatencies();
    before_ = crowd_.counts().granted;
    seconds_ = 0;
  }
  BenchCold Take() const {
    BenchCold cold;
    cold.latencies = crowd_.latencies();
    cold.orders_per_second = static_cast<double>(crowd_.counts().granted - before_) / seconds_;
    return cold;
  }

 private:
  Crowd crowd_;
  std::uint64_t before_ = 0;
  double seconds_ = 0;
};

class Bench {
 public:
  Bench(const BenchOptions& options, const BenchProgress& progress)
      : options_(options), progress_(progress) {}

  Status SetUp();
  Status Measure();
  Status SellOut();
  Status Check();
  BenchResult Take() { return std::move(result_); }

 private:
  Status CreateDrops();
  Status CreateDropNamed(const DropId& id, std::int64_t stock);
  void LetCrowdBuy(double seconds, bool measured);
  void Sample(double second, double length);
  Status LetBareInsert(double seconds);
  CrowdOptions ForDrop(const DropId& drop) const;

  const BenchOptions& options_;
  const BenchProgress& progress_;
  BenchResult result_;
  std::unique_ptr<Service> service_;
  std::unique_ptr<Crowd> crowd_;
  std::unique_ptr<ColdCaller> cold_;
  std::unique_ptr<BareLoop> bare_;
  std::string run_;  // Makes ids of their own for every run.
  DropId drop_;
  std::uint64_t head_before_ = 0;
  std::uint64_t commits_ = 0;
  std::uint64_t rows_ = 0;
  std::uint64_t granted_before_ = 0;  // Of the sample before.
};

Status Bench::SetUp() {
  if (options_.bare && !options_.url.starts_with("sqlite:")) {
    return {StatusCode::kInvalidArgument, "--bare needs a sqlite: storage to compare with"};
  }
  auto service = livedrops::Open(options_.url);
  if (!service.ok()) return service.status();
  service_ = std::move(*service);
  const auto head = service_->audit().ReadHead();
  if (!head.ok()) return head.status();
  head_before_ = head->seq;
  if (Status created = CreateDrops(); !created.ok()) return created;
  crowd_ = std::make_unique<Crowd>(service_.get(), ForDrop(drop_));
  if (!options_.bare) return OkStatus();
  auto bare = BareLoop::Open(options_.url.substr(options_.url.find(':') + 1) + "-bare");
  if (!bare.ok()) return bare.status();
  bare_ = std::move(*bare);
  return OkStatus();
}

Status Bench::CreateDrops() {
  run_ = std::to_string(ToMs(service_->reads().Now()));
  CreateProduct product;
  product.id = ProductId("bench-" + run_);
  product.creator = CreatorId("bench");
  product.name = "benchmark " + run_;
  product.price.minor_units = 1999;
  Status made = Failure("creating a product", service_->products().Create(product));
  drop_ = DropId("bench-" + run_ + "-hot");
  const double seconds = options_.seconds + kWarmUpSeconds + 1;
  result_.stock = static_cast<std::int64_t>(
      std::min(seconds * kOrdersPerSecondMax, static_cast<double>(kQuantityMax)));
  if (made.ok()) made = CreateDropNamed(drop_, result_.stock);
  if (!made.ok() || !options_.cold) return made;
  const DropId cold("bench-" + run_ + "-cold");
  CrowdOptions alone = ForDrop(cold);
  alone.in_flight = 1;
  alone.duplicate_percent = alone.hold_percent = 0;
  cold_ = std::make_unique<ColdCaller>(service_.get(), alone);
  return CreateDropNamed(cold, result_.stock);
}

Status Bench::CreateDropNamed(const DropId& id, std::int64_t stock) {
  CreateDrop create;
  create.id = id;
  create.product = ProductId("bench-" + run_);
  create.end_time = service_->reads().Now() + std::chrono::hours(24);
  create.stock = stock;
  create.max_per_user = kQuantityMax;  // Never reached, but checked: that is part of the work.
  return Failure("creating a drop", service_->drops().Create(create));
}

CrowdOptions Bench::ForDrop(const DropId& drop) const {
  CrowdOptions crowd;
  crowd.drop = drop;
  crowd.in_flight = options_.in_flight;
  crowd.users = options_.users;
  crowd.duplicate_percent = options_.duplicate_percent;
  crowd.hold_percent = options_.hold_percent;
  crowd.seed = static_cast<std::uint64_t>(std::stoll(run_));
  return crowd;
}

Status Bench::Measure() {
  LetCrowdBuy(kWarmUpSeconds, false);
  crowd_->ForgetLatencies();
  if (cold_) cold_->Forget();
  const CrowdCounts before = crowd_->counts();
  const int turns =
      bare_ ? std::max(1, static_cast<int>(std::lround(options_.seconds / kTurnSeconds))) : 1;
  for (int turn = 0; turn < turns; ++turn) {
    LetCrowdBuy(options_.seconds / turns, true);
    if (Status status = LetBareInsert(options_.seconds / turns); !status.ok()) return status;
  }
  result_.crowd = crowd_->counts();
  result_.crowd.granted -= before.granted;
  result_.crowd.held -= before.held;
  result_.crowd.repeated -= before.repeated;
  result_.latencies = crowd_->latencies();
  result_.accepted_per_second = static_cast<double>(result_.crowd.granted) / result_.seconds;
  result_.orders_per_commit =
      static_cast<double>(rows_) / static_cast<double>(std::max<std::uint64_t>(commits_, 1));
  if (cold_) result_.cold = cold_->Take();
  if (bare_) {
    const double rate = bare_->rows_per_second();
    result_.bare = BenchBare{rate, result_.accepted_per_second / rate, bare_->commits()};
  }
  return OkStatus();
}

void Bench::LetCrowdBuy(double seconds, bool measured) {
  const ServiceStats before = service_->stats();
  crowd_->Start(Nanoseconds(seconds));
  if (cold_) cold_->Start(seconds);
  const auto start = Steady::now();
  granted_before_ = crowd_->granted_now();
  for (double last = 0;;) {
    std::this_thread::sleep_for(kSamplePeriod);
    const double now = Seconds(Steady::now() - start).count();
    if (now >= seconds) break;
    if (measured) Sample(result_.seconds + now, now - last);
    last = now;
  }
  const double took = crowd_->Wait().count();
  if (cold_) cold_->Wait();
  if (!measured) return;
  const ServiceStats after = service_->stats();
  result_.seconds += took;
  commits_ += after.commits - before.commits;
  rows_ += after.rows_committed - before.rows_committed;
}

void Bench::Sample(double second, double length) {
  BenchSample sample;
  sample.second = second;
  const std::uint64_t granted = crowd_->granted_now();
  sample.granted_per_second = static_cast<double>(granted - granted_before_) / length;
  granted_before_ = granted;
  sample.refused = crowd_->refused_now();
  if (const auto drop = service_->drops().Get(drop_); drop.ok()) sample.stock = drop->current_stock;
  result_.samples.push_back(sample);
  progress_(sample, second / options_.seconds);
}

Status Bench::LetBareInsert(double seconds) {
  if (bare_ == nullptr) return OkStatus();
  const double rows =
      static_cast<double>(rows_) / static_cast<double>(std::max<std::uint64_t>(commits_, 1));
  return bare_->Run(Nanoseconds(seconds), std::max(1, static_cast<int>(std::lround(rows))));
}

// The creator takes out what is left, and the crowd goes on asking.
Status Bench::SellOut() {
  const auto drop = service_->drops().Get(drop_);
  if (!drop.ok()) return drop.status();
  result_.units = result_.stock - drop->current_stock;
  if (drop->current_stock != 0) {
    livedrops::Restock out;
    out.id = drop_;
    out.quantity = -drop->current_stock;
    out.key = Key("sold-out");
    Status taken = Failure("taking out the rest", service_->drops().Restock(out));
    if (!taken.ok()) return taken;
  }
  crowd_->SendSameAgain(true);
  crowd_->Start(Nanoseconds(kWarmUpSeconds));
  (void)crowd_->Wait();
  const std::uint64_t before = crowd_->counts().refused;
  crowd_->Start(Nanoseconds(std::min(options_.seconds / 2, kSoldOutSecondsMax)));
  const double seconds = crowd_->Wait().count();
  const std::uint64_t refused = crowd_->counts().refused - before;
  result_.refused_per_second = static_cast<double>(refused) / seconds;
  return OkStatus();
}

Status Bench::Check() {
  const CrowdCounts told = crowd_->counts();
  result_.crowd.refused = told.refused;
  result_.crowd.failed = told.failed;
  result_.crowd.wrong_repeats = told.wrong_repeats;
  auto checks = CheckBench(service_->reads().storage(), drop_, head_before_, told);
  if (!checks.ok()) return checks.status();
  result_.checks = std::move(*checks);
  crowd_.reset();
  cold_.reset();
  return service_->Close();
}

}  // namespace

bool BenchResult::ok() const {
  return std::ranges::all_of(checks, [](const BenchCheck& check) { return check.ok; });
}

Result<BenchResult> RunBench(const BenchOptions& options, const BenchProgress& progress) {
  Bench bench(options, progress);
  Status status = bench.SetUp();
  if (status.ok()) status = bench.Measure();
  if (status.ok()) status = bench.SellOut();
  if (status.ok()) status = bench.Check();
  if (!status.ok()) return status;
  return bench.Take();
}

}  // namespace livedrops::cli
