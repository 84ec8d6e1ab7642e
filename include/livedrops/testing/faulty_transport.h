// FaultyTransport: a decorator round any Transport that fails as real ones do, before and after a
// step.
//
//   TransportFaultPlan plan = [](TransportCall call, std::uint64_t nth) {
//     const bool lost = call == TransportCall::send && nth == 3;
//     return lost ? TransportFault::after : TransportFault::none;
//   };
//   auto relay = Relay::Start(storage, NewFaultyTransport(std::move(transport), plan));
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "livedrops/spi/transport.h"

namespace livedrops {

enum class TransportCall : std::uint8_t { read_position, send };

enum class TransportFault : std::uint8_t {
  none,
  // Nothing is done: `unavailable`.
  before,
  // Send only: the first half of the events arrives, then `unavailable`.
  half,
  // It is done and the answer is lost: `outcome_unknown`.
  after,
  // Send only: the first half of the events arrives, the next one will never be taken:
  // `invalid_argument`.
  refused,
};

// What happens to the `nth` call (from 1) of its kind. Called on the thread that calls the
// transport. `half` and `refused` count as `before` where they do not apply.
using TransportFaultPlan = std::function<TransportFault(TransportCall call, std::uint64_t nth)>;

std::unique_ptr<Transport> NewFaultyTransport(std::unique_ptr<Transport> inner,
                                              TransportFaultPlan plan);

}  // namespace livedrops
