// Relay: carries the events of a shop's log to a Transport, while the shop sells.
//
//   auto relay = Relay::Start(service->reads().storage(), std::move(transport));
#pragma once

#include <memory>
#include <string_view>

#include "livedrops/spi/storage.h"
#include "livedrops/spi/transport.h"

namespace livedrops {

struct RelayOptions {
  // What one Send carries. 1 to 10,000.
  int batch_events_max = 500;
  // How often a log without news is looked at. 1 to 60,000 ms.
  Duration poll_interval{100};
  // Of one Send; Stop may have to wait for it. 1 to 600,000 ms.
  Duration send_deadline{10'000};
  // The wait after a first failure; each further one doubles it, and chance shortens it by up to
  // half. 1 to 600,000 ms.
  Duration backoff_first{100};
  // The longest wait. 1 to 600,000 ms.
  Duration backoff_longest{30'000};
};

// How far a relay is.
struct RelayProgress {
  std::uint64_t sent_seq = 0;  // The last event that the transport durably has, as far as known.
  std::uint64_t head_seq = 0;  // The last event of the log when it was last looked at.
  std::uint64_t events = 0;    // Handed over since the start, repeats included.
  std::uint64_t batches = 0;
  std::uint64_t failures = 0;  // Calls of the storage or the transport that did not succeed.
  // Why nothing goes on now: what is waited out, or what stopped the relay. ok while it works.
  Status error;
  // False: it was stopped, or `error` is one that no retry helps.
  bool running = true;

  // Events that wait in the log.
  std::uint64_t lag() const { return head_seq > sent_seq ? head_seq - sent_seq : 0; }
};

// One thread that follows the log, whichever process writes it, and drives one transport. Events
// arrive in the log's order, none is left out, and some arrive twice after a failure or a crash: at
// least once. The position is the transport's: a new relay goes on where the last one ended.
//
// It stops by itself with an error that no retry helps (spi/transport.h), with `corrupt` when the
// log has a gap or stays behind the transport's position (the database was restored from an older
// copy), and with `invalid_argument` when the transport has the events of another database.
//
// It may read from standbys that lag. Events that the log has and that cannot be read yet are
// waited for; a log that ends before the transport's position is looked at ten more times in a row,
// with the waits of a failure between them (40 to 80 s by default), before it counts as corrupt.
//
// Threading: any thread, but the destructor must not run beside other calls.
class Relay {
 public:
  // Begins at once behind the transport's position. `storage` must outlive the relay, and is only
  // read: a service may be using it, and Service::Close may come first. Errors: invalid_argument
  // for an option out of range.
  static Result<std::unique_ptr<Relay>> Start(Storage& storage,
                                              std::unique_ptr<Transport> transport,
                                              const RelayOptions& options = {});
  // Stops, if Stop was not called.
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // Never waits for the transport.
  RelayProgress progress() const;

  // Blocks until the transport durably has the event `seq`: ok. Errors: unavailable when that took
  // longer than `deadline`, with what the relay waits for; what stopped the relay; closed as soon
  // as Stop is called.
  Status WaitFor(std::uint64_t seq, Duration deadline);

  // Waits for the Send that is under way, if any, sends nothing more, and closes the transport.
  // Errors: what had stopped the relay before; those of closing. closed when called twice.
  Status Stop();

 private:
  class Impl;
  explicit Relay(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// "file:PATH": appends JSON lines to a file, synced once a batch, and keeps its position in them
// (docs/guides/transport-adapter.md). Opens nothing yet. Errors: invalid_argument for another
// scheme or no path.
Result<std::unique_ptr<Transport>> OpenTransport(std::string_view url);

}  // namespace livedrops
