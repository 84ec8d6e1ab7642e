// Engine: the sequencer, driven inline by its one caller.
#include "livedrops/engine.h"

#include "core/validate.h"
#include "service/defaults.h"
#include "service/sequencer.h"

namespace livedrops {

class Engine::Impl : public RequestPort, public ReadPort {
 public:
  Impl(std::unique_ptr<Storage> storage, const EngineOptions& options)
      : storage_(std::move(storage)),
        options_(WithDefaults(options)),
        sequencer_(storage_.get(), options_) {}

  Status Load() { return sequencer_.Load(); }

  void Execute(std::span<const RequestRef> requests, std::span<Reply> replies) override {
    std::vector<Ticket> tickets(requests.size());
    for (std::size_t i = 0; i < requests.size(); ++i) {
      replies[i] = Reply();
      replies[i].status = Check(requests[i]);
      if (!replies[i].status.ok()) continue;
      tickets[i].request = requests[i];
      tickets[i].reply = &replies[i];
      sequencer_.Offer(&tickets[i]);
    }
    Drain();
  }

  void Submit(Request request, std::function<void(Reply)> callback) override {
    const RequestRef ref{.order = nullptr, .other = &request};
    Reply reply;
    Execute({&ref, 1}, {&reply, 1});
    callback(std::move(reply));
  }

  Status Advance() {
    if (closed_) return {StatusCode::kClosed, "the engine is closed"};
    // A round commits a batch, clears a doubt, or reads what another process has written meanwhile.
    while (IsDue() && AdvanceOnce()) {
    }
    if (!IsDue()) return OkStatus();
    return {StatusCode::kUnavailable, "what was due could not be committed now"};
  }

  Status Close() {
    if (closed_) return {StatusCode::kClosed, "the engine is closed already"};
    closed_ = true;
    return storage_->Close();
  }

  Storage& storage() override { return *storage_; }
  Time Now() override { return std::max(options_.clock->Now(), sequencer_.state().time()); }
  std::optional<Time> NextDue() const { return sequencer_.NextDue(); }
  bool closed() const { return closed_; }

 private:
  Status Check(const RequestRef& request) const {
    if (closed_) return {StatusCode::kClosed, "the engine is closed"};
    return request.order != nullptr ? Validate(*request.order) : Validate(*request.other);
  }

  bool IsDue() {
    const auto due = sequencer_.NextDue();
    return due && *due <= Now();
  }
  // False when nothing got better: the storage cannot be read or written now.
  bool AdvanceOnce() {
    if (sequencer_.suspect()) return sequencer_.Resolve().ok();
    const Head head = sequencer_.state().head();
    const std::uint64_t fenced = sequencer_.stats().fenced;
    if (sequencer_.contended()) {
      if (!sequencer_.CommitLocked().ok()) return false;
    } else {
      sequencer_.Decide();
      Drain();
    }
    return sequencer_.state().head() != head || sequencer_.stats().fenced != fenced ||
           sequencer_.suspect();
  }

  // Nobody else will try again for this caller: what cannot be decided now is answered now.
  void Drain() {
    sequencer_.RunInline();
    if (sequencer_.suspect() || sequencer_.has_waiting()) sequencer_.Abandon();
    sequencer_.released().clear();
  }

  std::unique_ptr<Storage> storage_;
  EngineOptions options_;
  Sequencer sequencer_;
  bool closed_ = false;
};

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Engine::~Engine() {
  if (!impl_->closed()) (void)impl_->Close();
}

Result<std::unique_ptr<Engine>> Engine::Open(std::unique_ptr<Storage> storage,
                                             const EngineOptions& options) {
  if (storage == nullptr) return Status(StatusCode::kInvalidArgument, "the storage is null");
  auto impl = std::make_unique<Impl>(std::move(storage), options);
  if (Status loaded = impl->Load(); !loaded.ok()) return loaded;
  return std::unique_ptr<Engine>(new Engine(std::move(impl)));
}

Products Engine::products() { return {impl_.get(), impl_.get()}; }
Drops Engine::drops() { return {impl_.get(), impl_.get()}; }
Orders Engine::orders() { return {impl_.get(), impl_.get()}; }
Follows Engine::follows() { return {impl_.get(), impl_.get()}; }
Notifications Engine::notifications() { return {impl_.get(), impl_.get()}; }
Audit Engine::audit() { return Audit(impl_.get()); }
Accounts Engine::accounts() { return {impl_.get(), impl_.get()}; }
Status Engine::Advance() { return impl_->Advance(); }
std::optional<Time> Engine::NextDue() const { return impl_->NextDue(); }
RequestPort& Engine::requests() { return *impl_; }
Storage& Engine::storage() { return impl_->storage(); }
Status Engine::Close() { return impl_->Close(); }

}  // namespace livedrops
