// RelaySteps: what a relay does, one step at a time. It has no thread and no clock: the Relay
// (relay.cc) gives it both, tests do without.
#pragma once

#include <random>

#include "livedrops/relay.h"

namespace livedrops {

// How long to wait after failures in a row: twice as long each time, and by chance up to half of it
// less, so that many relays do not come back to a receiver at the same moment.
class Backoff {
 public:
  Backoff(Duration first, Duration longest, std::uint32_t seed)
      : first_(first), longest_(longest), next_(first), random_(seed) {}

  Duration Next();
  void Reset() { next_ = first_; }

 private:
  const Duration first_;
  const Duration longest_;
  Duration next_;
  std::minstd_rand random_;
};

// Threading: one thread at a time.
class RelaySteps {
 public:
  // So many looks in a row may find a log that ends before the transport's position.
  static constexpr int kLagAllowed = 10;

  enum class Next {
    more,   // Events wait: take the next step at once.
    idle,   // The transport has everything.
    retry,  // Something failed that may work later.
    stop,   // `progress().error` is one that no retry helps.
  };

  RelaySteps(Storage& storage, Transport& transport, const RelayOptions& options,
             std::uint32_t seed = 1)
      : storage_(storage),
        transport_(transport),
        options_(options),
        backoff_(options.backoff_first, options.backoff_longest, seed) {}

  // Carries at most one batch.
  Next Step();

  // How long to wait after a Step that said `retry`.
  Duration retry_after() const { return retry_after_; }
  const RelayProgress& progress() const { return progress_; }

 private:
  Next Fail(Status error);
  Status FindPosition();
  Status ReadBatch();
  Status LogIsBehind();
  Status Send();
  Status NameEvent(const Status& error);

  Storage& storage_;
  Transport& transport_;
  const RelayOptions options_;
  Backoff backoff_;
  Duration retry_after_{0};
  // False: only the transport knows how far it is.
  bool positioned_ = false;
  std::string epoch_;  // Of the log in which the position is meant.
  std::vector<Event> events_;
  int looks_behind_ = 0;  // In a row; see kLagAllowed.
  RelayProgress progress_;
};

}  // namespace livedrops
