// History: what clients asked, when, and what they were answered: all that the checks know besides
// the log.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "service/ticket.h"

namespace livedrops::simulation {

// One try of a wish. Steps are the simulation's own time: they never repeat and never go back.
struct Attempt {
  int number = 0;
  int wish = 0;
  int client = 0;
  int process = 0;
  Request request;
  Ticket ticket;
  Reply reply;

  std::int64_t invoked_step = 0;
  std::int64_t returned_step = 0;  // 0: the process died before it answered.
  std::uint64_t head_before = 0;   // The durable log when it was invoked,
  std::uint64_t head_after = 0;    // and when it was answered.
  Time clock_before;               // Engine time cannot have been earlier than this,
  Time clock_after;                // nor later than this.
  bool reached_client = false;     // False: the answer was lost on its way.

  bool answered() const { return returned_step != 0; }
  // Whether the change may have happened although nobody was told so.
  bool unknown() const { return !answered() || reply.status.code() == StatusCode::kOutcomeUnknown; }
};

// What a client wants, and how it stands.
struct Wish {
  int number = 0;
  int client = 0;
  Request request;
  int under_way = 0;     // Attempts without an answer that the client waits for.
  bool decided = false;  // The client has an outcome.
  bool unsure = false;   // An attempt may have changed something and the client does not know.
  bool failed = false;   // The last answer was "nothing happened".
  bool given_up = false;
  std::vector<Attempt*> attempts;
};

struct History {
  std::deque<Attempt> attempts;  // Tickets point into it: nothing moves.
  std::deque<Wish> wishes;
};

// "place u1/d1 key=k7 quantity=2": for traces and messages.
std::string Describe(const Request& request);
// "confirmed seq=12", "unavailable".
std::string Describe(const Reply& reply);

}  // namespace livedrops::simulation
