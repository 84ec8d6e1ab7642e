// Workload: what the clients of a simulation ask for, drawn from the seed.
#pragma once

#include <vector>

#include "livedrops/spi/order_port.h"
#include "simulation/swarm.h"

namespace livedrops::simulation {

class Workload {
 public:
  Workload(const Swarm* swarm, Random random) : swarm_(*swarm), random_(random) {}

  // The shop at its beginning: products and their drops.
  std::vector<Request> Setup(Time now);
  // What this client wants next. `head` is the end of the durable log.
  Request Next(int client, Time now, std::uint64_t head);
  // The same key with another request; nothing when the request has no variant.
  std::optional<Request> Variant(const Request& request);
  // An answer has reached a client: orders and drops that can be named from now on.
  void Learn(const Request& request, const Reply& reply);

 private:
  struct KnownOrder {
    OrderId id;
    UserId user;
    std::int32_t quantity;
  };

  UserId UserOf(int client) const;
  Key NewKey();
  Key OptionalKey();
  UserId Actor(const UserId& user);
  Request Place(int client, Time now);
  Request Confirm();
  Request Extend();
  Request Cancel();
  Request Restocking();
  Request Change();
  Request Update(Time now);
  Request Follow(int client);
  Request Product();
  Request Account(int client);
  CreateDrop NewDrop(Time now);
  std::optional<std::int64_t> Part(const KnownOrder& order);

  const Swarm& swarm_;
  Random random_;
  std::vector<DropId> drops_;
  std::vector<KnownOrder> orders_;
  int keys_ = 0;
  int products_ = 0;
  int accounts_ = 0;
};

}  // namespace livedrops::simulation
