#include "livedrops/follows.h"

#include <gtest/gtest.h>

#include <set>

#include "engine_kit.h"

namespace livedrops {
namespace {

class Following : public EngineTest {
 protected:
  Reply Set(const std::string& creator, const std::string& user, bool follow = true) {
    FollowCreator command;
    command.creator = CreatorId(creator);
    command.user = UserId(user);
    command.follow = follow;
    return engine_->follows().Set(command);
  }
  std::vector<std::string> AllFollowers(const std::string& creator, int limit) {
    std::vector<std::string> all;
    PageRequest page;
    page.limit = limit;
    do {
      const auto read = engine_->follows().Followers(CreatorId(creator), page);
      if (!read.ok()) {
        ADD_FAILURE() << read.status().ToString();
        break;
      }
      for (const FollowEntry& entry : read->data) all.push_back(entry.user.str());
      page.cursor = read->next_cursor;
    } while (!page.cursor.empty());
    return all;
  }
};

TEST_F(Following, IsSeenFromBothSides) {
  EXPECT_EQ(Set("c1", "u1").since, At(0));
  EXPECT_TRUE(*engine_->follows().IsFollowing(CreatorId("c1"), UserId("u1")));
  EXPECT_FALSE(*engine_->follows().IsFollowing(CreatorId("c1"), UserId("u2")));
  EXPECT_FALSE(*engine_->follows().IsFollowing(CreatorId("u1"), UserId("c1")));
  EXPECT_EQ(engine_->follows().Followers(CreatorId("c1"))->total, 1);
  EXPECT_EQ(engine_->follows().Following(UserId("u1"))->total, 1);
  EXPECT_EQ(engine_->follows().Following(UserId("u1"))->data[0].creator, CreatorId("c1"));
  EXPECT_FALSE(Set("c1", "u1", false).repeated);
  EXPECT_FALSE(*engine_->follows().IsFollowing(CreatorId("c1"), UserId("u1")));
  EXPECT_EQ(engine_->follows().Followers(CreatorId("c1"))->total, 0);
  EXPECT_EQ(engine_->follows().Following(UserId("u1"))->total, 0);
}

// A creator may follow a creator, himself too: they are users.
TEST_F(Following, IsOpenToEverybody) {
  EXPECT_FALSE(Set("c1", "c1").repeated);
  EXPECT_FALSE(Set("c1", "c2").repeated);
  EXPECT_FALSE(Set("c2", "c1").repeated);
  EXPECT_EQ(AllFollowers("c1", 10), (std::vector<std::string>{"c1", "c2"}));
}

TEST_F(Following, CountsExactlyInOneBatch) {
  std::vector<FollowCreator> commands;
  for (int i = 0; i < 2000; ++i) {
    FollowCreator command;
    command.creator = CreatorId("c1");
    command.user = UserId("u" + std::to_string(i % 500));
    command.follow = i % 3 != 2;
    commands.push_back(command);
  }
  std::vector<Reply> replies(commands.size());
  engine_->follows().SetBatch(commands, replies);
  std::set<std::string> model;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const std::string user = commands[i].user.str();
    const bool changed = commands[i].follow ? model.insert(user).second : model.erase(user) == 1;
    EXPECT_EQ(replies[i].repeated, !changed) << i;
  }
  const auto all = AllFollowers("c1", 100);
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()), model);
  EXPECT_EQ(all.size(), model.size());
  EXPECT_EQ(engine_->follows().Followers(CreatorId("c1"))->total, std::ssize(model));
  Open();
  EXPECT_TRUE(Ok(Set("c1", "fresh")));
  EXPECT_EQ(engine_->follows().Followers(CreatorId("c1"))->total, std::ssize(model) + 1);
}

// All of the same millisecond: the id decides, and no page skips or repeats one.
TEST_F(Following, PagesOverTies) {
  std::set<std::string> users;
  for (int i = 0; i < 57; ++i) {
    users.insert("u" + std::to_string(i));
    EXPECT_TRUE(Ok(Set("c1", "u" + std::to_string(i))));
    if (i % 20 == 19) clock_.Advance(Duration(1));
  }
  for (const int limit : {1, 7, 20, 56, 57, 100}) {
    const auto all = AllFollowers("c1", limit);
    EXPECT_EQ(all.size(), 57u) << limit;
    EXPECT_EQ(std::set<std::string>(all.begin(), all.end()), users) << limit;
  }
}

TEST_F(Following, PagesOverChangesBetweenPages) {
  for (int i = 0; i < 30; ++i) {
    clock_.Advance(Duration(1));
    EXPECT_TRUE(Ok(Set("c1", "u" + std::to_string(i))));
  }
  const auto first = engine_->follows().Followers(CreatorId("c1"), {"", 10});
  clock_.Advance(Duration(1));
  EXPECT_TRUE(Ok(Set("c1", "later")));
  EXPECT_TRUE(Ok(Set("c1", first->data.back().user.str(), false)));
  const auto second = engine_->follows().Followers(CreatorId("c1"), {first->next_cursor, 100});
  ASSERT_EQ(second->data.size(), 20u);
  EXPECT_EQ(second->data.front().user, UserId("u19"));
  EXPECT_EQ(second->total, 30);
  EXPECT_EQ(second->next_cursor, "");
}

TEST_F(Following, RefusesCursorsThatAreNotItsOwn) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(Ok(Set("c1", "u" + std::to_string(i))));
    EXPECT_TRUE(Ok(Set("c" + std::to_string(i), "u1")));
  }
  const std::string cursor = engine_->follows().Followers(CreatorId("c1"), {"", 2})->next_cursor;
  ASSERT_NE(cursor, "");
  EXPECT_TRUE(engine_->follows().Followers(CreatorId("c1"), {cursor, 2}).ok());
  std::string flipped = cursor;
  flipped[3] = flipped[3] == 'a' ? 'b' : 'a';
  for (const std::string& bad :
       {flipped, cursor + "00", std::string("1"), std::string(10'000, 'f')}) {
    EXPECT_EQ(engine_->follows().Followers(CreatorId("c1"), {bad, 2}).status().code(),
              StatusCode::kInvalidArgument);
  }
  EXPECT_FALSE(engine_->follows().Followers(CreatorId("c2"), {cursor, 2}).ok());
  EXPECT_FALSE(engine_->follows().Following(UserId("c1"), {cursor, 2}).ok());
}

TEST_F(Following, RefusesIdsThatAreNone) {
  EXPECT_EQ(Set("", "u1").status.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(Set("c1", "a b").status.code(), StatusCode::kInvalidArgument);
  EXPECT_FALSE(engine_->follows().IsFollowing(CreatorId("c1"), UserId("")).ok());
  EXPECT_FALSE(engine_->follows().Followers(CreatorId("a/b")).ok());
  EXPECT_FALSE(engine_->follows().Following(UserId("")).ok());
}

}  // namespace
}  // namespace livedrops
