#include "server/net/out_queue.h"

#include <algorithm>

#include "base/assert.h"

namespace livedrops::server {
namespace {

// A connection that once had a long tail does not keep its room.
constexpr std::size_t kTailKeptMax = 4096;

uv_buf_t BufferOf(std::string_view bytes) {
  // libuv's buffers are for reading and writing; written ones are not changed.
  return uv_buf_init(const_cast<char*>(bytes.data()), static_cast<unsigned>(bytes.size()));
}

}  // namespace

void OutQueue::Append(std::string_view bytes) {
  tail_.append(bytes);
  bytes_ += bytes.size();
}

void OutQueue::Push(std::shared_ptr<const void> owner, std::string_view bytes) {
  if (bytes.empty()) return;
  Seal();
  entries_.push_back({std::move(owner), bytes});
  bytes_ += bytes.size();
}

void OutQueue::PushOwned(std::string bytes) {
  auto owner = std::make_shared<const std::string>(std::move(bytes));
  const std::string_view view = *owner;
  Push(std::move(owner), view);
}

// The tail becomes an entry.
void OutQueue::Seal() {
  if (tail_.empty()) return;
  auto owner = std::make_shared<const std::string>(std::move(tail_));
  tail_ = std::string();
  const std::string_view view = *owner;
  entries_.push_back({std::move(owner), view});
}

unsigned OutQueue::Gather(uv_buf_t* buffers, unsigned buffers_max, std::size_t bytes_max,
                          bool pin) {
  if (pin) Seal();
  unsigned count = 0;
  std::size_t bytes = 0;
  for (std::size_t i = begin_; i < entries_.size(); ++i) {
    if (count == buffers_max || bytes >= bytes_max) return count;
    buffers[count++] = BufferOf(entries_[i].bytes);
    bytes += entries_[i].bytes.size();
  }
  if (!tail_.empty() && count < buffers_max && bytes < bytes_max)
    buffers[count++] = BufferOf(tail_);
  return count;
}

void OutQueue::Consume(std::size_t bytes) {
  LD_ASSERT(bytes <= bytes_);
  bytes_ -= bytes;
  while (bytes != 0 && begin_ < entries_.size()) {
    Entry& front = entries_[begin_];
    const std::size_t part = std::min(bytes, front.bytes.size());
    front.bytes.remove_prefix(part);
    bytes -= part;
    begun_ = !front.bytes.empty();
    if (begun_) return;
    front.owner.reset();
    ++begin_;
  }
  Compact();
  if (bytes == 0) return;
  if (bytes < tail_.size()) {
    Seal();
    entries_.back().bytes.remove_prefix(bytes);
    begun_ = true;
  } else if (tail_.capacity() > kTailKeptMax) {
    tail_ = std::string();
  } else {
    tail_.clear();
  }
}

// Consumed entries are removed when they are the larger half, so that each is moved once at most.
void OutQueue::Compact() {
  if (begin_ == entries_.size()) {
    entries_.clear();
    begin_ = 0;
  } else if (begin_ > entries_.size() / 2) {
    entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(begin_));
    begin_ = 0;
  }
}

void OutQueue::DropBehind(std::size_t bytes) {
  Seal();
  std::size_t kept = 0;
  std::size_t end = begin_;
  if (begun_ && end < entries_.size()) kept += entries_[end++].bytes.size();
  while (end < entries_.size() && kept < bytes) kept += entries_[end++].bytes.size();
  entries_.resize(end);
  bytes_ = kept;
}

}  // namespace livedrops::server
