// Of two refusals that apply at once the one of the lower rank is given: for every pair of
// outcomes.
#include <gtest/gtest.h>

#include <optional>
#include <set>

#include "../service/engine_kit.h"
#include "livedrops/outcome.h"

namespace livedrops {
namespace {

const std::vector<Outcome> kRanked = {
#define X(name, text) Outcome::name,
    LIVEDROPS_ORDER_OUTCOMES(X)
#undef X
};

// A world in which u1 asks for 10 units with key k1, at 5 s.
struct World {
  bool sold_out = false;
  bool held_out = false;
  std::int64_t max_per_order = 0;
  std::int64_t max_per_user = 0;
  std::int64_t start_ms = 0;
  std::int64_t end_ms = 3'600'000;
  std::optional<std::int64_t> earlier_quantity;  // Of an earlier order with the same key.
  bool paused = false;
  bool cancelled = false;
  PlaceOrder request = OrderOf("d1", "u1", "k1", 10);
};

// Changes the world so that the outcome applies. A new outcome does not compile without its case.
void MakeApply(Outcome outcome, World* world) {
  switch (outcome) {
    case Outcome::repeated:
      world->earlier_quantity = 10;
      return;
    case Outcome::repeated_differs:
      world->earlier_quantity = 9;
      return;
    case Outcome::drop_not_found:
      world->request.drop = DropId("nowhere");
      return;
    case Outcome::request_expired:
      world->request.deadline = At(5'000);
      return;
    case Outcome::product_mismatch:
      world->request.product = ProductId("other");
      return;
    case Outcome::drop_cancelled:
      world->cancelled = true;
      return;
    case Outcome::drop_ended:
      world->end_ms = 4'000;
      return;
    case Outcome::drop_not_started:
      world->start_ms = 6'000;
      return;
    case Outcome::drop_paused:
      world->paused = true;
      return;
    case Outcome::quantity_out_of_range:
      world->max_per_order = 9;
      return;
    case Outcome::user_limit_exceeded:
      world->max_per_user = 9;
      return;
    case Outcome::sold_out:
      world->sold_out = true;
      return;
    case Outcome::held_out:
      world->held_out = true;
      return;
    case Outcome::held:
      world->request.hold = true;
      return;
    case Outcome::confirmed:
      return;
    case Outcome::done:
    case Outcome::not_found:
    case Outcome::order_state:
    case Outcome::drop_state:
    case Outcome::conflict:
    case Outcome::precondition_failed:
    case Outcome::refund_due:
    case Outcome::email_taken:
      return;  // Answers of other commands.
  }
}

// Pairs that no world can show: the second cannot be true when the first is.
bool ExcludeEachOther(Outcome a, Outcome b) {
  using enum Outcome;
  const auto pair = [&](Outcome x, Outcome y) { return a == x && b == y; };
  const bool earlier_order = a == repeated || a == repeated_differs;
  return pair(repeated, repeated_differs) ||        // One key, one earlier order.
         (earlier_order && b == drop_not_found) ||  // No order without its drop.
         pair(repeated, product_mismatch) ||        // The product is part of the request.
         (earlier_order && b == drop_not_started) ||
         pair(drop_ended, drop_not_started) ||  // The end comes after the start.
         pair(drop_not_started, drop_paused) ||
         pair(drop_not_started, held_out) ||  // Nothing is held before the start.
         pair(drop_cancelled, held_out) ||    // Cancelling a drop cancels its holds.
         (earlier_order && (b == held || b == confirmed)) ||  // Those are what they repeat.
         pair(held, confirmed);
}

class Ranks : public EngineTest {
 protected:
  Outcome Ask(const World& world) {
    const bool scheduled = world.start_ms > 0;
    CreateDrop drop = DropOf("d1", scheduled && world.sold_out ? 5 : 100);
    drop.start_time = At(world.start_ms);
    drop.end_time = At(world.end_ms);
    EXPECT_EQ(engine_->drops().Create(drop).outcome, Outcome::done);
    if (world.earlier_quantity) {
      EXPECT_EQ(Place("d1", "u1", "k1", *world.earlier_quantity).outcome, Outcome::confirmed);
    }
    if (world.sold_out && !scheduled) TakeByOthers(5, false);
    if (world.held_out && !scheduled) TakeByOthers(2, true);
    SetLimits(world);
    if (world.paused) Change(DropAction::pause);
    if (world.cancelled) Change(DropAction::cancel);
    clock_.Set(At(5'000));
    return engine_->orders().Place(world.request).outcome;
  }

 private:
  // Others take all units but `left`.
  void TakeByOthers(std::int32_t left, bool hold) {
    PlaceOrder order = OrderOf("d1", hold ? "holder" : "other", "k", StockOf("d1") - left);
    order.hold = hold;
    EXPECT_TRUE(Granted(engine_->orders().Place(order).outcome));
  }
  void SetLimits(const World& world) {
    UpdateDrop update;
    update.id = DropId("d1");
    update.max_per_order = world.max_per_order;
    update.max_per_user = world.max_per_user;
    EXPECT_EQ(engine_->drops().Update(update).outcome, Outcome::done);
  }
  void Change(DropAction action) {
    ChangeDrop change;
    change.id = DropId("d1");
    change.action = action;
    EXPECT_TRUE(Ok(engine_->drops().Change(change)));
  }
};

class RankOf : public Ranks, public testing::WithParamInterface<Outcome> {};

TEST_P(RankOf, IsGivenAlone) {
  World world;
  MakeApply(GetParam(), &world);
  EXPECT_EQ(ToString(Ask(world)), ToString(GetParam()));
}

struct Pair {
  Outcome first;
  Outcome second;
};

std::vector<Pair> AllPairs() {
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < kRanked.size(); ++i) {
    for (std::size_t j = i + 1; j < kRanked.size(); ++j) {
      if (!ExcludeEachOther(kRanked[i], kRanked[j])) pairs.push_back({kRanked[i], kRanked[j]});
    }
  }
  return pairs;
}

class RankOfTwo : public Ranks, public testing::WithParamInterface<Pair> {};

TEST_P(RankOfTwo, IsThatOfTheFirst) {
  World world;
  MakeApply(GetParam().second, &world);
  MakeApply(GetParam().first, &world);
  EXPECT_EQ(ToString(Ask(world)), ToString(GetParam().first))
      << "and " << ToString(GetParam().second) << " applies too";
}

INSTANTIATE_TEST_SUITE_P(EveryOutcome, RankOf, testing::ValuesIn(kRanked),
                         [](const auto& test) { return std::string(ToString(test.param)); });
INSTANTIATE_TEST_SUITE_P(EveryPair, RankOfTwo, testing::ValuesIn(AllPairs()), [](const auto& test) {
  return std::string(ToString(test.param.first)) + "_before_" +
         std::string(ToString(test.param.second));
});

// Of each outcome at least one pair with the next possible one is shown.
TEST(RankPairs, CoverEveryOutcome) {
  std::set<Outcome> seen;
  for (const Pair& pair : AllPairs()) {
    seen.insert(pair.first);
    seen.insert(pair.second);
  }
  EXPECT_EQ(seen.size(), kRanked.size());
  EXPECT_GE(AllPairs().size(), 90u);
}

}  // namespace
}  // namespace livedrops
