#include "service/order_queue.h"

#include <gtest/gtest.h>

#include <thread>

namespace livedrops {
namespace {

using Pushed = OrderQueue::Pushed;

int Length(const Ticket* ticket) {
  int length = 0;
  for (; ticket != nullptr; ticket = ticket->next) ++length;
  return length;
}

TEST(OrderQueue, GivesBackInTheOrderOfArrival) {
  OrderQueue queue(10);
  Ticket tickets[5];
  tickets[1].next = &tickets[2];
  EXPECT_EQ(queue.Push(&tickets[0], 1), Pushed::kYes);
  EXPECT_EQ(queue.Push(&tickets[1], 2), Pushed::kYes);
  EXPECT_EQ(queue.Push(&tickets[3], 1), Pushed::kYes);
  EXPECT_FALSE(queue.empty());
  Ticket* taken = queue.TakeAll();
  for (int i = 0; i < 4; ++i, taken = taken->next) EXPECT_EQ(taken, &tickets[i]);
  EXPECT_EQ(taken, nullptr);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.TakeAll(), nullptr);
}

TEST(OrderQueue, IsFullUntilRequestsAreAnswered) {
  OrderQueue queue(2);
  Ticket tickets[4];
  EXPECT_EQ(queue.Push(&tickets[0], 1), Pushed::kYes);
  EXPECT_EQ(queue.Push(&tickets[1], 1), Pushed::kYes);
  EXPECT_EQ(queue.Push(&tickets[2], 1), Pushed::kFull);
  EXPECT_EQ(Length(queue.TakeAll()), 2);
  EXPECT_EQ(queue.Push(&tickets[2], 1), Pushed::kFull);  // Taken, but not answered.
  EXPECT_EQ(queue.depth(), 2);
  queue.Answered(1);
  EXPECT_EQ(queue.Push(&tickets[2], 1), Pushed::kYes);
  EXPECT_EQ(queue.Push(&tickets[3], 1), Pushed::kFull);
}

TEST(OrderQueue, TakesAChainWholeOrNotAtAll) {
  OrderQueue queue(3);
  Ticket tickets[6];
  for (int i = 1; i < 5; ++i) tickets[i].next = &tickets[i + 1];
  EXPECT_EQ(queue.Push(&tickets[0], 1), Pushed::kYes);
  EXPECT_EQ(queue.Push(&tickets[1], 5), Pushed::kFull);
  EXPECT_EQ(Length(&tickets[1]), 5);  // As the caller gave it.
  EXPECT_EQ(Length(queue.TakeAll()), 1);
  queue.Answered(1);
  EXPECT_EQ(queue.Push(&tickets[1], 5), Pushed::kYes);  // Longer than the queue, which is empty.
  EXPECT_EQ(Length(queue.TakeAll()), 5);
}

TEST(OrderQueue, TakesNothingAfterItsEnd) {
  OrderQueue queue(3);
  Ticket tickets[4];
  EXPECT_EQ(queue.Push(&tickets[0], 1), Pushed::kYes);
  EXPECT_EQ(Length(queue.CloseAndTakeAll()), 1);
  tickets[1].next = &tickets[2];
  EXPECT_EQ(queue.Push(&tickets[1], 2), Pushed::kClosed);
  EXPECT_EQ(Length(&tickets[1]), 2);
  EXPECT_EQ(queue.CloseAndTakeAll(), nullptr);
}

// Every ticket comes out once, those of one thread in their order.
TEST(OrderQueue, LosesNothingBetweenThreads) {
  constexpr int kThreads = 4;
  constexpr int kEach = 20'000;
  OrderQueue queue(1 << 20);
  std::vector<std::vector<Ticket>> tickets(kThreads);
  for (auto& mine : tickets) mine = std::vector<Ticket>(kEach);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        Ticket& ticket = tickets[static_cast<std::size_t>(t)][static_cast<std::size_t>(i)];
        ticket.submitted_us = static_cast<std::uint64_t>(t) << 32 | static_cast<std::uint32_t>(i);
        EXPECT_EQ(queue.Push(&ticket, 1), Pushed::kYes);
      }
    });
  }
  std::vector<std::uint32_t> next(kThreads, 0);
  int taken = 0;
  while (taken < kThreads * kEach) {
    Ticket* ticket = queue.TakeAll();
    if (ticket == nullptr) std::this_thread::yield();
    for (; ticket != nullptr; ticket = ticket->next, ++taken) {
      const std::uint64_t thread = ticket->submitted_us >> 32;
      EXPECT_EQ(static_cast<std::uint32_t>(ticket->submitted_us), next[thread]++);
    }
  }
  for (auto& thread : threads) thread.join();
  EXPECT_TRUE(queue.empty());
}

}  // namespace
}  // namespace livedrops
