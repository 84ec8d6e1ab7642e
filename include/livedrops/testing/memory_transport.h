// MemoryTransport: the reference that a newcomer reads, and what a test looks into.
//
//   auto topic = std::make_shared<MemoryTopic>();
//   auto relay = Relay::Start(storage, NewMemoryTransport(topic));
//   ...
//   topic->events();  // What has arrived, in order.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "livedrops/spi/transport.h"

namespace livedrops {

// Where events arrive. It outlives the transports that write to it, as a file or a queue does.
// Threading: any thread.
class MemoryTopic {
 public:
  std::vector<Event> events() const;
  Position position() const;

 private:
  friend class MemoryTransport;

  mutable std::mutex mutex_;
  std::vector<Event> events_;
  std::string epoch_;
};

// Any number of them may share a topic; it delivers nothing twice.
std::unique_ptr<Transport> NewMemoryTransport(std::shared_ptr<MemoryTopic> topic);

}  // namespace livedrops
