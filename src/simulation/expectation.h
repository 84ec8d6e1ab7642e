// Expectation: what the model would answer to a request in a state of the log.
#pragma once

#include "livedrops/spi/order_port.h"
#include "simulation/model.h"

namespace livedrops::simulation {

struct Expected {
  Outcome outcome = Outcome::done;
  bool repeated = false;
  bool changes = false;  // A row is written.
  StatusCode status = StatusCode::kOk;
  std::int64_t remaining = -1;        // sold_out, held_out.
  std::optional<Time> retry_at = {};  // held_out, drop_not_started.
};

// The state after row `seq`, at a time when the deadline, if any, has passed or not.
Expected ExpectPlace(const Model& model, const PlaceOrder& place, std::uint64_t seq, bool expired);

// Any other request. `latest`: engine time was not later. Nothing: the model has no opinion.
std::optional<Expected> ExpectOther(const Model& model, const Request& request, std::uint64_t seq,
                                    Time earliest, Time latest);

// The key with its scope, as the log has it; empty when the request carries none.
std::string ScopedKey(const Request& request, const Model& model);

}  // namespace livedrops::simulation
