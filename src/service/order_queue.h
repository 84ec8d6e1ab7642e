// OrderQueue: requests of many threads on their way to the one writer. Bounded and lock-free:
// adding a whole chain of tickets is one compare-and-swap, taking everything is one exchange.
#pragma once

#include <atomic>
#include <cstdint>

#include "service/ticket.h"

namespace livedrops {

class OrderQueue {
 public:
  explicit OrderQueue(int capacity) : capacity_(capacity) {}

  enum class Pushed { kYes, kFull, kClosed };

  // Adds tickets linked by `next`, `first` the oldest; all of them or none. A chain longer than the
  // whole queue fits when the queue is empty.
  Pushed Push(Ticket* first, int count) {
    const int before = depth_.fetch_add(count, std::memory_order_relaxed);
    if (before != 0 && before + count > capacity_) {
      depth_.fetch_sub(count, std::memory_order_relaxed);
      return Pushed::kFull;
    }
    // The list is newest first, so the chain is turned round.
    Ticket* newest = Reverse(first);
    Ticket* head = newest_.load(std::memory_order_relaxed);
    do {
      if (head == Closed()) {
        depth_.fetch_sub(count, std::memory_order_relaxed);
        Reverse(newest);  // As the caller gave it.
        return Pushed::kClosed;
      }
      first->next = head;
    } while (!newest_.compare_exchange_weak(head, newest, std::memory_order_release,
                                            std::memory_order_relaxed));
    return Pushed::kYes;
  }

  bool empty() const { return newest_.load(std::memory_order_acquire) == nullptr; }
  // Requests that were pushed and not yet answered.
  int depth() const { return depth_.load(std::memory_order_relaxed); }

  // Everything that was added, oldest first, linked by `next`. For the writer.
  Ticket* TakeAll() { return Reverse(newest_.exchange(nullptr, std::memory_order_acquire)); }

  // The same, and nothing can be added any more.
  Ticket* CloseAndTakeAll() {
    Ticket* list = newest_.exchange(Closed(), std::memory_order_acquire);
    return list == Closed() ? nullptr : Reverse(list);
  }

  // `count` requests were answered: there is room again.
  void Answered(int count) { depth_.fetch_sub(count, std::memory_order_relaxed); }

 private:
  // Stands for a list that takes nothing any more; never looked into.
  static Ticket* Closed() {
    static Ticket closed;
    return &closed;
  }

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
