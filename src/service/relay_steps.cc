#include "service/relay_steps.h"

#include <algorithm>

namespace livedrops {

Duration Backoff::Next() {
  const Duration wait = next_;
  next_ = std::min(2 * next_, longest_);
  std::uniform_int_distribution<Duration::rep> shortened(0, wait.count() / 2);
  return wait - Duration(shortened(random_));
}

RelaySteps::Next RelaySteps::Step() {
  if (Status found = FindPosition(); !found.ok()) return Fail(std::move(found));
  if (Status read = ReadBatch(); !read.ok()) return Fail(std::move(read));
  if (!events_.empty()) {
    if (Status sent = Send(); !sent.ok()) return Fail(std::move(sent));
  }
  progress_.error = OkStatus();
  backoff_.Reset();
  return progress_.lag() == 0 ? Next::idle : Next::more;
}

RelaySteps::Next RelaySteps::Fail(Status error) {
  ++progress_.failures;
  progress_.error = std::move(error);
  progress_.running = progress_.error.retryable() && progress_.error.code() != StatusCode::kFenced;
  if (!progress_.running) return Next::stop;
  retry_after_ = backoff_.Next();
  return Next::retry;
}

Status RelaySteps::FindPosition() {
  if (positioned_) return OkStatus();
  const Result<Position> position = transport_.ReadPosition();
  if (!position.ok()) return position.status();
  epoch_ = storage_.info().epoch;
  if (position->offset != 0 && position->epoch != epoch_) {
    return {StatusCode::kInvalidArgument, "the transport has events of epoch \"" + position->epoch +
                                              "\", this database has epoch \"" + epoch_ + "\""};
  }
  progress_.sent_seq = position->offset;
  positioned_ = true;
  return OkStatus();
}

// The head is asked first: that is cheap, and mostly nothing is new.
Status RelaySteps::ReadBatch() {
  events_.clear();
  const Result<Head> head = storage_.ReadHead();
  if (!head.ok()) return head.status();
  progress_.head_seq = head->seq;
  if (head->seq < progress_.sent_seq) return LogIsBehind();
  looks_behind_ = 0;
  if (progress_.lag() == 0) return OkStatus();
  ChannelQuery query;
  query.after_seq = progress_.sent_seq;
  query.limit = options_.batch_events_max;
  if (Status read = storage_.ReadChannel(query, &events_); !read.ok()) return read;
  if (storage_.info().epoch != epoch_) {
    // A standby took over meanwhile, and may lack what the transport has.
    positioned_ = false;
    return {StatusCode::kUnavailable, "the database has a new epoch"};
  }
  std::uint64_t next = progress_.sent_seq + 1;
  if (events_.empty()) {
    // Another standby than the one that told the head. A lost event shows when a later one is read.
    return {StatusCode::kUnavailable, "the log ends at " + std::to_string(head->seq) + ", event " +
                                          std::to_string(next) + " cannot be read yet"};
  }
  for (const Event& event : events_) {
    if (event.seq != next) break;
    ++next;
  }
  if (events_.back().seq + 1 == next) return OkStatus();
  events_.clear();
  return {StatusCode::kCorrupt, "the log has no event " + std::to_string(next)};
}

// Of several standbys one may lag that answers now and then: only a log that stays behind has lost
// events.
Status RelaySteps::LogIsBehind() {
  const bool lost = ++looks_behind_ > kLagAllowed;
  return {lost ? StatusCode::kCorrupt : StatusCode::kUnavailable,
          "the transport has event " + std::to_string(progress_.sent_seq) + ", the log ends at " +
              std::to_string(progress_.head_seq)};
}

Status RelaySteps::Send() {
  const EventBatch batch{epoch_, events_};
  Status sent = transport_.Send(batch, options_.send_deadline);
  ++progress_.batches;
  progress_.events += events_.size();
  if (sent.ok()) {
    progress_.sent_seq = events_.back().seq;
    return sent;
  }
  positioned_ = false;
  return sent.code() == StatusCode::kInvalidArgument ? NameEvent(sent) : sent;
}

// The transport took what stands before the event that it does not want.
Status RelaySteps::NameEvent(const Status& error) {
  if (Status found = FindPosition(); !found.ok()) return error;
  const auto refused = std::ranges::find(events_, progress_.sent_seq + 1, &Event::seq);
  if (refused == events_.end()) return error;
  return {error.code(), "event " + std::to_string(refused->seq) + " (" +
                            std::string(ToString(refused->type)) + " of " + refused->subject +
                            "): " + error.message()};
}

}  // namespace livedrops
