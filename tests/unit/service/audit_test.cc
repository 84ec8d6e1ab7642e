#include "livedrops/audit.h"

#include <gtest/gtest.h>

#include <sstream>

#include "base/hex.h"
#include "base/sha256.h"
#include "engine_kit.h"

namespace livedrops {
namespace {

using AuditTrail = EngineTest;

// CONTRACT 8: prev_hash|seq|ts_ms|actor|action|subject|body, and the first prev_hash is 0.
TEST_F(AuditTrail, IsChainedAsTheContractSays) {
  MakeDrop("d1", 3, Confirmation::hold);
  const Reply held = Place("d1", "u1", "k=1&2");
  ConfirmOrder confirm;
  confirm.order = held.order.id;
  EXPECT_TRUE(Ok(engine_->orders().Confirm(confirm)));
  Sha256 sha;
  std::string previous = "0";
  const auto events = engine_->notifications().Log(0);
  ASSERT_GE(events->size(), 5u);
  for (const Event& event : *events) {
    std::ostringstream text;
    text << previous << '|' << event.seq << '|' << ToMs(event.at) << '|' << event.actor << '|'
         << ToString(event.type) << '|' << event.subject << '|' << event.body;
    EXPECT_EQ(ToHex(sha.Of(text.str())), ToHex(event.hash)) << text.str();
    previous = ToHex(event.hash);
  }
  EXPECT_EQ(engine_->audit().ReadHead()->seq, events->back().seq);
  EXPECT_EQ(engine_->audit().ReadHead()->hash, events->back().hash);
}

TEST_F(AuditTrail, IsFilteredByEveryColumn) {
  MakeDrop("d1", 100);
  for (int i = 0; i < 10; ++i) {
    clock_.Advance(Duration(1000));
    EXPECT_TRUE(Ok(Place("d1", i % 2 == 0 ? "u1" : "u2", "k" + std::to_string(i))));
  }
  const auto count = [&](const AuditFilter& filter) {
    const auto page = engine_->audit().List(filter);
    return page.ok() ? std::ssize(page->data) : -1;
  };
  AuditFilter filter;
  filter.page.limit = 100;
  EXPECT_EQ(count(filter), 13);
  filter.actor = "u1";
  EXPECT_EQ(count(filter), 5);
  filter.from = At(3000);
  filter.to = At(7000);
  EXPECT_EQ(count(filter), 2);  // 3 s and 5 s; 7 s is excluded.
  filter.action = EventType::dropStart;
  EXPECT_EQ(count(filter), 0);
  filter = {};
  filter.action = EventType::dropStart;
  EXPECT_EQ(count(filter), 1);
  filter = {};
  filter.subject = "p1";
  EXPECT_EQ(count(filter), 1);
  filter.actor = "' OR 1=1--";
  EXPECT_EQ(count(filter), 0);
}

TEST_F(AuditTrail, IsListedNewestFirstInPages) {
  MakeDrop("d1", 100);
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(Ok(Place("d1", "u1", "k" + std::to_string(i))));
  AuditFilter filter;
  filter.actor = "u1";
  filter.page.limit = 6;
  std::vector<std::uint64_t> seqs;
  do {
    const auto page = engine_->audit().List(filter);
    ASSERT_TRUE(page.ok());
    for (const Event& event : page->data) seqs.push_back(event.seq);
    filter.page.cursor = page->next_cursor;
  } while (!filter.page.cursor.empty());
  EXPECT_EQ(seqs.size(), 20u);
  EXPECT_TRUE(std::ranges::is_sorted(seqs, std::greater<>()));
  filter.page.cursor =
      engine_->audit()
          .List({.actor = "u1", .action = {}, .subject = "", .from = {}, .to = {}, .page = {"", 6}})
          ->next_cursor;
  filter.actor = "u2";
  EXPECT_EQ(engine_->audit().List(filter).status().code(), StatusCode::kInvalidArgument);
}

// One row for each change, none for a refusal, a repeat or a read.
TEST_F(AuditTrail, HasARowForEachChangeOnly) {
  MakeDrop("d1", 1);
  EXPECT_TRUE(Ok(Place("d1", "u1", "k1")));
  const std::uint64_t seq = engine_->audit().ReadHead()->seq;
  EXPECT_EQ(Place("d1", "u1", "k1").outcome, Outcome::repeated);
  EXPECT_EQ(Place("d1", "u2", "k1").outcome, Outcome::sold_out);
  EXPECT_EQ(Place("d2", "u2", "k1").outcome, Outcome::drop_not_found);
  EXPECT_FALSE(Place("d1", "u2", "").status.ok());
  EXPECT_TRUE(engine_->drops().Get(DropId("d1")).ok());
  EXPECT_TRUE(Ok(engine_->Advance()));
  EXPECT_EQ(engine_->audit().ReadHead()->seq, seq);
}

}  // namespace
}  // namespace livedrops
