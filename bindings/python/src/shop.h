// Shop: a Service for Python. Waiting can be interrupted, and asyncio can wait instead.
#pragma once

#include <map>
#include <optional>

#include "host.h"

namespace livedrops::python {

class Shop : public Host {
 public:
  // The GIL must be held. Throws StatusError, TypeError.
  static std::shared_ptr<Shop> Open(const py::object& storage, bool create, HostOptions options);
  ~Shop() override;

  // Ctrl-C ends the wait, not the request: it is decided all the same.
  Reply Execute(const Request& request) override;
  void Close() override;
  ServiceStats stats();

  // Submits and returns; the answer comes out of Poll with the number given back.
  std::uint64_t Submit(Request request);
  // At most batch_rows rows from `first` on, whose answers go into `replies`. Poll gives `replies`
  // back when all of them are there; nothing when no row could be submitted, and all are.
  using Submitted = std::optional<std::uint64_t>;
  Submitted SubmitOrders(const OrderColumns& columns, std::size_t first,
                         const std::shared_ptr<Replies>& replies);
  Submitted SubmitFollows(const FollowColumns& columns, std::size_t first,
                          const std::shared_ptr<Replies>& replies);
  int poll_fd();
  // What was answered: (number, Reply or Replies or exception). Never blocks.
  py::typing::List<py::typing::Tuple<int, py::object>> Poll();

 private:
  // A submitted part of a batch, until its last row is answered.
  struct Part {
    std::shared_ptr<Replies> replies;
    std::size_t first = 0;
    std::size_t left = 0;
  };

  explicit Shop(HostOptions options) : Host(std::move(options), Callers::many) {}
  template <class Row, class Columns>
  Submitted SubmitPart(const Columns& columns, std::size_t first,
                       const std::shared_ptr<Replies>& replies);
  // True when all rows of the part are answered.
  static bool Collect(Part& part, std::size_t row, const Reply& reply);
  // The GIL must not be held.
  Reply Await(const Request& request);
  Reply Run(const Request& request);
  void FillIn(const Request& request, Reply* reply);

  Life life_;
  std::unique_ptr<Service> service_;
  unsigned long main_thread_ = 0;
  // Of the asynchronous calls. Guarded by the GIL.
  std::uint64_t submitted_ = 0;
  std::map<std::uint64_t, Part> parts_;
};

}  // namespace livedrops::python
