// The sequencer step by step: who is answered when, and what happens to the others when a commit is
// fenced, fails, or is in doubt.
#include "service/sequencer.h"

#include <gtest/gtest.h>

#include <deque>

#include "engine_kit.h"

namespace livedrops {
namespace {

class SequencerTest : public EngineTest {
 protected:
  // One request on its way.
  struct Asked {
    Ticket ticket;
    PlaceOrder order;
    Request other;
    Reply reply;
  };

  // After the drops were made by the engine of the fixture.
  void Start(const SequencerLimits& limits = {}) {
    engine_.reset();
    storage_ = NewStorage();
    sequencer_ = std::make_unique<Sequencer>(storage_.get(), options_, limits);
    ASSERT_TRUE(Ok(sequencer_->Load()));
  }
  Asked* Offer(const PlaceOrder& order) {
    Asked& asked = asked_.emplace_back();
    asked.order = order;
    asked.ticket.request.order = &asked.order;
    asked.ticket.reply = &asked.reply;
    sequencer_->Offer(&asked.ticket);
    return &asked;
  }
  Asked* OfferOther(const Request& request) {
    Asked& asked = asked_.emplace_back();
    asked.other = request;
    asked.ticket.request.other = &asked.other;
    asked.ticket.reply = &asked.reply;
    sequencer_->Offer(&asked.ticket);
    return &asked;
  }
  bool IsReleased(const Asked* asked) const {
    return std::ranges::count(sequencer_->released(), &asked->ticket) == 1;
  }
  bool AnyReleased() const { return !sequencer_->released().empty(); }
  // Takes, commits and hears what is open.
  StatusCode Commit() {
    sequencer_->Take();
    const Status committed = sequencer_->CommitTaken();
    sequencer_->Finish(committed);
    return committed.code();
  }
  void FailNext(StorageCall call, Fault fault) {
    const std::uint64_t next = faults_->calls(call) + 1;
    faults_->SetPlan([=](StorageCall asked, std::uint64_t nth) {
      return asked == call && nth == next ? fault : Fault::none;
    });
  }
  Drop DropNow(const std::string& id) { return storage_->catalog().GetDrop(DropId(id))->drop; }

  std::deque<Asked> asked_;
  std::unique_ptr<Storage> storage_;
  std::unique_ptr<Sequencer> sequencer_;
};
using Sequencing = SequencerTest;

TEST_F(Sequencing, ReleasesAGrantWithItsCommit) {
  MakeDrop("d1", 1);
  Start();
  const Asked* order = Offer(OrderOf("d1", "u1", "k1"));
  EXPECT_TRUE(sequencer_->Decide());
  EXPECT_FALSE(AnyReleased());
  sequencer_->Take();
  EXPECT_FALSE(AnyReleased());
  const Status committed = sequencer_->CommitTaken();
  EXPECT_FALSE(AnyReleased());
  sequencer_->Finish(committed);
  EXPECT_TRUE(IsReleased(order));
  EXPECT_EQ(order->reply.outcome, Outcome::confirmed);
}

TEST_F(Sequencing, HoldsARefusalBackUntilWhatItRestsOnIsDurable) {
  MakeDrop("d1", 1);
  Start();
  const Asked* grant = Offer(OrderOf("d1", "u1", "k1"));
  sequencer_->Decide();
  sequencer_->Take();
  const Asked* refusal = Offer(OrderOf("d1", "u2", "k1"));
  const Asked* repeat = Offer(OrderOf("d1", "u1", "k1"));
  sequencer_->Decide();
  EXPECT_TRUE(sequencer_->has_open_answers());
  EXPECT_FALSE(AnyReleased());
  sequencer_->Finish(sequencer_->CommitTaken());
  EXPECT_TRUE(IsReleased(grant));
  EXPECT_FALSE(IsReleased(refusal));
  sequencer_->ReleaseChecked();
  EXPECT_TRUE(IsReleased(refusal));
  EXPECT_TRUE(IsReleased(repeat));
  EXPECT_EQ(refusal->reply.outcome, Outcome::sold_out);
  EXPECT_EQ(repeat->reply.outcome, Outcome::repeated);
}

TEST_F(Sequencing, DecidesARefusalAgainWhenItsCommitFails) {
  MakeDrop("d1", 1);
  Start();
  const Asked* first = Offer(OrderOf("d1", "u1", "k1"));
  sequencer_->Decide();
  sequencer_->Take();
  const Asked* second = Offer(OrderOf("d1", "u2", "k1"));
  const Asked* third = Offer(OrderOf("d1", "u3", "k1"));
  sequencer_->Decide();
  FailNext(StorageCall::commit, Fault::before);
  sequencer_->Finish(sequencer_->CommitTaken());
  EXPECT_TRUE(IsReleased(first));
  EXPECT_EQ(first->reply.status.code(), StatusCode::kUnavailable);
  EXPECT_FALSE(IsReleased(second));
  EXPECT_TRUE(sequencer_->has_waiting());
  sequencer_->Decide();
  EXPECT_EQ(Commit(), StatusCode::kOk);
  EXPECT_EQ(second->reply.outcome, Outcome::confirmed);
  EXPECT_EQ(third->reply.outcome, Outcome::sold_out);
  EXPECT_EQ(DropNow("d1").current_stock, 0);
}

TEST_F(Sequencing, ReleasesARefusalOnlyFromAHeadThatIsStillThere) {
  MakeDrop("d1", 1);
  const Reply sold = Place("d1", "u1", "k1");
  Start();
  auto other = OpenOther();
  const Asked* refusal = Offer(OrderOf("d1", "u2", "k1"));
  sequencer_->Decide();
  CancelOrder cancel;
  cancel.order = sold.order.id;
  EXPECT_TRUE(Ok(other->orders().Cancel(cancel)));
  sequencer_->ReleaseChecked();
  EXPECT_FALSE(IsReleased(refusal));
  sequencer_->RunInline();
  EXPECT_TRUE(IsReleased(refusal));
  EXPECT_EQ(refusal->reply.outcome, Outcome::confirmed);
}

TEST_F(Sequencing, AnswersUnavailableWhenTheHeadCannotBeSeen) {
  MakeDrop("d1", 0);
  Start();
  const Asked* refusal = Offer(OrderOf("d1", "u2", "k1"));
  sequencer_->Decide();
  FailNext(StorageCall::read_head, Fault::before);
  sequencer_->ReleaseChecked();
  EXPECT_TRUE(IsReleased(refusal));
  EXPECT_EQ(refusal->reply.status.code(), StatusCode::kUnavailable);
}

TEST_F(Sequencing, ChecksTheHeadOnceForManyRefusals) {
  MakeDrop("d1", 0);
  Start();
  for (int i = 0; i < 5000; ++i) Offer(OrderOf("d1", "u" + std::to_string(i), "k1"));
  const std::uint64_t checks = faults_->calls(StorageCall::read_head);
  const std::uint64_t commits = faults_->calls(StorageCall::commit);
  sequencer_->RunInline();
  EXPECT_EQ(sequencer_->released().size(), 5000u);
  EXPECT_EQ(faults_->calls(StorageCall::read_head) - checks, 1u);
  EXPECT_EQ(faults_->calls(StorageCall::commit), commits);
}

// --- fenced --------------------------------------------------------------------------------------

TEST_F(Sequencing, DecidesAgainWhenItIsFenced) {
  MakeDrop("d1", 2);
  Start();
  auto other = OpenOther();
  const Asked* first = Offer(OrderOf("d1", "u1", "k1", 2));
  const Asked* second = Offer(OrderOf("d1", "u2", "k1", 1));
  sequencer_->Decide();
  EXPECT_EQ(other->orders().Place(OrderOf("d1", "u9", "k1", 1)).outcome, Outcome::confirmed);
  EXPECT_EQ(Commit(), StatusCode::kFenced);
  EXPECT_FALSE(AnyReleased());
  EXPECT_TRUE(sequencer_->contended());
  EXPECT_EQ(sequencer_->stats().fenced, 1u);
  EXPECT_TRUE(Ok(sequencer_->CommitLocked()));
  EXPECT_EQ(first->reply.outcome, Outcome::sold_out);
  EXPECT_EQ(first->reply.remaining, 1);
  EXPECT_EQ(second->reply.outcome, Outcome::confirmed);
  EXPECT_EQ(DropNow("d1").current_stock, 0);
}

TEST_F(Sequencing, KeepsTheOrderOfArrivalsOverAFence) {
  MakeDrop("d1", 100);
  Start();
  auto other = OpenOther();
  std::vector<const Asked*> orders;
  for (int i = 0; i < 3; ++i) orders.push_back(Offer(OrderOf("d1", "u1", "k" + std::to_string(i))));
  sequencer_->Decide();
  sequencer_->Take();
  for (int i = 3; i < 6; ++i) orders.push_back(Offer(OrderOf("d1", "u1", "k" + std::to_string(i))));
  sequencer_->Decide();
  for (int i = 6; i < 9; ++i) orders.push_back(Offer(OrderOf("d1", "u1", "k" + std::to_string(i))));
  EXPECT_TRUE(Ok(other->orders().Place(OrderOf("d1", "u9", "k1"))));
  sequencer_->Finish(sequencer_->CommitTaken());
  sequencer_->RunInline();
  for (std::size_t i = 1; i < orders.size(); ++i) {
    EXPECT_LT(orders[i - 1]->reply.seq, orders[i]->reply.seq) << i;
  }
}

// What others wrote while one waited for the lock is known by then; only the last commit is read.
TEST_F(Sequencing, ReadsAheadWhileItWaitsForTheLock) {
  MakeDrop("d1", 5);
  Start();
  auto other = OpenOther();
  const Asked* order = Offer(OrderOf("d1", "u1", "k1", 3));
  sequencer_->Decide();
  sequencer_->BeginLocked();
  EXPECT_TRUE(Ok(other->orders().Place(OrderOf("d1", "u8", "k1", 1))));
  sequencer_->ReadAhead();
  EXPECT_EQ(sequencer_->state().head(), *storage_->ReadHead());
  // A read that fails in its middle costs nothing but time.
  EXPECT_TRUE(Ok(other->orders().Place(OrderOf("d1", "u9", "k1", 1))));
  FailNext(StorageCall::read_log, Fault::after);
  sequencer_->ReadAhead();
  EXPECT_TRUE(Ok(other->orders().Place(OrderOf("d1", "u9", "k2", 1))));
  EXPECT_TRUE(Ok(sequencer_->CommitLocked(sequencer_->TakeLock())));
  EXPECT_TRUE(IsReleased(order));
  EXPECT_EQ(order->reply.outcome, Outcome::sold_out);
  EXPECT_EQ(order->reply.remaining, 2);
  EXPECT_EQ(DropNow("d1").current_stock, 2);
}

TEST_F(Sequencing, ReadsAheadInVainWhenTheLockIsNotToBeHad) {
  MakeDrop("d1", 5);
  Start();
  auto other = OpenOther();
  const Asked* order = Offer(OrderOf("d1", "u1", "k1", 5));
  sequencer_->Decide();
  sequencer_->BeginLocked();
  EXPECT_TRUE(Ok(other->orders().Place(OrderOf("d1", "u8", "k1", 1))));
  sequencer_->ReadAhead();
  FailNext(StorageCall::lock, Fault::before);
  EXPECT_EQ(sequencer_->CommitLocked(sequencer_->TakeLock()).code(), StatusCode::kUnavailable);
  EXPECT_FALSE(AnyReleased());
  // The next batch rests on what was read, without another look.
  const std::uint64_t reads = faults_->calls(StorageCall::read_log);
  const Asked* fits = Offer(OrderOf("d1", "u2", "k1", 4));
  sequencer_->Decide();
  EXPECT_EQ(Commit(), StatusCode::kOk);
  EXPECT_EQ(faults_->calls(StorageCall::read_log), reads);
  EXPECT_EQ(order->reply.outcome, Outcome::sold_out);
  EXPECT_EQ(fits->reply.outcome, Outcome::confirmed);
  EXPECT_EQ(DropNow("d1").current_stock, 0);
}

// A commit without the lock would be fenced again and again.
TEST_F(Sequencing, TakesTheLockFirstForAsLongAsOthersSell) {
  MakeDrop("d1", 100);
  Start();
  auto other = OpenOther();
  int turn = 0;
  const auto sell_here = [&] {
    Offer(OrderOf("d1", "u1", "k" + std::to_string(turn++)));
    EXPECT_TRUE(Ok(sequencer_->CommitLocked()));
  };
  EXPECT_TRUE(Ok(other->orders().Place(OrderOf("d1", "u9", "k0"))));
  sell_here();
  for (int i = 1; i < 5; ++i) {
    EXPECT_TRUE(sequencer_->contended()) << i;
    clock_.Advance(Duration(900));
    EXPECT_TRUE(Ok(other->orders().Place(OrderOf("d1", "u9", "k" + std::to_string(i)))));
    sell_here();
  }
  clock_.Advance(Duration(900));
  sell_here();
  clock_.Advance(Duration(100));
  EXPECT_FALSE(sequencer_->contended());
  EXPECT_EQ(sequencer_->stats().fenced, 0u);
}

// --- in doubt ------------------------------------------------------------------------------------

TEST_F(Sequencing, FindsACommitThatWasDurable) {
  MakeDrop("d1", 5);
  Start();
  const Asked* order = Offer(OrderOf("d1", "u1", "k1", 2));
  sequencer_->Decide();
  FailNext(StorageCall::commit, Fault::after);
  EXPECT_EQ(Commit(), StatusCode::kOutcomeUnknown);
  EXPECT_TRUE(sequencer_->suspect());
  EXPECT_FALSE(AnyReleased());
  const Asked* later = Offer(OrderOf("d1", "u2", "k1", 4));
  EXPECT_FALSE(sequencer_->Decide());  // Nothing is decided before the doubt is gone.
  EXPECT_TRUE(Ok(sequencer_->Resolve()));
  EXPECT_TRUE(IsReleased(order));
  EXPECT_EQ(order->reply.outcome, Outcome::confirmed);
  EXPECT_FALSE(order->reply.repeated);
  sequencer_->RunInline();
  EXPECT_EQ(later->reply.outcome, Outcome::sold_out);
  EXPECT_EQ(DropNow("d1").current_stock, 3);
}

TEST_F(Sequencing, DecidesACommitAgainThatWasLost) {
  MakeDrop("d1", 5);
  Start();
  const Asked* order = Offer(OrderOf("d1", "u1", "k1", 2));
  sequencer_->Decide();
  FailNext(StorageCall::commit, Fault::lost);
  EXPECT_EQ(Commit(), StatusCode::kOutcomeUnknown);
  EXPECT_TRUE(Ok(sequencer_->Resolve()));
  EXPECT_FALSE(AnyReleased());
  sequencer_->RunInline();
  EXPECT_EQ(order->reply.outcome, Outcome::confirmed);
  EXPECT_EQ(DropNow("d1").current_stock, 3);
}

TEST_F(Sequencing, CannotBeFooledByACommitThatLandsLate) {
  MakeDrop("d1", 5);
  Start();
  const Asked* order = Offer(OrderOf("d1", "u1", "k1", 2));
  sequencer_->Decide();
  FailNext(StorageCall::commit, Fault::late);
  EXPECT_EQ(Commit(), StatusCode::kOutcomeUnknown);
  EXPECT_TRUE(faults_->HasCommitUnderWay());
  EXPECT_TRUE(Ok(sequencer_->Resolve()));
  const auto process = OpenMemoryStorage(database_);
  EXPECT_FALSE(faults_->Land(*process));  // The barrier stands in its place.
  sequencer_->RunInline();
  EXPECT_EQ(order->reply.outcome, Outcome::confirmed);
  EXPECT_EQ(DropNow("d1").current_stock, 3);
}

TEST_F(Sequencing, TakesACommitThatLandedBeforeTheBarrier) {
  MakeDrop("d1", 5);
  Start();
  const Asked* order = Offer(OrderOf("d1", "u1", "k1", 2));
  sequencer_->Decide();
  FailNext(StorageCall::commit, Fault::late);
  EXPECT_EQ(Commit(), StatusCode::kOutcomeUnknown);
  const auto process = OpenMemoryStorage(database_);
  EXPECT_TRUE(faults_->Land(*process));
  EXPECT_TRUE(Ok(sequencer_->Resolve()));
  EXPECT_TRUE(IsReleased(order));
  EXPECT_EQ(DropNow("d1").current_stock, 3);
}

TEST_F(Sequencing, StaysInDoubtWhileTheBarrierFails) {
  MakeDrop("d1", 5);
  Start();
  const Asked* order = Offer(OrderOf("d1", "u1", "k1"));
  sequencer_->Decide();
  FailNext(StorageCall::commit, Fault::after);
  EXPECT_EQ(Commit(), StatusCode::kOutcomeUnknown);
  for (const Fault fault : {Fault::before, Fault::after}) {
    FailNext(StorageCall::resolve, fault);
    EXPECT_FALSE(sequencer_->Resolve().ok());
    EXPECT_TRUE(sequencer_->suspect());
    EXPECT_FALSE(AnyReleased());
  }
  EXPECT_TRUE(Ok(sequencer_->Resolve()));
  EXPECT_TRUE(IsReleased(order));
}

// A request without a key is done once, whichever read fails while the doubt is cleared.
TEST_F(Sequencing, DoesNothingTwiceWhenReadsFailAfterTheBarrier) {
  for (const Fault commit : {Fault::after, Fault::lost}) {
    for (const StorageCall read :
         {StorageCall::read_log, StorageCall::read_head, StorageCall::read}) {
      for (std::uint64_t nth = 1; nth <= 6; ++nth) {
        database_ = NewMemoryDatabase({.seed = 7});
        Open();
        EXPECT_TRUE(Ok(engine_->products().Create(ProductOf("p1"))));
        MakeDrop("d1", 9);
        const Reply sold = Place("d1", "u1", "k1", 5);
        Start();
        CancelOrder cancel;
        cancel.order = sold.order.id;
        cancel.quantity = 1;
        const Asked* asked = OfferOther(cancel);
        sequencer_->Decide();
        FailNext(StorageCall::commit, commit);
        EXPECT_EQ(Commit(), StatusCode::kOutcomeUnknown);
        const std::uint64_t failing = faults_->calls(read) + nth;
        faults_->SetPlan([=](StorageCall call, std::uint64_t n) {
          return call == read && n == failing ? Fault::before : Fault::none;
        });
        for (int round = 0; round < 20 && !IsReleased(asked); ++round) sequencer_->RunInline();
        ASSERT_TRUE(IsReleased(asked));
        faults_->SetPlan({});
        const int left = DropNow("d1").current_stock;
        const int done = asked->reply.status.ok() ? 1 : 0;
        EXPECT_EQ(left, 4 + done) << static_cast<int>(read) << " call " << nth;
      }
    }
  }
}

// A read mark is no row of the log: it must not count as durable because the log stands where it
// was.
TEST_F(Sequencing, DoesNotTakeALostReadMarkForDurable) {
  MakeDrop("d1", 5);
  Start();
  const Asked* mark = OfferOther(MarkRead{UserId("u1"), 2});
  sequencer_->Decide();
  FailNext(StorageCall::commit, Fault::lost);
  EXPECT_EQ(Commit(), StatusCode::kOutcomeUnknown);
  sequencer_->RunInline();
  sequencer_->RunInline();
  ASSERT_TRUE(Ok(sequencer_->suspect() ? sequencer_->Resolve() : OkStatus()));
  sequencer_->RunInline();
  ASSERT_TRUE(IsReleased(mark));
  EXPECT_TRUE(mark->reply.status.ok());
  const auto user = storage_->catalog().GetUser(UserId("u1"));
  ASSERT_TRUE(user.ok());
  EXPECT_EQ(user->read_up_to, 2u);
}

TEST_F(Sequencing, TellsThoseItGivesUpWhatToDo) {
  MakeDrop("d1", 5);
  Start();
  const Asked* first = Offer(OrderOf("d1", "u1", "k1"));
  sequencer_->Decide();
  FailNext(StorageCall::commit, Fault::after);
  EXPECT_EQ(Commit(), StatusCode::kOutcomeUnknown);
  const Asked* waiting = Offer(OrderOf("d1", "u2", "k1"));
  sequencer_->Abandon();
  EXPECT_TRUE(IsReleased(first));
  EXPECT_EQ(first->reply.status.code(), StatusCode::kOutcomeUnknown);
  EXPECT_TRUE(IsReleased(waiting));
  EXPECT_EQ(waiting->reply.status.code(), StatusCode::kUnavailable);
  EXPECT_FALSE(sequencer_->has_waiting());
  EXPECT_TRUE(sequencer_->suspect());
  EXPECT_TRUE(Ok(sequencer_->Resolve()));
  const std::size_t told = sequencer_->released().size();
  EXPECT_EQ(told, 2u);  // Nobody twice.
  const Asked* retry = Offer(OrderOf("d1", "u1", "k1"));
  const Asked* other = Offer(OrderOf("d1", "u2", "k1"));
  sequencer_->RunInline();
  EXPECT_EQ(retry->reply.outcome, Outcome::repeated);
  EXPECT_EQ(other->reply.outcome, Outcome::confirmed);
}

// --- who is decided when -------------------------------------------------------------------------

TEST_F(Sequencing, LetsNoCreationPassAnEarlierOrder) {
  Start();
  const Asked* before = Offer(OrderOf("d1", "u1", "k1"));
  const Asked* create = OfferOther(DropOf("d1", 5));
  const Asked* after = Offer(OrderOf("d1", "u1", "k1"));
  sequencer_->RunInline();
  EXPECT_EQ(before->reply.outcome, Outcome::drop_not_found);
  EXPECT_EQ(create->reply.outcome, Outcome::done);
  EXPECT_EQ(after->reply.outcome, Outcome::confirmed);
}

TEST_F(Sequencing, LetsNoOrderPassAnEarlierDeletion) {
  Start();
  const Asked* create = OfferOther(DropOf("d1", 5));
  ChangeDrop end;
  end.id = DropId("d1");
  end.action = DropAction::end;
  const Asked* ended = OfferOther(end);
  DeleteProduct del;
  del.id = ProductId("p1");
  const Asked* deleted = OfferOther(del);
  const Asked* other = OfferOther(DropOf("d2", 5));
  sequencer_->RunInline();
  EXPECT_EQ(create->reply.outcome, Outcome::done);
  EXPECT_EQ(ended->reply.outcome, Outcome::done);
  EXPECT_EQ(deleted->reply.outcome, Outcome::done);
  EXPECT_EQ(other->reply.outcome, Outcome::not_found);
}

// Sign-ins come all the time; orders between them must be decided in their turn.
TEST_F(Sequencing, DoesNotStarveOrdersBetweenExclusiveRequests) {
  MakeDrop("d1", 100);
  Start();
  const Asked* order = Offer(OrderOf("d1", "u1", "k1"));
  OpenSession open;
  open.session.user = UserId("u1");
  for (int i = 0; i < 50; ++i) OfferOther(open);
  int commits = 0;
  while (!IsReleased(order) && commits < 10) {
    sequencer_->Decide();
    EXPECT_EQ(Commit(), StatusCode::kOk);
    ++commits;
  }
  EXPECT_LE(commits, 2);
}

TEST_F(Sequencing, DecidesAColdDropInTheNextBatchBesideAHotOne) {
  MakeDrop("hot", 20'000);
  MakeDrop("cold", 10);
  Start();
  for (int i = 0; i < 10'000; ++i) Offer(OrderOf("hot", "u" + std::to_string(i), "k1"));
  sequencer_->Decide();
  sequencer_->Take();
  const Asked* cold = Offer(OrderOf("cold", "u1", "k1"));
  sequencer_->Decide();
  sequencer_->Finish(sequencer_->CommitTaken());
  EXPECT_FALSE(IsReleased(cold));
  EXPECT_EQ(Commit(), StatusCode::kOk);
  EXPECT_TRUE(IsReleased(cold));
  EXPECT_LE(sequencer_->stats().rows, 1'100u);
}

TEST_F(Sequencing, GivesEveryDropItsShareOfABatch) {
  MakeDrop("d1", 20'000);
  MakeDrop("d2", 20'000);
  Start({.orders_per_drop = 10, .waiting_per_drop_max = 100'000});
  for (int i = 0; i < 1'000; ++i) Offer(OrderOf("d1", "u" + std::to_string(i), "k1"));
  sequencer_->Decide();  // Alone: twice as many.
  EXPECT_EQ(sequencer_->open_rows(), 20u);
  EXPECT_EQ(Commit(), StatusCode::kOk);
  for (int i = 0; i < 5; ++i) Offer(OrderOf("d2", "u" + std::to_string(i), "k1"));
  sequencer_->Decide();
  EXPECT_EQ(sequencer_->open_rows(), 15u);
  EXPECT_EQ(Commit(), StatusCode::kOk);
  // The other one may come back: only after many batches without it the share grows again.
  sequencer_->Decide();
  EXPECT_EQ(sequencer_->open_rows(), 10u);
  for (int i = 0; i < 64; ++i) {
    EXPECT_EQ(Commit(), StatusCode::kOk);
    sequencer_->Decide();
  }
  EXPECT_EQ(sequencer_->open_rows(), 20u);
  sequencer_->RunInline();
  EXPECT_EQ(sequencer_->released().size(), 1'005u);
}

TEST_F(Sequencing, SaysOverloadedForADropThatFillsTheQueue) {
  MakeDrop("d1", 20'000);
  MakeDrop("d2", 20'000);
  Start({.orders_per_drop = 10, .waiting_per_drop_max = 50});
  const Asked* other = Offer(OrderOf("d2", "u1", "k1"));
  std::vector<const Asked*> hot;
  for (int i = 0; i < 100; ++i) hot.push_back(Offer(OrderOf("d1", "u" + std::to_string(i), "k1")));
  sequencer_->RunInline();
  EXPECT_EQ(other->reply.outcome, Outcome::confirmed);
  const auto overloaded = std::ranges::count_if(hot, [](const Asked* asked) {
    return asked->reply.status.code() == StatusCode::kOverloaded;
  });
  EXPECT_EQ(overloaded, 50);
}

// --- loading -------------------------------------------------------------------------------------

TEST_F(Sequencing, RefusesALogThatDoesNotChain) {
  MakeDrop("d1", 5);
  engine_.reset();
  // Another database's secret changes nothing in the chain; another row does.
  const auto storage = OpenMemoryStorage(database_);
  EventRow forged;
  forged.type = EventType::followed;
  forged.aggregate = "creator:c9";
  forged.aggregate_seq = 1;
  forged.at = At(0);
  forged.actor = "u1";
  forged.subject = "u1";
  const Head head = *storage->ReadHead();
  forged.seq = head.seq + 1;
  forged.hash[0] = 1;
  const CreatorRow creator{CreatorId("c9"), 1, 1};
  CommitBatch batch;
  batch.events = {&forged, 1};
  batch.creators = {&creator, 1};
  batch.head = {forged.seq, forged.hash};
  ASSERT_TRUE(Ok(storage->Commit(batch, head)));
  Sequencer sequencer(storage.get(), options_);
  EXPECT_EQ(sequencer.Load().code(), StatusCode::kCorrupt);
}

TEST_F(Sequencing, RefusesADropWhoseOrdersDoNotAddUp) {
  MakeDrop("d1", 5);
  ASSERT_TRUE(Ok(Place("d1", "ann", "k1", 2)));
  engine_.reset();
  const auto storage = OpenMemoryStorage(database_);
  DropRow row = *storage->catalog().GetDrop(DropId("d1"));
  row.drop.current_stock += 1;
  CommitBatch batch;
  batch.drops = {&row, 1};
  batch.head = *storage->ReadHead();
  ASSERT_TRUE(Ok(storage->Commit(batch, batch.head)));
  Sequencer sequencer(storage.get(), options_);
  const Status loaded = sequencer.Load();
  EXPECT_EQ(loaded.code(), StatusCode::kCorrupt);
  EXPECT_NE(loaded.message().find("drop d1 counts 0 held and 1 confirmed units, its orders add up "
                                  "to 0 held and 2 confirmed units"),
            std::string::npos)
      << loaded.ToString();
}

TEST_F(Sequencing, SaysWhyItCannotLoad) {
  for (const StorageCall call : {StorageCall::load, StorageCall::read_log, StorageCall::lock}) {
    const auto storage = NewStorage();
    FailNext(call, Fault::before);
    Sequencer sequencer(storage.get(), options_);
    EXPECT_EQ(sequencer.Load().code(), StatusCode::kUnavailable) << static_cast<int>(call);
    faults_->SetPlan({});
  }
}

}  // namespace
}  // namespace livedrops
