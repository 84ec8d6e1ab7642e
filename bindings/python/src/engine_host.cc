#include "engine_host.h"

namespace livedrops::python {
namespace {

// Which engine a request is for.
struct Run {
  Families& families;

  Reply operator()(const PlaceOrder& request) { return families.orders.Place(request); }
  Reply operator()(const ConfirmOrder& request) { return families.orders.Confirm(request); }
  Reply operator()(const ExtendOrder& request) { return families.orders.Extend(request); }
  Reply operator()(const CancelOrder& request) { return families.orders.Cancel(request); }
  Reply operator()(const CreateProduct& request) { return families.products.Create(request); }
  Reply operator()(const UpdateProduct& request) { return families.products.Update(request); }
  Reply operator()(const DeleteProduct& request) { return families.products.Delete(request); }
  Reply operator()(const CreateDrop& request) { return families.drops.Create(request); }
  Reply operator()(const UpdateDrop& request) { return families.drops.Update(request); }
  Reply operator()(const ChangeDrop& request) { return families.drops.Change(request); }
  Reply operator()(const Restock& request) { return families.drops.Restock(request); }
  Reply operator()(const FollowCreator& request) { return families.follows.Set(request); }
  Reply operator()(const MarkRead& request) { return families.notifications.Mark(request); }
  Reply operator()(const CreateAccount& request) { return families.accounts.Create(request); }
  Reply operator()(const UpdateAccount& request) { return families.accounts.Update(request); }
  Reply operator()(const ChangeAccount& request) { return families.accounts.Change(request); }
  Reply operator()(const OpenSession& request) { return families.accounts.Open(request); }
  Reply operator()(const RotateSession& request) { return families.accounts.Rotate(request); }
  Reply operator()(const RevokeSession& request) { return families.accounts.Revoke(request); }
};

}  // namespace

std::shared_ptr<EngineHost> EngineHost::Open(const py::object& storage, bool create,
                                             HostOptions options) {
  std::unique_ptr<Storage> taken = TakeStorage(storage, {.create = create});
  std::shared_ptr<EngineHost> host(new EngineHost(std::move(options)));
  host->storage_ = taken.get();
  host->life_ = Life(host);
  const GilRelease release;
  host->engine_ = Unwrap(Engine::Open(std::move(taken), host->options_.service));
  Engine& engine = *host->engine_;
  host->families_ = std::make_unique<Families>(
      Families{engine.products(), engine.drops(), engine.orders(), engine.follows(),
               engine.notifications(), engine.audit(), engine.accounts()});
  return host;
}

EngineHost::~EngineHost() {
  if (forked()) {
    (void)engine_.release();  // A database must not be closed by a process that did not open it.
    return;
  }
  if (PyGILState_Check() == 0) return;
  const GilRelease release;
  engine_.reset();
}

Reply EngineHost::Execute(const Request& request) {
  const GilRelease release = LeaveGil();
  const auto use = Use();
  Reply reply = std::visit(Run{*families_}, request);
  ThrowIfBad(reply.status);
  const auto* order = std::get_if<PlaceOrder>(&request);
  if (order != nullptr && !reply.order.id.empty()) {
    reply.order.user = order->user;
    reply.order.key = order->key;
  }
  return reply;
}

void EngineHost::Close() {
  if (InsideCallback()) Throw(StatusCode::kClosed, "a storage or clock must not close the engine");
  CloseWith([this] { return engine_->Close(); });
}

void EngineHost::Advance() {
  const GilRelease release = LeaveGil();
  const auto use = Use();
  ThrowIfBad(engine_->Advance());
}

std::optional<Time> EngineHost::NextDue() {
  const GilRelease release = LeaveGil();
  const auto use = Use();
  return engine_->NextDue();
}

}  // namespace livedrops::python
