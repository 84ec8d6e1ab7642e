// Another process that sells: for benchmarks of several processes, of a crash, of memory.
//   seller_main sell URL DROP SEED IN_FLIGHT
//     says "ready", waits for a line with milliseconds, sells, says how much
//   seller_main fill URL DROP ORDERS
//     sells so many to a new user each, says "sold", waits to be killed
//   seller_main memory URL ORDERS
//     says what a live drop with so many orders takes, in bytes an order
#include <malloc.h>
#include <unistd.h>

#include <fstream>
#include <iostream>
#include <vector>

#include "benchmarks/shop.h"
#include "src/cli/bench_crowd.h"

namespace livedrops::benchmarks {
namespace {

constexpr std::int64_t kBatch = 1'000;

int Sell(const std::string& url, const std::string& drop, const std::string& seed,
         const std::string& in_flight) {
  const auto service = OpenShop(url);
  cli::CrowdOptions options;
  options.drop = DropId(drop);
  options.in_flight = std::stoi(in_flight);
  options.seed = std::stoull(seed);
  cli::Crowd crowd(service.get(), options);
  std::cout << "ready" << std::endl;
  int milliseconds = 0;
  std::cin >> milliseconds;
  crowd.Start(std::chrono::milliseconds(milliseconds));
  (void)crowd.Wait();
  std::cout << crowd.counts().granted << ' ' << crowd.latencies().Milliseconds(0.99) << std::endl;
  return crowd.counts().failed == 0 ? 0 : 1;
}

// Every order has a user of its own: the most memory an order can take.
void FillDrop(Service& service, const DropId& drop, std::int64_t orders) {
  std::vector<PlaceOrder> batch(kBatch);
  std::vector<Reply> replies(kBatch);
  for (std::int64_t sold = 0; sold < orders; sold += kBatch) {
    for (std::int64_t i = 0; i < kBatch; ++i) {
      PlaceOrder& order = batch[static_cast<std::size_t>(i)];
      order.drop = drop;
      order.user = UserId("u" + std::to_string(1'000'000'000 + sold + i));
      order.key = Key("9f3c2ab1-0001-4000-8000-" + std::to_string(100'000'000'000 + sold + i));
    }
    service.orders().PlaceBatch(batch, replies);
    if (!Granted(replies.back().outcome)) Die("an order was refused");
  }
}

int Fill(const std::string& url, const std::string& drop, const std::string& orders) {
  const auto service = OpenShop(url);
  const std::int64_t count = std::stoll(orders);
  FillDrop(*service, MakeDrop(*service, drop, count), count);
  std::cout << "sold" << std::endl;
  for (;;) pause();
}

double ResidentBytes() {
  (void)malloc_trim(0);
  std::ifstream statm("/proc/self/statm");
  long pages = 0;
  statm >> pages >> pages;
  return static_cast<double>(pages) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

// The first drop fills SQLite's page cache, the lists of recent orders and the buffers; what the
// second one adds is its own.
int Memory(const std::string& url, const std::string& orders) {
  const auto service = OpenShop(url);
  const std::int64_t count = std::stoll(orders);
  FillDrop(*service, MakeDrop(*service, "first", count), count);
  const double before = ResidentBytes();
  FillDrop(*service, MakeDrop(*service, "second", count), count);
  std::cout << (ResidentBytes() - before) / static_cast<double>(count) << std::endl;
  return 0;
}

int Main(const std::vector<std::string>& arguments) {
  if (arguments.size() == 5 && arguments[0] == "sell") {
    return Sell(arguments[1], arguments[2], arguments[3], arguments[4]);
  }
  if (arguments.size() == 4 && arguments[0] == "fill") {
    return Fill(arguments[1], arguments[2], arguments[3]);
  }
  if (arguments.size() == 3 && arguments[0] == "memory") return Memory(arguments[1], arguments[2]);
  std::cerr << "usage: seller_main sell URL DROP SEED IN_FLIGHT | fill URL DROP ORDERS | memory "
               "URL ORDERS\n";
  return 64;
}

}  // namespace
}  // namespace livedrops::benchmarks

int main(int argc, char** argv) { return livedrops::benchmarks::Main({argv + 1, argv + argc}); }
