// Host: what a Shop (Service) and an Engine have in common for Python: commands, batches, reads.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <utility>
#include <vector>

#include "adapters.h"
#include "livedrops/service.h"
#include "lives.h"
#include "replies.h"

namespace livedrops::python {

// The engines by name, of a Service or an Engine.
struct Families {
  Products products;
  Drops drops;
  Orders orders;
  Follows follows;
  Notifications notifications;
  Audit audit;
  Accounts accounts;
};

struct HostOptions {
  ServiceOptions service;
  ClockOwner clock;
  IdSourceOwner ids;
};

// Rows of a batch that are asked, decided and answered together. A signal is heard between two
// parts; 4,096 orders take some milliseconds.
constexpr std::size_t kBatchRowsMax = 4'096;

// Threading: any thread. Locking: calls share `mutex_`, Close has it alone; the GIL is given up
// before `mutex_` is waited for. A process that forked must not use its parent's host: every call
// answers `closed`, and nothing of it is touched, not even to free it.
class Host : public Live {
 public:
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  // The GIL must be held by the callers of these three; they give it up while they wait.
  virtual Reply Execute(const Request& request) = 0;
  void Place(std::vector<PlaceOrder>& orders, std::vector<Reply>& replies);
  void Follow(std::vector<FollowCreator>& follows, std::vector<Reply>& replies);

  // Calls `read(families)` without the GIL and gives its answer back. Throws StatusError.
  template <class ReadFamilies>
  auto Read(const ReadFamilies& read) -> decltype(Unwrap(read(std::declval<Families&>()))) {
    const GilRelease release = LeaveGil();
    const auto use = Use();
    return Unwrap(read(*families_));
  }

  std::size_t batch_rows() const { return batch_rows_; }
  // Only to be read, and for as long as the host lives; it answers `closed` after Close.
  Storage& storage() const { return *storage_; }
  bool closed() const { return closed_ || forked(); }

 protected:
  enum class Callers { one, many };
  Host(HostOptions options, Callers callers);

  // The right to use the host: alone, or beside others.
  struct Lease {
    std::shared_lock<std::shared_mutex> shared;
    std::unique_lock<std::shared_mutex> alone;
  };
  // Gives the GIL up. Throws StatusError, with the GIL, when the host cannot be used: closed,
  // forked, called by its own storage or clock (it would wait for itself). Once everything is
  // closed because Python ends, no call gives the GIL up any more.
  GilRelease LeaveGil() const;
  // Throws StatusError when the host was closed meanwhile, or for a clock that raises. The GIL must
  // not be held.
  Lease Use();
  bool forked() const;
  // Nobody gets in any more, and who is in comes to his end; then calls `end`, the first time.
  // Whoever comes while another one closes waits until that is done. The GIL must be held.
  template <class End>
  void CloseWith(const End& end) {
    if (forked()) return;
    closed_ = true;
    const GilRelease release;
    const std::unique_lock alone(mutex_);
    if (!std::exchange(ended_, true)) ThrowIfBad(end());
  }

  HostOptions options_;
  std::unique_ptr<Families> families_;
  Storage* storage_ = nullptr;  // That of the service or engine.
  std::shared_mutex mutex_;

 private:
  Callers callers_;
  std::size_t batch_rows_;
  std::atomic<bool> closed_{false};
  bool ended_ = false;  // With `mutex_`.
  pid_t process_;
};

// Runs what Python would otherwise hear of only after a long wait: signal handlers, Ctrl-C. The GIL
// must be held. Throws error_already_set.
void HearSignals();

}  // namespace livedrops::python
