#include "simulation/process.h"

#include <algorithm>

namespace livedrops::simulation {
namespace {

Fault Throw(Random* random, std::initializer_list<std::pair<Fault, int>> shares) {
  auto face = random->Below(1000);
  for (const auto& [fault, permille] : shares) {
    if (face < permille) return fault;
    face -= permille;
  }
  return Fault::none;
}

}  // namespace

Process::Process(int number, const Swarm* swarm, Random random, ProcessHost* host)
    : number_(number),
      swarm_(*swarm),
      random_(random),
      host_(host),
      ids_(static_cast<std::uint16_t>(number)) {}

Process::~Process() = default;

Fault Process::NextFault(StorageCall call) {
  if (call == StorageCall::commit && forced_) {
    const Fault forced = *forced_;
    forced_.reset();
    return forced;
  }
  if (healed_) return Fault::none;
  const FaultRates& rates = swarm_.faults;
  switch (call) {
    case StorageCall::commit:
      return NextCommitFault(rates);
    case StorageCall::resolve:
      return Throw(&random_, {{Fault::before, rates.resolve_before_permille},
                              {Fault::after, rates.resolve_after_permille}});
    case StorageCall::read_log:
      return Throw(&random_, {{Fault::before, rates.read_log_permille / 2},
                              {Fault::after, rates.read_log_permille / 2}});
    case StorageCall::load:
      return Throw(&random_, {{Fault::before, rates.load_permille / 2},
                              {Fault::after, rates.load_permille / 2}});
    case StorageCall::lock:
      return Throw(&random_, {{Fault::before, rates.lock_permille}});
    case StorageCall::read_head:
      return Throw(&random_, {{Fault::before, rates.read_head_permille}});
    case StorageCall::read:
      return Throw(&random_, {{Fault::before, rates.read_permille}});
  }
  return Fault::none;
}

// Troubles come in bursts.
Fault Process::NextCommitFault(const FaultRates& rates) {
  Fault fault = Throw(&random_, {{Fault::before, rates.commit_before_permille},
                                 {Fault::after, rates.commit_after_permille},
                                 {Fault::lost, rates.commit_lost_permille},
                                 {Fault::late, rates.commit_late_permille}});
  if (in_trouble_ && random_.Chance(swarm_.burst_permille)) fault = Fault::before;
  in_trouble_ = fault != Fault::none;
  return fault;
}

Status Process::Start() {
  auto opened = host_->OpenDatabase(&clock_);
  if (!opened.ok()) {
    host_->OnAction(*this, "open", opened.status());
    return opened.status();
  }
  vfs_ = std::move(opened->vfs);
  auto watched = NewWatchedStorage(std::move(opened->storage), host_);
  watched_ = watched.get();
  faults_ = std::make_shared<FaultInjector>(
      [this](StorageCall call, std::uint64_t) { return NextFault(call); },
      [this](StorageCall) { return random_.Chance(swarm_.faults.landing_permille); });
  faulty_ = NewFaultyStorage(std::move(watched), faults_);
  EngineOptions options = swarm_.engine;
  options.clock = &clock_;
  options.ids = &ids_;
  const SequencerLimits limits{swarm_.orders_per_drop, swarm_.waiting_per_drop};
  sequencer_ = std::make_unique<Sequencer>(faulty_.get(), options, limits);
  acting_ = true;
  Status loaded = sequencer_->Load();
  acting_ = false;
  host_->OnAction(*this, "load", loaded);
  if (!loaded.ok()) Crash();
  return loaded;
}

void Process::Crash() {
  acting_ = true;
  if (sequencer_ != nullptr && sequencer_->has_in_flight() && !committed_ && random_.Chance(700)) {
    // It was sent already: it is written unheard, or is still on its way.
    if (vfs_ == nullptr && random_.Chance(500)) forced_ = Fault::late;
    const Status unheard = sequencer_->CommitTaken();
    host_->OnAction(*this, "commit unheard", unheard);
  }
  forced_.reset();
  if (vfs_ != nullptr) vfs_->Kill();
  sequencer_.reset();
  faulty_.reset();
  watched_ = nullptr;
  vfs_.reset();
  committed_.reset();
  if (faults_ != nullptr && faults_->HasCommitUnderWay()) {
    host_->OnLeftUnderWay(std::exchange(faults_, nullptr));
  }
  faults_.reset();
  for (Attempt* attempt : std::exchange(waiting_, {})) host_->OnLost(attempt);
  acting_ = false;
}

void Process::SetTime(Time now, Time latest) {
  now_ = now;
  clock_.Set(now);
  latest_ = latest;
  for (Attempt* attempt : waiting_) {
    attempt->clock_before = std::min(attempt->clock_before, now);
    attempt->clock_after = latest_;
  }
}

void Process::Land() {
  if (!up() || !faults_->HasCommitUnderWay()) return;
  const bool landed = faults_->Land(*watched_);
  host_->OnAction(*this, landed ? "late commit landed" : "late commit came too late", OkStatus());
}

void Process::Offer(Attempt* attempt) {
  attempt->clock_before = clock_.Now();
  attempt->clock_after = latest_;
  attempt->process = number_;
  attempt->ticket.request.other = &attempt->request;
  attempt->ticket.reply = &attempt->reply;
  attempt->ticket.context = attempt;
  waiting_.push_back(attempt);
  sequencer_->Offer(&attempt->ticket);
}

bool Process::has_due() const {
  const auto due = sequencer_->NextDue();
  return due && *due <= std::max(now_, sequencer_->state().time());
}

bool Process::idle() const {
  const Sequencer& writer = *sequencer_;
  return !writer.has_in_flight() && !writer.suspect() && !writer.has_waiting() &&
         !writer.has_open_rows() && !writer.has_open_answers() && !has_due();
}

void Process::MayDieSoon() {
  if (vfs_ == nullptr || healed_ || !random_.Chance(swarm_.kill_in_call_permille)) return;
  vfs_->KillAfter(random_.Int(1, 25));
}

void Process::Act() {
  acting_ = true;
  if (sequencer_->has_in_flight()) {
    ActInFlight();
  } else if (sequencer_->suspect() || sequencer_->contended()) {
    Recover();
  } else {
    ActFreely();
  }
  acting_ = false;
}

// While one batch commits, the next one is decided.
void Process::ActInFlight() {
  if (random_.Chance(400)) {
    sequencer_->Decide();
    Tell("decide next");
  } else if (!committed_) {
    CommitTaken();
  } else {
    Hear();
  }
}

void Process::CommitTaken() {
  MayDieSoon();
  committed_ = sequencer_->CommitTaken();
  Tell("commit", *committed_);
}

void Process::Hear() {
  const Status committed = *std::exchange(committed_, std::nullopt);
  sequencer_->Finish(committed);
  Tell("finish", committed);
}

void Process::Recover() {
  if (random_.Chance(healed_ ? 0 : swarm_.abandon_permille)) {
    sequencer_->Abandon();
    Tell("abandon");
    return;
  }
  if (!healed_ && sequencer_->suspect() && random_.Chance(swarm_.crash_in_doubt_permille)) {
    host_->OnAction(*this, "crash in doubt", OkStatus());
    Crash();
    return;
  }
  MayDieSoon();
  if (sequencer_->suspect()) {
    const Status resolved = sequencer_->Resolve();
    Tell("resolve", resolved);
  } else if (!idle()) {
    const Status locked = sequencer_->CommitLocked();
    Tell("commit locked", locked);
  }
}

void Process::ActFreely() {
  const bool slow = !healed_ && random_.Chance(swarm_.idle_permille);
  const bool decided = sequencer_->Decide();
  Tell("decide");
  if (!up() || slow) return;
  if (sequencer_->has_open_rows()) {
    sequencer_->Take();
    Tell("take");
    if (up() && random_.Chance(500)) CommitTaken();
    if (up() && committed_ && random_.Chance(500)) Hear();
  } else if (sequencer_->has_open_answers()) {
    sequencer_->ReleaseChecked();
    Tell("release");
  } else if (!decided && sequencer_->behind() && sequencer_->has_waiting() && !healed_ &&
             random_.Chance(swarm_.abandon_permille)) {
    sequencer_->Abandon();
    Tell("abandon");
  }
}

void Process::Drain() {
  constexpr int kActionsMax = 400;
  acting_ = true;
  for (int i = 0; i < kActionsMax && up() && !idle(); ++i) {
    if (sequencer_->has_in_flight()) {
      if (!committed_) CommitTaken();
      if (up()) Hear();
    } else if (sequencer_->suspect() || sequencer_->contended()) {
      Recover();
    } else {
      sequencer_->Decide();
      Tell("decide");
      if (up() && sequencer_->has_open_rows()) {
        sequencer_->Take();
        Tell("take");
      } else if (up() && sequencer_->has_open_answers()) {
        sequencer_->ReleaseChecked();
        Tell("release");
      }
    }
  }
  acting_ = false;
}

void Process::Tell(const char* action, const Status& status) {
  host_->OnAction(*this, action, status);
  if (vfs_ != nullptr && vfs_->dead()) {
    Crash();
    return;
  }
  for (Ticket* ticket : std::exchange(sequencer_->released(), {})) {
    auto* attempt = static_cast<Attempt*>(ticket->context);
    std::erase(waiting_, attempt);
    host_->OnAnswer(attempt);
  }
}

}  // namespace livedrops::simulation
