#include "simulation/world.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"
#include "simulation/checks.h"

namespace livedrops::simulation {
namespace {

constexpr std::int64_t kBeginMs = 1'700'000'000'000;
// Rounds in which a healed world must have answered everybody.
constexpr int kHealRounds = 40;

std::uint64_t Word(const Hash& hash) {
  std::uint64_t word;
  std::memcpy(&word, hash.data(), sizeof word);
  return word;
}

}  // namespace

World::World(StorageKind storage, std::uint64_t seed, Trace trace, const std::string& url)
    : random_(seed * 0x2545f4914f6cdd1d + 1),
      swarm_(DrawSwarm(storage, &random_)),
      trace_(std::move(trace)),
      database_(storage, random_.Next(), url),
      workload_(&swarm_, random_.Fork()),
      open_(static_cast<std::size_t>(swarm_.clients)),
      all_(static_cast<std::size_t>(swarm_.clients)),
      now_ms_(kBeginMs) {
  for (int i = 0; i < swarm_.processes; ++i) {
    processes_.push_back(std::make_unique<Process>(i, &swarm_, random_.Fork(), this));
    skew_ms_.push_back(random_.Between(-swarm_.skew_ms_max, swarm_.skew_ms_max));
  }
}

World::~World() = default;

void World::Run() {
  SetUp();
  LiveDangerously();
  Heal();
  Check();
  Mix(head_.seq);
  Mix(Word(head_.hash));
}

// --- the phases --------------------------------------------------------------------------------

// A shop with its drops, made before anything goes wrong.
void World::SetUp() {
  MoveTime();
  for (const auto& process : processes_) process->Heal();
  if (!processes_[0]->Start().ok()) Fail("setup", "process 0", "did not start");
  for (Request& request : workload_.Setup(TimeFromMs(now_ms_))) {
    if (!processes_[0]->up()) return;
    SendTo(processes_[0].get(), NewWish(0, std::move(request)));
    processes_[0]->Drain();
  }
  for (const auto& process : processes_) process->Harm();
  if (database_.disk() != nullptr) database_.disk()->set_faults(swarm_.disk);
}

void World::LiveDangerously() {
  const auto busy = [&] {
    return wishes_ < swarm_.wishes ||
           std::ranges::any_of(open_, [](const auto& wishes) { return !wishes.empty(); });
  };
  while (step_ < swarm_.steps_max && busy()) Turn();
}

// Nothing fails any more. What is under way lands or never will; everybody asks until he is
// answered; time passes until nothing is due.
void World::Heal() {
  Note("heal");
  healed_ = true;
  if (database_.disk() != nullptr) database_.disk()->set_faults({});
  for (const auto& process : processes_) process->Heal();
  bool quiet = false;
  for (int round = 0; round < kHealRounds && !quiet; ++round) {
    now_ms_ += random_.Between(0, 40'000);
    // The last rounds are far in the future: all that is planned falls due.
    if (round > 4) now_ms_ += 200'000'000;
    ++step_;
    MoveTime();
    LandSomething();
    quiet = !RetryAll() && round > 6;
    for (const auto& process : processes_) {
      if (!process->up()) static_cast<void>(process->Start());
      if (process->up()) process->Drain();
      quiet = quiet && process->up() && process->idle();
    }
  }
  if (quiet) return;
  for (const auto& process : processes_) {
    const std::string who = "process " + std::to_string(process->number());
    if (!process->up()) Fail("liveness", who, "does not start although nothing fails");
    if (process->up() && !process->idle()) Fail("liveness", who, "does not come to rest");
  }
  for (const auto& wishes : open_) {
    for (const Wish* wish : wishes) {
      Fail("liveness", "wish " + std::to_string(wish->number),
           Describe(wish->request) + " got no definite answer");
    }
  }
}

void World::Check() {
  if (const char* broken = BrokenInvariant()) Fail("broken-invariant", "process", broken);
  for (const auto& process : processes_) process->Crash();
  under_way_.clear();
  auto opened = database_.Open(&processes_[0]->clock());
  if (!opened.ok()) {
    Fail("liveness", "database", "cannot be opened at the end: " + opened.status().ToString());
    return;
  }
  CheckNow(*opened->storage, true);
  Result<VerifyReport> report = Verify(*opened->storage);
  if (!report.ok()) {
    Fail("verify", "database", report.status().ToString());
  } else {
    violations_.insert(violations_.end(), report->violations.begin(), report->violations.end());
  }
  opened->storage.reset();
}

void World::CheckNow(Storage& storage, bool at_the_end) {
  CheckInput input;
  input.history = &history_;
  input.engine = swarm_.engine;
  input.heads = heads_;
  input.answered_after = checked_step_;
  input.at_the_end = at_the_end;
  CheckEverything(storage, input, &violations_);
  checked_step_ = step_;
}

// --- one turn ----------------------------------------------------------------------------------

void World::Turn() {
  ++step_;
  MoveTime();
  Nemesis();
  if (random_.Chance(swarm_.client_turns_permille)) {
    ClientTurn();
  } else {
    ProcessTurn();
  }
}

void World::MoveTime() {
  now_ms_ += random_.Below(swarm_.tick_ms_max + 1);
  for (std::size_t i = 0; i < processes_.size(); ++i) {
    latest_ms_ = std::max(latest_ms_, now_ms_ + skew_ms_[i]);
  }
  for (std::size_t i = 0; i < processes_.size(); ++i) {
    processes_[i]->SetTime(TimeFromMs(now_ms_ + skew_ms_[i]), TimeFromMs(latest_ms_));
  }
}

void World::Nemesis() {
  if (random_.Chance(swarm_.jump_permille)) JumpClock();
  if (random_.Chance(swarm_.crash_permille)) {
    Process* victim = random_.Pick(processes_).get();
    if (victim->up()) {
      Note("crash of process " + std::to_string(victim->number()));
      victim->Crash();
    }
  }
  if (random_.Chance(swarm_.faults.landing_permille)) LandSomething();
  // What a crash in doubt left behind shows when the power is cut soon after.
  const bool soon = step_ < power_in_danger_until_ && swarm_.power_cut_permille != 0;
  if (random_.Chance(swarm_.power_cut_permille + (soon ? 10 : 0))) CutPower();
  if (random_.Chance(swarm_.failover_permille)) FailOver();
  if (random_.Chance(swarm_.sessions_end_permille)) {
    Note("the server ends every session");
    database_.EndSessions();
  }
  if (random_.Chance(swarm_.snapshot_permille)) LookAtSnapshot();
}

// A reader of its own, that nothing fails.
void World::LookAtSnapshot() {
  if (database_.disk() != nullptr) database_.disk()->set_faults({});
  if (auto opened = database_.Open(&processes_[0]->clock()); opened.ok()) {
    CheckSnapshot(*opened->storage, swarm_.engine, &violations_);
    opened->storage.reset();
  }
  if (database_.disk() != nullptr) database_.disk()->set_faults(swarm_.disk);
}

void World::JumpClock() {
  const auto who = static_cast<std::size_t>(random_.Below(std::ssize(processes_)));
  const std::int64_t by = random_.Between(-swarm_.jump_ms_max, swarm_.jump_ms_max);
  Note("clock of process " + std::to_string(who) + " jumps by " + std::to_string(by) + " ms");
  skew_ms_[who] += by;
}

void World::LandSomething() {
  interloping_ = true;  // Nobody is faster than this.
  random_.Pick(processes_)->Land();
  interloping_ = false;
  Process* somebody = SomebodyUp();
  if (somebody == nullptr || under_way_.empty()) return;
  const auto which = random_.Below(std::ssize(under_way_));
  FaultInjector& faults = *under_way_[static_cast<std::size_t>(which)];
  interloping_ = true;
  const bool landed = faults.Land(*somebody->storage());
  interloping_ = false;
  Note(landed ? "a commit landed" : "a commit under way came too late");
  if (!faults.HasCommitUnderWay()) under_way_.erase(under_way_.begin() + which);
}

void World::CutPower() {
  Note("power cut");
  for (const auto& process : processes_) process->Crash();
  under_way_.clear();
  database_.disk()->CutPower();
}

// A standby takes over that lacks the last commits. What was answered until now is checked against
// the log as it was; of that, only the order ids are still remembered.
void World::FailOver() {
  for (const auto& process : processes_) process->Crash();
  under_way_.clear();
  auto opened = database_.Open(&processes_[0]->clock());
  if (!opened.ok()) return;
  CheckNow(*opened->storage, false);
  opened->storage.reset();
  const auto setup = std::int64_t{2} * swarm_.drops;
  const std::int64_t lost = random_.Between(1, 3);
  if (std::ssize(batch_ends_) - lost < setup) return;
  Note("failover: the last " + std::to_string(lost) + " commits are lost");
  database_.FailOver(static_cast<std::size_t>(lost));
  batch_ends_.resize(batch_ends_.size() - static_cast<std::size_t>(lost));
  head_ = batch_ends_.back();
  std::erase_if(heads_, [&](const Head& head) { return head.seq > head_.seq; });
}

void World::ProcessTurn() {
  Process* process = random_.Pick(processes_).get();
  if (process->up() && process->idle()) {
    ClientTurn();
  } else if (process->up()) {
    process->Act();
  } else if (random_.Chance(300)) {
    static_cast<void>(process->Start());
  }
}

Process* World::SomebodyUp() {
  std::vector<Process*> up;
  for (const auto& process : processes_) {
    if (process->up()) up.push_back(process.get());
  }
  return up.empty() ? nullptr : random_.Pick(up);
}

// --- clients -----------------------------------------------------------------------------------

void World::ClientTurn() {
  const int client = random_.Int(0, swarm_.clients - 1);
  if (RepeatSomething(client)) return;
  auto& open = open_[static_cast<std::size_t>(client)];
  std::vector<Wish*> idle;
  for (Wish* wish : open) {
    if (wish->under_way == 0) idle.push_back(wish);
  }
  if (!idle.empty()) {
    Wish* wish = random_.Pick(idle);
    if (wish->failed && random_.Chance(swarm_.give_up_permille)) {
      wish->given_up = true;
      std::erase(open, wish);
    } else {
      Send(wish);
    }
    return;
  }
  constexpr std::ptrdiff_t kOpenMax = 3;
  if (wishes_ >= swarm_.wishes || std::ssize(open) >= kOpenMax) return;
  ++wishes_;
  Send(NewWish(client, workload_.Next(client, TimeFromMs(now_ms_), head_.seq)));
}

// A duplicate, an echo or a variant of something asked before. False: not this time.
bool World::RepeatSomething(int client) {
  const auto& all = all_[static_cast<std::size_t>(client)];
  if (all.empty() || wishes_ >= swarm_.wishes) return false;
  Wish* wish = random_.Pick(all);
  if (wish->under_way != 0 && random_.Chance(swarm_.duplicate_permille)) {
    Send(wish);
    return true;
  }
  if (wish->decided && random_.Chance(swarm_.echo_permille)) {
    Send(wish);
    return true;
  }
  if (!random_.Chance(swarm_.variant_permille)) return false;
  auto variant = workload_.Variant(wish->request);
  if (!variant) return false;
  ++wishes_;
  Send(NewWish(client, std::move(*variant)));
  return true;
}

Wish* World::NewWish(int client, Request request) {
  Wish& wish = history_.wishes.emplace_back();
  wish.number = static_cast<int>(history_.wishes.size());
  wish.client = client;
  wish.request = std::move(request);
  open_[static_cast<std::size_t>(client)].push_back(&wish);
  all_[static_cast<std::size_t>(client)].push_back(&wish);
  return &wish;
}

void World::Send(Wish* wish) {
  Process* process = random_.Pick(processes_).get();
  if (process->up()) SendTo(process, wish);
}

void World::SendTo(Process* process, Wish* wish) {
  Attempt& attempt = history_.attempts.emplace_back();
  attempt.number = static_cast<int>(history_.attempts.size());
  attempt.wish = wish->number;
  attempt.client = wish->client;
  attempt.request = wish->request;
  attempt.invoked_step = ++step_;
  attempt.head_before = head_.seq;
  ++wish->under_way;
  wish->attempts.push_back(&attempt);
  if (trace_) {
    Note("client " + std::to_string(wish->client) + " -> process " +
         std::to_string(process->number()) + " #" + std::to_string(attempt.number) + " " +
         Describe(attempt.request));
  }
  process->Offer(&attempt);
}

// Sends again whatever has no definite answer. True when there was something.
bool World::RetryAll() {
  bool something = false;
  for (const auto& wishes : open_) {
    for (Wish* wish : std::vector(wishes)) {
      something = true;
      if (wish->under_way == 0) Send(wish);
    }
  }
  return something;
}

void World::Hear(Attempt* attempt) {
  Wish& wish = history_.wishes[static_cast<std::size_t>(attempt->wish - 1)];
  --wish.under_way;
  if (!attempt->reached_client || attempt->unknown()) {
    wish.unsure = true;
    wish.failed = false;
    return;
  }
  const StatusCode code = attempt->reply.status.code();
  if (code == StatusCode::kOk || code == StatusCode::kInvalidArgument) {
    wish.decided = true;
    std::erase(open_[static_cast<std::size_t>(wish.client)], &wish);
    workload_.Learn(attempt->request, attempt->reply);
  } else {
    wish.failed = !wish.unsure;
  }
}

// --- what processes tell -----------------------------------------------------------------------

Result<OpenedDatabase> World::OpenDatabase(Clock* clock) { return database_.Open(clock); }

void World::OnAnswer(Attempt* attempt) {
  attempt->returned_step = ++step_;
  attempt->head_after = head_.seq;
  attempt->reached_client = healed_ || !random_.Chance(swarm_.answer_lost_permille);
  const Reply& reply = attempt->reply;
  Mix(static_cast<std::uint64_t>(attempt->number) << 32 | static_cast<std::uint64_t>(step_));
  Mix(static_cast<std::uint64_t>(reply.status.code()) << 8 |
      static_cast<std::uint64_t>(reply.outcome));
  Mix(reply.seq ^ reply.order.seq << 32);
  if (trace_) {
    Note("#" + std::to_string(attempt->number) + " answered " + Describe(reply) +
         (attempt->reached_client ? "" : " (lost on its way)"));
  }
  Hear(attempt);
}

void World::OnLost(Attempt* attempt) {
  if (trace_) Note("#" + std::to_string(attempt->number) + " lost with its process");
  Hear(attempt);
}

void World::OnLeftUnderWay(std::shared_ptr<FaultInjector> faults) {
  under_way_.push_back(std::move(faults));
}

void World::OnAction(const Process& process, const char* action, const Status& status) {
  constexpr std::int64_t kDanger = 300;
  if (status.code() == StatusCode::kOutcomeUnknown) power_in_danger_until_ = step_ + kDanger;
  Mix(static_cast<std::uint64_t>(process.number()) << 8 |
      static_cast<std::uint64_t>(status.code()));
  if (!trace_) return;
  Note("process " + std::to_string(process.number()) + " " + action +
       (status.ok() ? "" : ": " + status.ToString()) + " head=" + std::to_string(head_.seq));
}

// Another process is faster, now and then.
void World::BeforeCall() {
  if (interloping_ || healed_ || !random_.Chance(swarm_.interlope_permille)) return;
  std::vector<Process*> others;
  for (const auto& process : processes_) {
    if (process->up() && !process->acting()) others.push_back(process.get());
  }
  if (others.empty()) return;
  interloping_ = true;
  Note("meanwhile:");
  Process* other = random_.Pick(others);
  for (int actions = random_.Int(1, 4); actions > 0 && other->up(); --actions) other->Act();
  interloping_ = false;
}

void World::OnHead(const Head& head) {
  if (head.seq <= head_.seq) return;
  head_ = head;
  heads_.push_back(head);
}

void World::OnCommitted(const CommitBatch& batch) {
  OnHead(batch.head);
  if (swarm_.failover_permille == 0) return;
  database_.Remember(batch);
  batch_ends_.push_back(batch.head);
}

void World::Fail(std::string invariant, std::string subject, std::string detail) {
  violations_.push_back({std::move(invariant), std::move(subject), std::move(detail)});
}

void World::Mix(std::uint64_t word) {
  hash_ = (hash_ ^ word) * 0x100000001b3;
  hash_ ^= hash_ >> 29;
}

void World::Note(const std::string& line) {
  if (!trace_) return;
  trace_(std::to_string(step_) + " t=" + std::to_string(now_ms_ - kBeginMs) + " " + line);
}

}  // namespace livedrops::simulation
