// livedrops/testing for Python: transports in memory, with faults, and their conformance suite.
#include "livedrops/testing/faulty_transport.h"
#include "livedrops/testing/memory_transport.h"
#include "livedrops/testing/transport_conformance.h"
#include "lives.h"
#include "module.h"
#include "transports.h"

namespace livedrops::python {
namespace {

void RegisterMemoryTransport(py::module_& module) {
  py::class_<MemoryTopic, std::shared_ptr<MemoryTopic>>(
      module, "MemoryTopic",
      "Where events arrive in a test. Any number of transports may write to it; any thread may\n"
      "look.")
      .def(py::init<>())
      .def("events", &MemoryTopic::events, "What has arrived, in order, each event once.")
      .def("position", [](const MemoryTopic& topic) {
        const Position position = topic.position();
        return position.offset == 0 ? std::nullopt : std::optional(position);
      });
  module.def(
      "memory_transport",
      [](const std::shared_ptr<MemoryTopic>& topic) {
        return TransportHandle{NewMemoryTransport(topic), "memory"};
      },
      py::arg("topic"), "A transport to a topic: hand it to a relay.");
}

// A plan that raises fails nothing: the exception is shown.
TransportFaultPlan TransportPlanOf(const py::object& plan) {
  return [plan = PyRef(plan)](TransportCall call, std::uint64_t nth) {
    TransportFault fault = TransportFault::none;
    (void)AskPython(StatusCode::kUnavailable, [&] {
      const TransportScope scope;
      try {
        fault = plan.get()(call, nth).cast<TransportFault>();
      } catch (py::error_already_set& error) {
        ReportUnraisable(error, "the plan of a livedrops.testing.FaultyTransport");
      }
    });
    return fault;
  };
}

void RegisterFaultyTransport(py::module_& module) {
  constexpr const char* kWordClass = "livedrops._words.Word";
  py::native_enum<TransportCall>(module, "TransportCall", kWordClass, "The calls that can fail.")
      .value("READ_POSITION", TransportCall::read_position)
      .value("SEND", TransportCall::send)
      .finalize();
  py::native_enum<TransportFault>(module, "TransportFault", kWordClass,
                                  "How a transport's call fails.")
      .value("NONE", TransportFault::none)
      .value("BEFORE", TransportFault::before, "Nothing is done: UNAVAILABLE.")
      .value("HALF", TransportFault::half, "Send: the first half arrives, then UNAVAILABLE.")
      .value("AFTER", TransportFault::after, "It is done and the answer is lost.")
      .value("REFUSED", TransportFault::refused,
             "Send: the first half arrives, the next event is refused: INVALID_ARGUMENT.")
      .finalize();
  module.def(
      "faulty_transport",
      [](const py::object& inner, const py::object& plan) {
        return TransportHandle{NewFaultyTransport(TakeTransport(inner), TransportPlanOf(plan)),
                               "faulty"};
      },
      py::arg("inner"), py::arg("plan"),
      "A transport that fails as `plan` says: a function (call: TransportCall, nth: int) ->\n"
      "TransportFault, where nth counts the calls of this kind from 1.");
}

// A factory written in Python: an object with create(), open() and received().
class PythonTransportFactory : public TransportFactory {
 public:
  explicit PythonTransportFactory(const py::object& factory) : factory_(factory) {}
  Result<std::unique_ptr<Transport>> Create() override { return Make("create"); }
  Result<std::unique_ptr<Transport>> Open() override { return Make("open"); }
  Result<std::vector<Position>> Received() override {
    std::vector<Position> received;
    Status status = AskPython(StatusCode::kUnavailable, [&] {
      for (const py::handle position : factory_.get().attr("received")()) {
        received.push_back(position.cast<Position>());
      }
    });
    if (!status.ok()) return status;
    return received;
  }

 private:
  Result<std::unique_ptr<Transport>> Make(const char* method) {
    std::unique_ptr<Transport> transport;
    Status status = AskPython(StatusCode::kUnavailable,
                              [&] { transport = TakeTransport(factory_.get().attr(method)()); });
    if (!status.ok()) return status;
    return transport;
  }

  PyRef factory_;
};

void RunTransportCase(const std::string& name, const py::object& given) {
  PythonTransportFactory factory(given);
  const GilRelease release;
  for (const TransportConformanceCase& test : TransportConformanceCases()) {
    if (name == test.name) return ThrowIfBad(test.run(factory));
  }
  Throw(StatusCode::kNotFound, "no conformance case \"" + name + "\"");
}

void RegisterTransportConformance(py::module_& module) {
  module.def(
      "transport_conformance_cases",
      [] {
        std::vector<std::string> names;
        for (const auto& test : TransportConformanceCases()) names.push_back(test.name);
        return names;
      },
      "The names of all cases, in the order in which they should be made to pass.");
  module.def(
      "run_transport_conformance_case", &RunTransportCase, py::arg("name"), py::arg("factory"),
      "Runs one case on the transports of `factory`.\n\n"
      "factory.create() makes a transport to a new destination; factory.open() opens one to\n"
      "the same; factory.received() gives the Position of every event that has arrived\n"
      "there, in order. Raises an Error whose message says what was expected and found.");
}

}  // namespace

void RegisterTransportTesting(py::module_& module) {
  RegisterMemoryTransport(module);
  RegisterFaultyTransport(module);
  RegisterTransportConformance(module);
}

}  // namespace livedrops::python
