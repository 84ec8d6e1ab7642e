// The process that the crash tests kill, and one of several that sell from one file.
//
//   load_program race URL DROP NAME THREADS ACKS   sells DROP out, then prints "sold N" and ends
//   load_program load URL NAME ACKS                holds, confirms, cancels, follows until it is
//   killed load_program once URL DROP KEY                 one order; prints its status and outcome
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <thread>

#include "livedrops/open.h"
#include "tests/crash/acks.h"

namespace livedrops::crash {
namespace {

PlaceOrder OrderOf(const std::string& drop, const std::string& user, const std::string& key) {
  PlaceOrder order;
  order.drop = DropId(drop);
  order.user = UserId(user);
  order.key = Key(key);
  return order;
}

std::unique_ptr<Service> OpenOrExit(const char* url) {
  auto service = Open(url);
  if (!service.ok()) {
    std::fprintf(stderr, "%s\n", service.status().ToString().c_str());
    std::exit(2);
  }
  return std::move(*service);
}

int Race(const char* url, const std::string& drop, const std::string& name, int threads,
         const char* acks_path) {
  const auto service = OpenOrExit(url);
  AckLog acks(acks_path);
  std::atomic<int> sold{0};
  std::atomic<int> failed{0};
  const auto run = [&](int thread) {
    const std::string user = name + "-" + std::to_string(thread);
    for (int i = 0;; ++i) {
      const std::string key = "k" + std::to_string(i);
      const Reply reply = service->orders().Place(OrderOf(drop, user, key));
      if (!reply.status.ok()) {
        std::fprintf(stderr, "%s\n", reply.status.ToString().c_str());
        ++failed;
        return;
      }
      if (reply.outcome == Outcome::sold_out) return;
      if (!Granted(reply.outcome)) continue;  // Not started yet.
      acks.Write("did order " + reply.order.id.str() + " " + user + " " + key);
      ++sold;
    }
  };
  std::vector<std::thread> running;
  for (int thread = 0; thread < threads; ++thread) running.emplace_back(run, thread);
  for (std::thread& thread : running) thread.join();
  if (Status closed = service->Close(); !closed.ok()) ++failed;
  std::printf("sold %d failed %d\n", sold.load(), failed.load());
  return failed == 0 ? 0 : 1;
}

// One thread of the mixed load. Its users are its own, so that their history is one after the
// other.
class Shopper {
 public:
  Shopper(Service* service, AckLog* acks, const std::string& name)
      : service_(service), acks_(acks), name_(name), random_(std::hash<std::string>()(name)) {}

  [[noreturn]] void Run() {
    for (int i = 0;; ++i) {
      if (random_() % 8 == 0) {
        Follow();
      } else {
        OrderOne(i);
      }
    }
  }

 private:
  void OrderOne(int number) {
    PlaceOrder order =
        OrderOf("d" + std::to_string(random_() % 2), name_, name_ + "-" + std::to_string(number));
    order.quantity = static_cast<std::int64_t>(1 + random_() % 3);
    order.hold = random_() % 2 == 0;
    const std::string text = order.key.str() + " " + order.user.str() + " " + order.drop.str() +
                             " " + std::to_string(order.quantity);
    acks_->Write("will order " + text);
    const Reply reply = service_->orders().Place(order);
    if (!reply.status.ok()) return;
    if (!Granted(reply.outcome)) {
      acks_->Write("did refuse " + text);
      return;
    }
    acks_->Write("did order " + text + " " + reply.order.id.str() + " " +
                 std::string(ToString(reply.order.status)));
    if (*order.hold && random_() % 3 != 0) Change("confirm", reply.order.id);
    if (random_() % 4 == 0) Change("cancel", reply.order.id);
  }
  void Change(const std::string& what, const OrderId& id) {
    acks_->Write("will " + what + " " + id.str());
    Reply reply;
    if (what == "confirm") {
      reply = service_->orders().Confirm({id, {}, {}, {}});
    } else {
      reply = service_->orders().Cancel({id, {}, {}, {}});
    }
    if (reply.status.ok() && reply.outcome == Outcome::done) {
      acks_->Write("did " + what + " " + id.str());
    }
  }
  void Follow() {
    FollowCreator follow;
    follow.creator = CreatorId("c" + std::to_string(random_() % 5));
    follow.user = UserId(name_);
    follow.follow = random_() % 3 != 0;
    const std::string text =
        "follow " + follow.creator.str() + " " + name_ + (follow.follow ? " yes" : " no");
    acks_->Write("will " + text);
    if (service_->follows().Set(follow).status.ok()) acks_->Write("did " + text);
  }

  Service* service_;
  AckLog* acks_;
  std::string name_;
  std::mt19937_64 random_;
};

int Load(const char* url, const std::string& name, const char* acks_path) {
  const auto service = OpenOrExit(url);
  AckLog acks(acks_path);
  std::vector<std::thread> running;
  for (int thread = 0; thread < 3; ++thread) {
    running.emplace_back(
        [&, thread] { Shopper(service.get(), &acks, name + "-" + std::to_string(thread)).Run(); });
  }
  for (std::thread& thread : running) thread.join();
  return 0;
}

int Once(const char* url, const std::string& drop, const std::string& key) {
  const auto service = OpenOrExit(url);
  const Reply reply = service->orders().Place(OrderOf(drop, "u1", key));
  std::printf("%s %s\n", reply.status.ToString().c_str(),
              std::string(ToString(reply.outcome)).c_str());
  return reply.status.ok() ? 0 : 1;
}

}  // namespace
}  // namespace livedrops::crash

int main(int argc, char** argv) {
  using namespace livedrops::crash;
  const std::vector<std::string> args(argv + 1, argv + argc);
  if (args.size() == 6 && args[0] == "race") {
    return Race(argv[2], args[2], args[3], std::stoi(args[4]), argv[6]);
  }
  if (args.size() == 4 && args[0] == "load") return Load(argv[2], args[2], argv[4]);
  if (args.size() == 4 && args[0] == "once") return Once(argv[2], args[2], args[3]);
  std::fprintf(stderr, "usage: load_program race|load|once ...\n");
  return 64;
}
