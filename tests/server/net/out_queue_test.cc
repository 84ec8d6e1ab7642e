#include "server/net/out_queue.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

namespace livedrops::server {
namespace {

std::string Front(OutQueue* queue, std::size_t bytes_max, bool pin = false) {
  std::array<uv_buf_t, 4> buffers;
  const unsigned count = queue->Gather(buffers.data(), buffers.size(), bytes_max, pin);
  std::string text;
  for (unsigned i = 0; i < count; ++i) text.append(buffers[i].base, buffers[i].len);
  return text;
}

std::shared_ptr<const std::string> Shared(const char* text) {
  return std::make_shared<const std::string>(text);
}

TEST(OutQueue, KeepsTheOrderOfCopiedAndSharedBytes) {
  OutQueue queue;
  queue.Append("head ");
  const auto shared = Shared("shared ");
  queue.Push(shared, *shared);
  queue.PushOwned("owned ");
  queue.Append("tail");
  EXPECT_EQ(queue.bytes(), 22U);
  EXPECT_EQ(Front(&queue, 100), "head shared owned tail");
  queue.Consume(7);
  EXPECT_EQ(Front(&queue, 100), "ared owned tail");
  queue.Consume(15);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(shared.use_count(), 1);
}

TEST(OutQueue, GathersAtLeastOneRangeAndNotMuchMoreThanAskedFor) {
  OutQueue queue;
  queue.PushOwned(std::string(50, 'a'));
  queue.PushOwned(std::string(50, 'b'));
  queue.PushOwned(std::string(50, 'c'));
  EXPECT_EQ(Front(&queue, 10), std::string(50, 'a'));
  EXPECT_EQ(Front(&queue, 60), std::string(50, 'a') + std::string(50, 'b'));
}

TEST(OutQueue, PinnedBytesStayWhereTheyAre) {
  OutQueue queue;
  queue.Append("first");
  std::array<uv_buf_t, 4> buffers;
  ASSERT_EQ(queue.Gather(buffers.data(), buffers.size(), 100, true), 1U);
  const char* place = buffers[0].base;
  for (int i = 0; i < 1000; ++i) queue.Append("more");
  EXPECT_EQ(std::string(place, 5), "first");
  ASSERT_GE(queue.Gather(buffers.data(), buffers.size(), 100, false), 1U);
  EXPECT_EQ(buffers[0].base, place);
}

TEST(OutQueue, DroppingLeavesWhatWasBegunWhole) {
  OutQueue queue;
  queue.PushOwned("aaaa");
  queue.PushOwned("bbbb");
  queue.PushOwned("cccc");
  queue.Consume(2);
  queue.DropBehind(0);
  EXPECT_EQ(Front(&queue, 100), "aa");
  queue.PushOwned("close");
  EXPECT_EQ(Front(&queue, 100), "aaclose");
  EXPECT_EQ(queue.bytes(), 7U);
}

TEST(OutQueue, DroppingLeavesWhatIsInFlight) {
  OutQueue queue;
  queue.PushOwned("aaaa");
  queue.PushOwned("bbbb");
  queue.PushOwned("cccc");
  queue.Append("tail");
  queue.DropBehind(5);
  EXPECT_EQ(Front(&queue, 100), "aaaabbbb");
  queue.DropBehind(0);
  EXPECT_TRUE(queue.empty());
}

TEST(OutQueue, NoByteIsLostOrTwiceWhateverIsConsumed) {
  std::mt19937 random(7);  // NOLINT(bugprone-random-generator-seed): the same each time.
  OutQueue queue;
  std::string wanted;
  std::string got;
  for (int i = 0; i < 5000; ++i) {
    const std::string piece(random() % 20, static_cast<char>('a' + i % 26));
    wanted += piece;
    if (random() % 2 == 0) {
      queue.Append(piece);
    } else {
      queue.PushOwned(piece);
    }
    const std::string front = Front(&queue, 40, random() % 3 == 0);
    const std::size_t taken = front.empty() ? 0 : random() % (front.size() + 1);
    got += front.substr(0, taken);
    queue.Consume(taken);
    ASSERT_EQ(queue.bytes(), wanted.size() - got.size());
  }
  while (!queue.empty()) {
    const std::string front = Front(&queue, 40);
    got += front;
    queue.Consume(front.size());
  }
  EXPECT_EQ(got, wanted);
}

}  // namespace
}  // namespace livedrops::server
