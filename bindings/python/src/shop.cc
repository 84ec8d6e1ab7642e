#include "shop.h"

#include <condition_variable>

namespace livedrops::python {
namespace {

using namespace std::chrono_literals;

// How soon a waiting thread hears of Ctrl-C.
constexpr auto kSignalPeriod = 50ms;
// A tag is the number of a request and the row in its part of a batch; parts are shorter than 2^16.
constexpr int kRowBits = 16;
static_assert(kBatchRowsMax <= 1 << kRowBits);

// One answer that somebody waits for; it lives on when he no longer does.
class Answer {
 public:
  void Set(Reply reply) {
    const std::lock_guard lock(mutex_);
    reply_ = std::move(reply);
    answered_.notify_one();
  }
  bool WaitFor(std::chrono::milliseconds period) {
    std::unique_lock lock(mutex_);
    return answered_.wait_for(lock, period, [this] { return reply_.has_value(); });
  }
  Reply Take() { return std::move(*reply_); }

 private:
  std::mutex mutex_;
  std::condition_variable answered_;
  std::optional<Reply> reply_;
};

// What is left of a shop that was collected: from the end, what each one needs outlives it.
struct Remains {
  Remains(Life its_life, HostOptions its_options, std::unique_ptr<Service> its_service)
      : life(std::move(its_life)),
        options(std::move(its_options)),
        service(std::move(its_service)) {}
  Life life;
  HostOptions options;  // With the clock and the ids.
  std::unique_ptr<Service> service;
};

}  // namespace

std::shared_ptr<Shop> Shop::Open(const py::object& storage, bool create, HostOptions options) {
  std::unique_ptr<Storage> taken = TakeStorage(storage, {.create = create});
  std::shared_ptr<Shop> shop(new Shop(std::move(options)));
  const py::object threading = py::module_::import("threading");
  shop->main_thread_ = threading.attr("main_thread")().attr("ident").cast<unsigned long>();
  shop->storage_ = taken.get();
  shop->life_ = Life(shop);
  const GilRelease release;
  shop->service_ = Unwrap(Service::Open(std::move(taken), shop->options_.service));
  Service& service = *shop->service_;
  shop->families_ = std::make_unique<Families>(
      Families{service.products(), service.drops(), service.orders(), service.follows(),
               service.notifications(), service.audit(), service.accounts()});
  return shop;
}

Shop::~Shop() {
  if (forked()) {
    (void)service_.release();  // Its threads are in the parent process: not even to be freed here.
    return;
  }
  if (InsideCallback()) {
    auto remains = std::make_shared<Remains>(std::move(life_), options_, std::move(service_));
    DestroyElsewhere(std::move(remains));
    return;
  }
  if (PyGILState_Check() == 0) return;
  const GilRelease release;  // A storage in Python needs it to close.
  service_.reset();
}

Reply Shop::Execute(const Request& request) {
  const bool hears_signals = PyThread_get_thread_ident() == main_thread_;
  const GilRelease release = LeaveGil();
  Reply reply = hears_signals ? Await(request) : Run(request);
  ThrowIfBad(reply.status);
  FillIn(request, &reply);
  return reply;
}

// A wait that signals interrupt. The answer may come when nobody waits any more.
Reply Shop::Await(const Request& request) {
  const auto answer = std::make_shared<Answer>();
  {
    const auto use = Use();
    service_->requests().Submit(request, [answer](Reply reply) { answer->Set(std::move(reply)); });
  }
  while (!answer->WaitFor(kSignalPeriod)) {
    const py::gil_scoped_acquire gil;
    HearSignals();
  }
  return answer->Take();
}

// Python runs signal handlers on the main thread only: another one may decide and commit itself,
// which saves two hops when it is alone.
Reply Shop::Run(const Request& request) {
  const auto use = Use();
  const RequestRef ref{.order = std::get_if<PlaceOrder>(&request),
                       .other = std::holds_alternative<PlaceOrder>(request) ? nullptr : &request};
  Reply reply;
  service_->requests().Execute({&ref, 1}, {&reply, 1});
  return reply;
}

// What the caller knows and the answer leaves out.
void Shop::FillIn(const Request& request, Reply* reply) {
  if (const auto* order = std::get_if<PlaceOrder>(&request)) {
    if (reply->order.id.empty()) return;
    reply->order.user = order->user;
    reply->order.key = order->key;
  } else if (const auto* follow = std::get_if<FollowCreator>(&request)) {
    if (!reply->repeated || !follow->follow) return;
    const auto use = Use();
    const auto entry =
        service_->reads().storage().catalog().GetFollow(follow->creator, follow->user);
    if (entry.ok()) reply->since = entry->since;
  }
}

void Shop::Close() {
  if (InsideCallback()) Throw(StatusCode::kClosed, "a storage or clock must not close the shop");
  CloseWith([this] { return service_->Close(); });
}

ServiceStats Shop::stats() {
  const GilRelease release = LeaveGil();
  const auto use = Use();
  return service_->stats();
}

std::uint64_t Shop::Submit(Request request) {
  const std::uint64_t number = ++submitted_;
  const GilRelease release = LeaveGil();
  const auto use = Use();
  ThrowIfBad(service_->SubmitPolled(std::move(request), number << kRowBits));
  return number;
}

template <class Row, class Columns>
Shop::Submitted Shop::SubmitPart(const Columns& columns, std::size_t first,
                                 const std::shared_ptr<Replies>& replies) {
  if (first >= columns.rows || replies->size() != columns.rows) {
    Throw(StatusCode::kInvalidArgument, "row " + std::to_string(first) + " is not in the batch");
  }
  std::vector<Row> rows(std::min(batch_rows(), columns.rows - first));
  columns.Fill(first, &rows);
  const std::uint64_t number = ++submitted_;
  Part& part = parts_[number];
  part = {replies, first, rows.size()};
  std::vector<std::pair<std::size_t, Reply>> refused;
  try {
    const GilRelease release = LeaveGil();
    const auto use = Use();
    for (std::size_t row = 0; row < rows.size(); ++row) {
      Status status = service_->SubmitPolled(std::move(rows[row]), number << kRowBits | row);
      if (!status.ok()) refused.emplace_back(row, Reply()).second.status = std::move(status);
    }
  } catch (...) {
    parts_.erase(number);
    throw;
  }
  bool complete = false;
  for (const auto& [row, reply] : refused) complete = Collect(part, row, reply);
  if (!complete) return number;
  parts_.erase(number);
  return std::nullopt;
}

Shop::Submitted Shop::SubmitOrders(const OrderColumns& columns, std::size_t first,
                                   const std::shared_ptr<Replies>& replies) {
  return SubmitPart<PlaceOrder>(columns, first, replies);
}

Shop::Submitted Shop::SubmitFollows(const FollowColumns& columns, std::size_t first,
                                    const std::shared_ptr<Replies>& replies) {
  return SubmitPart<FollowCreator>(columns, first, replies);
}

bool Shop::Collect(Part& part, std::size_t row, const Reply& reply) {
  part.replies->Set(part.first + row, reply);
  return --part.left == 0;
}

int Shop::poll_fd() {
  const GilRelease release = LeaveGil();
  const auto use = Use();
  return service_->poll_fd();
}

py::typing::List<py::typing::Tuple<int, py::object>> Shop::Poll() {
  std::vector<Completion> completions;
  if (!forked()) {
    // After Close too: whoever was answered by it still waits for the answer.
    std::optional<GilRelease> release;
    if (!closed()) release.emplace();
    completions = service_->Poll();
  }
  py::typing::List<py::typing::Tuple<int, py::object>> done;
  for (Completion& completion : completions) {
    const std::uint64_t number = completion.tag >> kRowBits;
    const auto found = parts_.find(number);
    if (found != parts_.end()) {
      const std::size_t row = completion.tag & ((1 << kRowBits) - 1);
      if (!Collect(found->second, row, completion.reply)) continue;
      done.append(py::make_tuple(number, found->second.replies));
      parts_.erase(found);
    } else if (completion.reply.status.ok()) {
      done.append(py::make_tuple(number, std::move(completion.reply)));
    } else {
      done.append(py::make_tuple(number, ExceptionOf(completion.reply.status)));
    }
  }
  return done;
}

}  // namespace livedrops::python
