#include "cli/bench_crowd.h"

#include <algorithm>
#include <array>

namespace livedrops::cli {
namespace {

using Steady = std::chrono::steady_clock;

// From so many orders in flight on, two threads submit them in batches: more threads than cores
// would only measure the scheduler.
constexpr int kBatchedFrom = 4;
constexpr int kBatchingCallers = 2;

// https://prng.di.unimi.it/splitmix64.c
std::uint64_t NextRandom(std::uint64_t* state) {
  std::uint64_t z = (*state += 0x9e3779b97f4a7c15ull);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

void WriteHexDigits(std::uint64_t value, char* end, int digits) {
  for (; digits > 0; --digits, value >>= 4) *--end = "0123456789abcdef"[value & 15];
}

UserId MakeUser(std::uint64_t number) {
  char text[] = "u0000000000";
  for (char* digit = text + 10; number != 0; number /= 10)
    *digit-- = static_cast<char>('0' + number % 10);
  return UserId(std::string_view(text, 11));
}

// A UUID's form, as clients send it.
Key MakeKey(std::uint64_t seed, std::uint64_t number) {
  char text[] = "00000000-0000-4000-8000-000000000000";
  WriteHexDigits(seed, text + 8, 8);
  WriteHexDigits(seed >> 32, text + 13, 4);
  WriteHexDigits(number, text + 36, 12);
  return Key(std::string_view(text, 36));
}

}  // namespace

CrowdCounts& CrowdCounts::operator+=(const CrowdCounts& other) {
  granted += other.granted;
  held += other.held;
  repeated += other.repeated;
  refused += other.refused;
  failed += other.failed;
  wrong_repeats += other.wrong_repeats;
  units += other.units;
  seq_sum += other.seq_sum;
  return *this;
}

// One thread of the crowd, with its window of orders.
class Crowd::Caller {
 public:
  Caller(Crowd* crowd, Service* service, const CrowdOptions& options, int window,
         std::uint64_t number)
      : crowd_(crowd),
        orders_api_(service->orders()),
        options_(options),
        random_(options.seed * 1'000'003 + number),
        next_key_(number << 40),
        orders_(static_cast<std::size_t>(window)),
        replies_(orders_.size()),
        first_of_(orders_.size()),
        earlier_(orders_.size()) {
    for (PlaceOrder& order : orders_) order.drop = options.drop;
  }

  void Run() {
    while (!crowd_->stop_.load(std::memory_order_relaxed)) {
      if (!crowd_->same_again_ || !filled_for_good_) Fill();
      const auto start = Steady::now();
      if (orders_.size() == 1) {
        replies_[0] = orders_api_.Place(orders_[0]);
      } else {
        orders_api_.PlaceBatch(orders_, replies_);
      }
      latencies.Add(Steady::now() - start, orders_.size());
      Count();
    }
  }

  CrowdCounts counts;
  Histogram latencies;

 private:
  // Whose answer an order must be given again: kFresh, a place in this window, or kEarlier.
  static constexpr std::int32_t kFresh = -1;
  static constexpr std::int32_t kEarlier = -2;
  // Answers that are asked for again later.
  static constexpr std::size_t kRemembered = 64;

  void Fill() {
    filled_for_good_ = crowd_->same_again_;
    const int duplicates = filled_for_good_ ? 0 : options_.duplicate_percent;
    for (std::size_t i = 0; i < orders_.size(); ++i) {
      const std::uint64_t random = NextRandom(&random_);
      const auto dice = static_cast<int>(random % 200);
      first_of_[i] = kFresh;
      if (dice < duplicates && i > 0 && first_of_[i - 1] == kFresh) {
        first_of_[i] = static_cast<std::int32_t>(i - 1);
        orders_[i] = orders_[i - 1];
      } else if (dice < 2 * duplicates && !answered_.empty()) {
        const Answered& earlier = answered_[(random >> 8) % answered_.size()];
        first_of_[i] = kEarlier;
        orders_[i] = earlier.order;
        earlier_[i] = earlier.id;
      } else {
        Refresh(&orders_[i], random >> 8);
      }
    }
  }

  void Refresh(PlaceOrder* order, std::uint64_t random) {
    order->user = MakeUser((random & 0xffffffff) % options_.users);
    order->key = MakeKey(options_.seed, ++next_key_);
    order->hold.reset();
    order->ttl_seconds.reset();
    if (static_cast<int>((random >> 32) % 100) >= options_.hold_percent) return;
    order->hold = true;
    order->ttl_seconds = 30;
  }

  void Count() {
    CrowdCounts now;
    for (std::size_t i = 0; i < orders_.size(); ++i) CountOne(i, &now);
    counts += now;
    crowd_->granted_now_.fetch_add(now.granted, std::memory_order_relaxed);
    crowd_->refused_now_.fetch_add(now.refused, std::memory_order_relaxed);
    const Reply& last = replies_.back();
    if (first_of_.back() != kFresh || !last.status.ok() || !Granted(last.outcome)) return;
    if (answered_.size() < kRemembered) answered_.emplace_back();
    answered_[remembered_++ % kRemembered] = {orders_.back(), last.order.id};
  }

  void CountOne(std::size_t i, CrowdCounts* now) {
    const Reply& reply = replies_[i];
    if (!reply.status.ok()) {
      ++now->failed;
    } else if (Granted(reply.outcome)) {
      ++now->granted;
      if (reply.outcome == Outcome::held) ++now->held;
      now->units += static_cast<std::uint64_t>(reply.order.quantity);
      now->seq_sum += reply.seq;
    } else if (reply.outcome == Outcome::repeated) {
      ++now->repeated;
      const bool known = first_of_[i] != kFresh;
      if (!known || reply.order.id != FirstAnswer(i)) ++now->wrong_repeats;
    } else {
      ++now->refused;
    }
  }

  OrderId FirstAnswer(std::size_t i) const {
    if (first_of_[i] == kEarlier) return earlier_[i];
    return replies_[static_cast<std::size_t>(first_of_[i])].order.id;
  }

  struct Answered {
    PlaceOrder order;
    OrderId id;
  };

  Crowd* crowd_;
  Orders orders_api_;
  CrowdOptions options_;
  std::uint64_t random_;
  std::uint64_t next_key_;
  std::vector<PlaceOrder> orders_;
  std::vector<Reply> replies_;
  std::vector<std::int32_t> first_of_;
  std::vector<OrderId> earlier_;
  std::vector<Answered> answered_;
  std::size_t remembered_ = 0;
  bool filled_for_good_ = false;
};

Crowd::Crowd(Service* service, const CrowdOptions& options) {
  const bool batched = options.in_flight >= kBatchedFrom;
  const int callers = batched ? kBatchingCallers : options.in_flight;
  for (int i = 0; i < callers; ++i) {
    // The first callers take what does not divide evenly.
    const int window = batched ? (options.in_flight + callers - 1 - i) / callers : 1;
    callers_.push_back(std::make_unique<Caller>(this, service, options, window,
                                                static_cast<std::uint64_t>(i) + 1));
  }
}

Crowd::~Crowd() {
  if (!threads_.empty()) Wait();
}

void Crowd::Start(std::chrono::nanoseconds duration) {
  stop_ = false;
  started_ = Steady::now();
  for (const auto& caller : callers_) threads_.emplace_back([&caller] { caller->Run(); });
  threads_.emplace_back([this, duration] {
    std::this_thread::sleep_until(started_ + duration);
    stop_ = true;
  });
}

std::chrono::duration<double> Crowd::Wait() {
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  return Steady::now() - started_;
}

CrowdCounts Crowd::counts() const {
  CrowdCounts sum;
  for (const auto& caller : callers_) sum += caller->counts;
  return sum;
}

Histogram Crowd::latencies() const {
  Histogram sum;
  for (const auto& caller : callers_) sum.Add(caller->latencies);
  return sum;
}

void Crowd::ForgetLatencies() {
  for (const auto& caller : callers_) caller->latencies = Histogram();
}

}  // namespace livedrops::cli
