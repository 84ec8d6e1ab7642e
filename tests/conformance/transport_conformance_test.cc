// The transports keep the contract, and the suite is seen to fail: it finds every planted bug, and
// every case finds one.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "livedrops/relay.h"
#include "livedrops/testing/faulty_transport.h"
#include "livedrops/testing/memory_transport.h"
#include "livedrops/testing/transport_conformance.h"

namespace livedrops {
namespace {

class MemoryFactory : public TransportFactory {
 public:
  Result<std::unique_ptr<Transport>> Create() override {
    topic_ = std::make_shared<MemoryTopic>();
    return Open();
  }
  Result<std::unique_ptr<Transport>> Open() override { return NewMemoryTransport(topic_); }
  Result<std::vector<Position>> Received() override {
    std::vector<Position> received;
    for (const Event& event : topic_->events()) {
      received.push_back({topic_->position().epoch, event.seq});
    }
    return received;
  }

 private:
  std::shared_ptr<MemoryTopic> topic_;
};

class FaultlessFaultyFactory : public MemoryFactory {
 public:
  Result<std::unique_ptr<Transport>> Create() override { return Wrap(MemoryFactory::Create()); }
  Result<std::unique_ptr<Transport>> Open() override { return Wrap(MemoryFactory::Open()); }

 private:
  static Result<std::unique_ptr<Transport>> Wrap(Result<std::unique_ptr<Transport>> inner) {
    return NewFaultyTransport(std::move(*inner),
                              [](TransportCall, std::uint64_t) { return TransportFault::none; });
  }
};

class FileFactory : public TransportFactory {
 public:
  FileFactory()
      : path_(std::filesystem::temp_directory_path() /
              ("livedrops-conformance-" + std::to_string(getpid()) + ".jsonl")) {}
  ~FileFactory() override { std::filesystem::remove(path_); }

  Result<std::unique_ptr<Transport>> Create() override {
    std::filesystem::remove(path_);
    return Open();
  }
  Result<std::unique_ptr<Transport>> Open() override {
    return OpenTransport("file:" + path_.string());
  }
  Result<std::vector<Position>> Received() override {
    std::vector<Position> received;
    std::ifstream file(path_);
    for (std::string line; std::getline(file, line);) {
      const auto json = nlohmann::json::parse(line);
      received.push_back({json.at("epoch"), json.at("eventId")});
    }
    return received;
  }

 private:
  std::filesystem::path path_;
};

struct Subject {
  const char* name;
  std::unique_ptr<TransportFactory> (*new_factory)();
};

template <class Factory>
std::unique_ptr<TransportFactory> New() {
  return std::make_unique<Factory>();
}

class TransportConformance
    : public testing::TestWithParam<std::tuple<Subject, TransportConformanceCase>> {};

TEST_P(TransportConformance, Holds) {
  const auto& [subject, test] = GetParam();
  const Status status = test.run(*subject.new_factory());
  EXPECT_TRUE(status.ok()) << status.message();
}

INSTANTIATE_TEST_SUITE_P(
    All, TransportConformance,
    testing::Combine(testing::Values(Subject{"Memory", New<MemoryFactory>},
                                     Subject{"FaultlessFaulty", New<FaultlessFaultyFactory>},
                                     Subject{"File", New<FileFactory>}),
                     testing::ValuesIn(TransportConformanceCases())),
    [](const auto& each) {
      return std::string(std::get<0>(each.param).name) + std::get<1>(each.param).name;
    });

// --- planted bugs ------------------------------------------------------------------------------

enum class Bug {
  none,
  remembers_nothing,        // The position is not kept with the destination.
  position_of_the_first,    // It is that of the batch's first event.
  position_of_the_attempt,  // It counts what was only begun.
  forgets_when_closed,      // A clean end loses the last batch.
  forgets_when_lost,        // A crash loses the last batch.
  asks_for_position_first,  // Send on a fresh transport is refused.
  goes_back,                // A repeat sets the position back.
  drops_news_of_repeats,    // A batch that begins with repeats is ignored.
  takes_gaps,               // Whatever comes is taken.
  takes_other_epochs,       // And from wherever.
  takes_empty_batches,      //
  at_most_a_thousand,       // The rest of a big batch is lost.
  newline_ends_an_event,    // A text with a line end becomes two events.
  reversed,                 // The order of a batch is turned round.
  usable_when_closed,       //
  bound_to_its_thread,      // Another thread's call fails.
  trusts_its_memory,        // What another transport sent is not seen.
  tells_old_news,           // A new destination has something.
};
constexpr Bug kLastBug = Bug::tells_old_news;

// What every transport of one destination shares.
struct Destination {
  std::vector<Position> received;
  Position position;
};

class BuggyTransport : public Transport {
 public:
  BuggyTransport(Bug bug, std::shared_ptr<Destination> destination)
      : bug_(bug), destination_(std::move(destination)) {}
  ~BuggyTransport() override {
    if (bug_ == Bug::forgets_when_lost && !closed_) Forget();
  }

  Result<Position> ReadPosition() override {
    asked_ = true;
    if (!Usable()) return Status(StatusCode::kClosed, "closed");
    const bool own =
        bug_ == Bug::remembers_nothing || (bug_ == Bug::trusts_its_memory && own_.offset != 0);
    return own ? own_ : destination_->position;
  }

  Status Send(const EventBatch& batch, Duration) override {
    if (!Usable()) return {StatusCode::kClosed, "closed"};
    if (bug_ == Bug::asks_for_position_first && !asked_ && destination_->position.offset != 0) {
      return {StatusCode::kClosed, "ReadPosition was not called"};
    }
    if (bug_ == Bug::takes_empty_batches && batch.events.empty()) return OkStatus();
    const Position before = destination_->position;
    if (Status checked = Check(batch, before); !checked.ok()) return checked;
    Deliver(batch, before);
    return OkStatus();
  }

  Status Close() override {
    if (closed_) return {StatusCode::kClosed, "closed"};
    closed_ = true;
    if (bug_ == Bug::forgets_when_closed) Forget();
    return OkStatus();
  }

 private:
  bool Usable() const {
    if (bug_ == Bug::bound_to_its_thread && std::this_thread::get_id() != thread_) return false;
    return !closed_ || bug_ == Bug::usable_when_closed;
  }
  void Forget() { destination_->position = last_; }

  Status Check(const EventBatch& batch, const Position& before) {
    if (bug_ == Bug::takes_gaps && !batch.events.empty()) return OkStatus();
    EventBatch checked = batch;
    if (bug_ == Bug::takes_other_epochs && before.offset != 0) checked.epoch = before.epoch;
    Status status = CheckBatch(checked, before);
    if (!status.ok() && bug_ == Bug::position_of_the_attempt && !batch.events.empty()) {
      destination_->position.offset = batch.events.back().seq;
    }
    return status;
  }

  void Deliver(const EventBatch& batch, const Position& before) {
    last_ = destination_->position;
    std::vector<Event> events(batch.events.begin(), batch.events.end());
    const bool repeats = events.front().seq <= before.offset;
    if (bug_ == Bug::drops_news_of_repeats && repeats) return;
    if (bug_ == Bug::at_most_a_thousand && events.size() > 1'000) events.resize(1'000);
    if (bug_ == Bug::reversed) std::ranges::reverse(events);
    for (const Event& event : events) {
      destination_->received.push_back({std::string(batch.epoch), event.seq});
      if (bug_ == Bug::newline_ends_an_event && event.body.find('\n') != std::string::npos) {
        destination_->received.push_back({"", 0});
      }
    }
    const std::uint64_t end = batch.events.back().seq;
    std::uint64_t seq = std::max(before.offset, end);
    if (bug_ == Bug::goes_back) seq = end;
    if (bug_ == Bug::position_of_the_first) seq = batch.events.front().seq;
    destination_->position = own_ = {std::string(batch.epoch), seq};
  }

  const Bug bug_;
  const std::shared_ptr<Destination> destination_;
  const std::thread::id thread_ = std::this_thread::get_id();
  Position own_;
  Position last_;
  bool asked_ = false;
  bool closed_ = false;
};

class BuggyFactory : public TransportFactory {
 public:
  explicit BuggyFactory(Bug bug) : bug_(bug) {}
  Result<std::unique_ptr<Transport>> Create() override {
    destination_ = std::make_shared<Destination>();
    if (bug_ == Bug::tells_old_news) destination_->position = {"0123456789abcdef", 1};
    return Open();
  }
  Result<std::unique_ptr<Transport>> Open() override {
    return std::unique_ptr<Transport>(std::make_unique<BuggyTransport>(bug_, destination_));
  }
  Result<std::vector<Position>> Received() override { return destination_->received; }

 private:
  const Bug bug_;
  std::shared_ptr<Destination> destination_;
};

TEST(TransportSuite, FindsEveryPlantedBugAndEveryCaseFindsOne) {
  std::set<std::string> not_seen_failing;
  for (const TransportConformanceCase& test : TransportConformanceCases()) {
    BuggyFactory correct(Bug::none);
    EXPECT_TRUE(test.run(correct).ok()) << test.name << ": " << test.run(correct).message();
    EXPECT_TRUE(not_seen_failing.insert(test.name).second) << "twice: " << test.name;
  }
  for (int i = 1; i <= static_cast<int>(kLastBug); ++i) {
    bool found = false;
    for (const TransportConformanceCase& test : TransportConformanceCases()) {
      BuggyFactory factory(static_cast<Bug>(i));
      if (test.run(factory).ok()) continue;
      found = true;
      not_seen_failing.erase(test.name);
    }
    EXPECT_TRUE(found) << "nobody finds bug " << i;
  }
  for (const std::string& name : not_seen_failing) ADD_FAILURE() << "finds no bug: " << name;
}

}  // namespace
}  // namespace livedrops
