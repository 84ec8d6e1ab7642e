// Status and Result: how a call says that it could not do its job.
//
// Three kinds of "no" are kept apart: an Outcome (outcome.h) is what the domain decided and is a
// value; a Status is a call that could not do its job; a broken invariant is a bug (base/assert.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace livedrops {

// What the caller should do next. The numbers are stable and shared with the C API.
enum class StatusCode : std::uint8_t {
  kOk = 0,
  // Fix the call: the message holds the value that was wrong. Nothing happened.
  kInvalidArgument = 1,
  // What the call names does not exist. Nothing happened.
  kNotFound = 2,
  // The object was closed, or is used in a way its contract forbids. Nothing happened.
  kClosed = 3,
  // The queue is full. Nothing happened; retry later.
  kOverloaded = 4,
  // The storage cannot be written or read now. Nothing happened; retry later.
  kUnavailable = 5,
  // The change may or may not have happened. Retry with the same idempotency key to find out.
  kOutcomeUnknown = 6,
  // The stored data contradicts itself. Run `livedrops verify`.
  kCorrupt = 7,
  // The storage was written by a newer version, or support for it was not built in.
  kUnsupported = 8,
  // A bug in livedrops was noticed and writing stopped, so that it can do no harm. Please report
  // it.
  kBrokenInvariant = 9,
  // Spoken by storages to the engine only: another process wrote meanwhile. Catch up, decide again.
  kFenced = 10,
};

// "invalid_argument" and so on: the names used in messages, JSON and the C API.
std::string_view ToString(StatusCode code);

// The answer of a call that returns nothing else.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(StatusCode code, std::string message) : code_(code), message_(std::move(message)) {}

  bool ok() const { return code_ == StatusCode::kOk; }
  StatusCode code() const { return code_; }

  // One line, lower case, without a full stop, with the offending value. Empty when ok().
  const std::string& message() const { return message_; }

  // True when the same call may succeed later without being changed.
  bool retryable() const {
    return code_ == StatusCode::kOverloaded || code_ == StatusCode::kUnavailable ||
           code_ == StatusCode::kOutcomeUnknown || code_ == StatusCode::kFenced;
  }

  // "unavailable: disk full", or "ok".
  std::string ToString() const;

 private:
  StatusCode code_ = StatusCode::kOk;
  std::string message_;
};

inline Status OkStatus() { return Status(); }

// A value, or the Status that says why there is none. Reading the value of a failed Result aborts:
// ask ok() first.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}          // NOLINT: converts on purpose
  Result(Status status) : status_(std::move(status)) {}  // NOLINT: converts on purpose

  bool ok() const { return value_.has_value(); }
  const Status& status() const { return status_; }

  T& value() & { return value_.value(); }
  const T& value() const& { return value_.value(); }
  T&& value() && { return std::move(value_).value(); }
  T* operator->() { return &value_.value(); }
  const T* operator->() const { return &value_.value(); }
  T& operator*() & { return value_.value(); }
  const T& operator*() const& { return value_.value(); }
  T&& operator*() && { return std::move(value_).value(); }

 private:
  Status status_;
  std::optional<T> value_;
};

}  // namespace livedrops
