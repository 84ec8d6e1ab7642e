#include "transports.h"

#include "livedrops/relay.h"
#include "lives.h"
#include "module.h"
#include "record.h"

namespace livedrops::python {
namespace {

class PythonTransport : public Transport {
 public:
  explicit PythonTransport(const py::object& transport) : transport_(transport) {}

  Result<Position> ReadPosition() override {
    Position position;
    Status status = AskPython(StatusCode::kUnavailable, [&] {
      const TransportScope scope;
      const py::object answer = transport_.get().attr("read_position")();
      if (!answer.is_none()) position = answer.cast<Position>();
    });
    if (!status.ok()) return status;
    return position;
  }
  // How far a call came that raised, nobody knows.
  Status Send(const EventBatch& batch, Duration deadline) override {
    return AskPython(StatusCode::kOutcomeUnknown, [&] {
      const TransportScope scope;
      OwnedEvents owned{std::string(batch.epoch), {batch.events.begin(), batch.events.end()}};
      transport_.get().attr("send")(std::move(owned), deadline.count());
    });
  }
  Status Close() override {
    return AskPython(StatusCode::kUnavailable, [&] {
      const TransportScope scope;
      transport_.get().attr("close")();
    });
  }

 private:
  PyRef transport_;
};

EventBatch ViewOf(const OwnedEvents& batch) { return {batch.epoch, batch.events}; }

void RegisterHelp(py::module_& module) {
  module.def(
      "check_batch",
      [](const OwnedEvents& batch, const std::optional<Position>& position) {
        ThrowIfBad(CheckBatch(ViewOf(batch), position.value_or(Position())));
      },
      py::arg("batch"), py::arg("position"),
      "Refuses what `send` must refuse: an empty batch, a gap, another epoch. `position` is what\n"
      "`read_position` answers.\n\nRaises InvalidArgumentError.");
  module.def(
      "new_events",
      [](const OwnedEvents& batch, const std::optional<Position>& position) {
        const EventBatch view = ViewOf(batch);
        ThrowIfBad(CheckBatch(view, position.value_or(Position())));
        const std::span<const Event> events = NewEvents(view, position.value_or(Position()));
        return std::vector<Event>(events.begin(), events.end());
      },
      py::arg("batch"), py::arg("position"),
      "The events of a batch that the position does not cover; refuses what check_batch refuses.");
  py::class_<PositionFile>(module, "PositionFile",
                           "The position of a transport whose destination cannot keep it: a file\n"
                           "of one line, replaced and synced at each write.")
      .def(py::init<std::string>(), py::arg("path"))
      .def(
          "read",
          [](const PositionFile& file) {
            const GilRelease release;
            const Position position = Unwrap(file.Read());
            return position.offset == 0 ? std::nullopt : std::optional(position);
          },
          "None: no position yet. Raises UnavailableError, CorruptError.")
      .def(
          "write",
          [](const PositionFile& file, const Position& position) {
            const GilRelease release;
            ThrowIfBad(file.Write(position));
          },
          py::arg("position"), "Durable when it returns. Raises UnavailableError.");
}

}  // namespace

std::unique_ptr<Transport> TakeTransport(const py::object& given) {
  if (py::isinstance<py::str>(given)) return Unwrap(OpenTransport(given.cast<std::string>()));
  if (!py::isinstance<TransportHandle>(given)) {
    if (!py::isinstance(given, py::module_::import("livedrops.spi").attr("Transport"))) {
      throw py::type_error(
          py::str("transport is {!r}: neither a URL nor a livedrops.spi.Transport").format(given));
    }
    return std::make_unique<PythonTransport>(given);
  }
  auto& handle = given.cast<TransportHandle&>();
  if (!handle.transport) {
    Throw(StatusCode::kClosed, "the transport belongs to another relay already");
  }
  return std::move(handle.transport);
}

void RegisterTransports(py::module_& module) {
  Record<OwnedEvents>(module, "EventBatch", "Some of the log's next events, without a gap.")
      .Field("epoch", &OwnedEvents::epoch,
             "Of the database. After a restore the same seq may mean another event.")
      .Field("events", &OwnedEvents::events, "At least one, in the log's order. A new list.");
  py::class_<TransportHandle>(module, "NativeTransport",
                              "A transport of the library, until a relay takes it.")
      .def("__repr__", [](const TransportHandle& handle) {
        return "<NativeTransport " + handle.description + (handle.transport ? ">" : " (taken)>");
      });
  module.def(
      "open_transport",
      [](const std::string& url) {
        return TransportHandle{Unwrap(OpenTransport(url)), url.substr(0, url.find(':') + 1)};
      },
      py::arg("url"),
      "A transport without a relay: to wrap it, or to hand it to one later. file:PATH appends\n"
      "JSON lines.\n\nRaises InvalidArgumentError.");
  RegisterHelp(module);
}

}  // namespace livedrops::python
