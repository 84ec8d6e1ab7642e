// OrderQueue: requests of many threads on their way to the one writer. Bounded and lock-free: adding a
// whole chain of tickets is one compare-and-swap, taking everything is one exchange.
#pragma once

#include <atomic>
#include <cstdint>

#include "service/ticket.h"

namespace livedrops {

class OrderQueue {
 public:
  explicit OrderQueue(int capacity) : capacity_(capacity) {}

  // Adds tickets linked by `next`, `first` the oldest. False when the queue is full: nothing is added.
  // A chain longer than the whole queue fits when the queue is empty.
  bool Push(Ticket* first, int count) {
    const int before = depth_.fetch_add(count, std::memory_order_relaxed);
    if (before != 0 && before + count > capacity_) {
      depth_.fetch_sub(count, std::memory_order_relaxed);
      return false;
    }
    // The list is newest first, so the chain is turned round.
    Ticket* newest = Reverse(first);
    Ticket* head = newest_.load(std::memory_order_relaxed);
    do {
      first->next = head;
    } while (!newest_.compare_exchange_weak(head, newest, std::memory_order_release,
                                            std::memory_order_relaxed));
    return true;
  }

  bool empty() const { return newest_.load(std::memory_order_acquire) == nullptr; }
  // Queued and waiting requests; Answered takes them off.
  int depth() const { return depth_.load(std::memory_order_relaxed); }

  // Everything that was added, oldest first, linked by `next`. For the writer.
  Ticket* TakeAll() { return Reverse(newest_.exchange(nullptr, std::memory_order_acquire)); }

  // `count` requests were answered: there is room again.
  void Answered(int count) { depth_.fetch_sub(count, std::memory_order_relaxed); }

 private:
  static Ticket* Reverse(Ticket* list) {
    Ticket* reversed = nullptr;
    while (list != nullptr) {
      Ticket* next = list->next;
      list->next = reversed;
      reversed = list;
      list = next;
    }
    return reversed;
  }

  const int capacity_;
  std::atomic<int> depth_{0};
  alignas(64) std::atomic<Ticket*> newest_{nullptr};
};

}  // namespace livedrops
