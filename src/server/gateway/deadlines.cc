#include "server/gateway/deadlines.h"

#include "server/gateway/context.h"

namespace livedrops::server {

Deadlines::~Deadlines() = default;

void Deadlines::Add(int loop, std::shared_ptr<Context> context) {
  Waiting& waiting = of_loop_.at(static_cast<std::size_t>(loop));
  // Mostly all of them: the list is as long as what is under way.
  DropAnswered(waiting);
  waiting.push_back(std::move(context));
}

void Deadlines::Check(int loop, MonotonicNs now) {
  Waiting& waiting = of_loop_.at(static_cast<std::size_t>(loop));
  for (DropAnswered(waiting); !waiting.empty(); DropAnswered(waiting)) {
    if (waiting.front()->began + allowed_ > now) return;
    // Its answer may let the connection's next request in, which is added here.
    const std::shared_ptr<Context> late = std::move(waiting.front());
    waiting.pop_front();
    late->GiveUp();
  }
}

void Deadlines::DropAnswered(Waiting& waiting) {
  while (!waiting.empty() && waiting.front()->responder.abandoned()) waiting.pop_front();
}

}  // namespace livedrops::server
