// Transport: the seam where committed events go: a file, a webhook, Kafka, Redis. For authors of
// adapters; a Relay (livedrops/relay.h) drives it, hosts only hand it over.
//
// The log is the outbox: an event that a transport has not taken yet waits there. The relay reads
// the log by position and hands its events over in order, at least once; the transport answers how
// far it durably has them. The conformance suite (livedrops/testing/transport_conformance.h) checks
// everything said here.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "livedrops/notifications.h"
#include "livedrops/reply.h"

namespace livedrops {

// Some of the log's next events: at least one, in the log's order, without a gap. The views live
// until Send returns.
struct EventBatch {
  // Of the database whose log this is. A receiver that must tell repeats apart compares both, the
  // epoch and the event's seq: after a restore the same seq may mean another event.
  std::string_view epoch;
  std::span<const Event> events;
};

// What a call may fail with, and what the relay does then:
//   unavailable, overloaded, outcome_unknown
//                     asks for the position and goes on behind it, after a wait that grows; the
//                     events wait in the log
//   invalid_argument  the event behind the position will never be taken (too big, refused by its
//                     receiver), or the batch is not what comes next: stops, naming the event
//   fenced            a newer relay has taken this destination over: stops
//   closed, corrupt, unsupported, broken_invariant
//                     no retry helps: stops
//
// Threading: one thread at a time calls, not always the same one. Order: what was sent first
// arrives first; a repeat may follow later events. Exceptions: none may leave an adapter.
class Transport {
 public:
  virtual ~Transport() = default;

  // The last event that this destination durably has, whichever process sent it; an empty epoch and
  // offset 0 when it has none. Never behind an event for which Send said ok. Asked first, and again
  // after every Send that failed. A transport that keeps the position beside the events delivers
  // nothing twice; any other keeps it elsewhere (PositionFile) and writes it after delivery, never
  // before.
  // `unavailable` also when another transport is at work on a destination that takes only one.
  virtual Result<Position> ReadPosition() = 0;

  // Hands the batch over. ok: every event of it is durable where it goes, and ReadPosition will say
  // so, also after a crash of this process. Not ok: any number of its first events may have
  // arrived. Takes at most about `deadline`, then says outcome_unknown.
  // Events up to the position are repeats: skipped or delivered again, both are right, and the
  // position does not go back. A batch that begins more than one behind the position, has a gap, or
  // is of another epoch than the events before is refused whole: invalid_argument.
  virtual Status Send(const EventBatch& batch, Duration deadline) = 0;

  // Gives everything back. Later calls answer `closed`.
  virtual Status Close() = 0;
};

// Refuses what Send must refuse: an empty batch, a gap, another epoch. `position` is what
// ReadPosition answers. For adapters to begin Send with.
Status CheckBatch(const EventBatch& batch, const Position& position);

// The events of the batch that the position does not cover. The batch has passed CheckBatch.
std::span<const Event> NewEvents(const EventBatch& batch, const Position& position);

// The position of a transport whose destination cannot keep it: a file of one line, replaced by
// renaming and synced, so that it holds the old position or the new one whatever happens.
// Threading: one thread at a time, one process at a time.
class PositionFile {
 public:
  explicit PositionFile(std::string path) : path_(std::move(path)) {}

  // No file: no position yet. Errors: unavailable, corrupt for a file that holds something else.
  Result<Position> Read() const;
  // Durable when it returns ok. Errors: unavailable; then Read tells which one it is.
  Status Write(const Position& position) const;

 private:
  std::string path_;
};

}  // namespace livedrops
