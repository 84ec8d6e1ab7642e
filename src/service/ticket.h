// Ticket: a request on its way through the sequencer, and where its answer goes.
#pragma once

#include <cstdint>

#include "core/drop_state.h"
#include "livedrops/spi/order_port.h"

namespace livedrops {

struct Ticket {
  RequestRef request;  // Owned by the caller until `done`.
  Reply* reply = nullptr;
  OrderHashes hashes;  // Of orders only.
  // Called once, by the thread that releases answers.
  void (*done)(Ticket*) = nullptr;
  void* context = nullptr;
  Ticket* next = nullptr;          // In the order queue.
  std::uint64_t submitted_us = 0;  // Steady clock; 0: not measured.
};

}  // namespace livedrops
